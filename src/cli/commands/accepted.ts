import { randomUUID } from 'node:crypto';
import type { components } from '../../http/openapi.d.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { planText } from '../plan-text.ts';
import type { Session } from '../session.ts';
import { watchRelease } from '../watch/watch.ts';

type Accepted = components['schemas']['AcceptedRelease'];
type ReleasePlan = components['schemas']['ReleasePlan'];

export interface ShowOptions {
  dryRun?: true | undefined;
  watch?: true | undefined;
}

/** Parameters of a request that plans an operation, or accepts it, once. */
export function plannedOnce({ dryRun }: ShowOptions): {
  query: { dryRun: boolean };
  header: { 'idempotency-key': string };
} {
  return { query: { dryRun: dryRun === true }, header: { 'idempotency-key': randomUUID() } };
}

/** Shows the plan of an operation, or that it was accepted, and follows it where that was asked for. */
export async function showAccepted(
  session: Session,
  answer: unknown,
  what: string,
  { dryRun, watch }: ShowOptions,
): Promise<ExitCode> {
  const { terminal } = session;
  if (dryRun === true) {
    terminal.result(answer);
    terminal.say(planText(terminal, answer as ReleasePlan));
    return EXIT.ok;
  }
  const { id } = answer as Accepted;
  terminal.say(`${id}  accepted: ${what}`);
  if (watch === true) return watchRelease(session, id);
  terminal.result(answer);
  terminal.say(`transship release watch ${id}`);
  return EXIT.ok;
}

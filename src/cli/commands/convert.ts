import { randomUUID } from 'node:crypto';
import { call } from '../api.ts';
import type { ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import { showAccepted, type ShowOptions } from './accepted.ts';

/** Makes OrderedReady sets Parallel, or the other way round, under their instances. */
export async function convertGroups(
  session: Session,
  app: string,
  groups: string[],
  options: ShowOptions & { env: string; to: 'parallel' | 'ordered' },
): Promise<ExitCode> {
  const api = session.api();
  const { env, to, dryRun } = options;
  const body = { app, env, to, ...(groups.length === 0 ? {} : { groups }) };
  const params = { query: { dryRun: dryRun === true }, header: { 'idempotency-key': randomUUID() } };
  const answer = await call(api, api.client.POST('/v1/conversions', { params, body }));
  return showAccepted(session, answer, `convert ${[app, ...groups].join(' ')} in ${env}`, options);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import type { components } from '../../http/openapi.d.ts';
import { call, type Api } from '../api.ts';
import { driftText } from '../drift-text.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { Failure } from '../failure.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** How often is looked how far it is, in ms. */
const LOOK_MS = 500;

type Status = components['schemas']['ComparisonStatus'];

export interface CompareOptions {
  dryRun?: true | undefined;
  mostDeletions?: number | undefined;
  deleteRepositories?: true | undefined;
  wait: boolean;
}

/** Compares registries by a rule now, and follows it until all is compared and brought. */
export async function compareByRule(session: Session, name: string, options: CompareOptions): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const { dryRun = false, mostDeletions, deleteRepositories, wait } = options;
  const accepted = await call(
    api,
    api.client.POST('/v1/sync-rules/{name}/comparisons', {
      params: { path: { name } },
      body: {
        dryRun,
        ...(mostDeletions === undefined ? {} : { mostDeletions }),
        ...(deleteRepositories === undefined ? {} : { deleteRepositories }),
      },
    }),
  );
  if (accepted.links.temporalUi !== null) terminal.say(`Temporal UI: ${accepted.links.temporalUi}`);
  if (!wait) {
    terminal.result(accepted);
    terminal.say(`begun: ${accepted.id}`);
    return EXIT.ok;
  }
  const status = await follow(terminal, api, name, accepted.id);
  terminal.result(status);
  if (status.state === 'running') {
    terminal.note(`not watching any more; it goes on: transship image rules get ${name} shows how it ends`);
    return EXIT.interrupted;
  }
  const { comparison } = status;
  if (comparison === null) {
    const message = status.state === 'failed' ? 'the comparison was ended before it was done' : `${name} is gone`;
    throw new Failure(EXIT.unexpected, message, { next: `transship image rules compare ${name}` });
  }
  terminal.say(driftText(terminal, name, comparison, dryRun));
  const idcs = Object.values(comparison.idcs);
  if (idcs.some(({ trouble }) => trouble !== null)) return EXIT.unreachable;
  const isOff = dryRun && idcs.some(({ missing, extra }) => missing > 0 || extra > 0);
  return isOff || (comparison.late ?? 0) > 0 ? EXIT.unexpected : EXIT.ok;
}

async function follow(terminal: Terminal, api: Api, name: string, id: string): Promise<Status> {
  const draw = terminal.interactive && !terminal.json ? createLogUpdate(terminal.out) : null;
  const path = { name, id };
  try {
    for (;;) {
      const status = await call(api, api.client.GET('/v1/sync-rules/{name}/comparisons/{id}', { params: { path } }));
      draw?.(status.doing.join('\n'));
      if (status.state !== 'running' || terminal.interrupt.aborted) return status;
      await sleep(LOOK_MS, undefined, { signal: terminal.interrupt }).catch(() => undefined);
    }
  } finally {
    draw?.clear();
    draw?.done();
  }
}

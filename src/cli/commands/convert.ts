import { call } from '../api.ts';
import type { ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import { plannedOnce, showAccepted, type ShowOptions } from './accepted.ts';

/** Makes OrderedReady sets Parallel, or the other way round, under their instances. */
export async function convertGroups(
  session: Session,
  app: string,
  groups: string[],
  options: ShowOptions & { env: string; to: 'parallel' | 'ordered' },
): Promise<ExitCode> {
  const api = session.api();
  const { env, to } = options;
  const body = { app, env, to, ...(groups.length === 0 ? {} : { groups }) };
  const request = api.client.POST('/v1/conversions', { params: plannedOnce(options), body });
  return showAccepted(session, await call(api, request), `convert ${[app, ...groups].join(' ')} in ${env}`, options);
}

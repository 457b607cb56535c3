import { call } from '../api.ts';
import type { ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import { plannedOnce, showAccepted, type ShowOptions } from './accepted.ts';

/** Takes over sets that somebody else made, as groups of the app. */
export async function adoptGroups(
  session: Session,
  app: string,
  groups: string[],
  options: ShowOptions & { env: string; version: string },
): Promise<ExitCode> {
  const api = session.api();
  const { env, version } = options;
  const body = { app, env, version, ...(groups.length === 0 ? {} : { groups }) };
  const request = api.client.POST('/v1/adoptions', { params: plannedOnce(options), body });
  return showAccepted(session, await call(api, request), `adopt ${[app, ...groups].join(' ')} in ${env}`, options);
}

/** Leaves the sets of groups to whoever has them then. */
export async function detachGroups(
  session: Session,
  app: string,
  groups: string[],
  options: ShowOptions & { env: string },
): Promise<ExitCode> {
  const api = session.api();
  const { env } = options;
  const body = { app, env, ...(groups.length === 0 ? {} : { groups }) };
  const request = api.client.POST('/v1/detachments', { params: plannedOnce(options), body });
  return showAccepted(session, await call(api, request), `detach ${[app, ...groups].join(' ')} in ${env}`, options);
}

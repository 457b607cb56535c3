import type { ApiContext } from '../context.ts';
import type { ReleaseSummary } from '../schemas/release.ts';
import { toSummary } from './view.ts';

/** Groups at work looked at for a list; a fleet has rarely more at one time. */
const LIVE_GROUPS = 1_000;

export interface ReleaseFilter {
  app?: string | undefined;
  env?: string | undefined;
  /** true: not ended; false: ended. */
  live?: boolean | undefined;
  limit: number;
}

/** Releases, latest first. */
export async function listReleases(context: ApiContext, filter: ReleaseFilter): Promise<ReleaseSummary[]> {
  const { operations } = context.catalogue;
  const { app, env, live, limit } = filter;
  const of = { ...(app === undefined ? {} : { app }), ...(env === undefined ? {} : { env }) };
  const rows = await operations.list({ ...of, kind: 'releaseApp', ...(live === undefined ? {} : { live }), limit });
  const groups = rows.some(({ endedAt }) => endedAt === null)
    ? await operations.list({ ...of, kind: 'releaseGroup', live: true, limit: LIVE_GROUPS })
    : [];
  const byRoot = Map.groupBy(groups, ({ root }) => root);
  return rows.map((row) => toSummary(context, row, byRoot.get(row.id) ?? []));
}

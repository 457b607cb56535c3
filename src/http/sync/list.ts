import type { Sync } from '../../domain/sync/progress.ts';
import { TransshipError } from '../../domain/errors.ts';
import { registriesOf } from '../../domain/registries.ts';
import type { ApiContext } from '../context.ts';
import type { SyncActivity, SyncList, SyncQuery } from '../schemas/sync-list.ts';
import { stepsOf, type SyncSteps } from '../temporal/syncs.ts';
import { deletedTags } from './deleted.ts';

/** Images of which Temporal is asked what goes on, for one list. */
const MOST_LOOKED_AT = 20;

/** Syncs as the catalogue has them; of those that are open also what goes on, where Temporal tells. */
export async function listSyncs(
  { fleet, catalogue, temporal }: Pick<ApiContext, 'fleet' | 'catalogue' | 'temporal'>,
  query: SyncQuery,
): Promise<SyncList> {
  const { repository, tag, digest, registry } = query;
  const [rows, deleted] = await Promise.all([
    catalogue.syncs.list(query),
    repository === undefined ? [] : deletedTags({ catalogue }, { repository, tag, digest, registry }),
  ]);
  const open = new Map(rows.filter(({ endedAt }) => endedAt === null).map((row) => [imageOf(row), row]));
  const known = new Map<string, SyncSteps>();
  let unseen: string | null = null;
  const asked = [...open].slice(0, MOST_LOOKED_AT);
  await Promise.all(
    asked.map(async ([image, { repository, digest }]) => {
      try {
        known.set(image, await stepsOf(temporal, repository, digest));
      } catch (error) {
        if (!(error instanceof TransshipError)) throw error;
        unseen = `${error.row.title}: ${error.message}`;
      }
    }),
  );
  if (open.size > asked.length) {
    unseen ??= `${open.size} images are under way, and only of ${asked.length} was it asked: ask for fewer`;
  }
  const idcs = new Map(registriesOf(fleet).map(({ name, idc }) => [name, idc]));
  const activityOf = (row: Sync): SyncActivity | null =>
    known.get(imageOf(row))?.of(row.registry, idcs.get(row.registry) ?? '', row.state) ?? null;
  const syncs = rows.map((row) => ({ ...row, activity: row.endedAt === null ? activityOf(row) : null }));
  return { syncs, unseen, deleted };
}

function imageOf({ repository, digest }: Pick<Sync, 'repository' | 'digest'>): string {
  return `${repository}@${digest}`;
}

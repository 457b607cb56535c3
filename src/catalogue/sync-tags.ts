import { type Kysely, sql, type Transaction } from 'kysely';
import type { Sync } from '../domain/sync/progress.ts';
import type { Schema } from './schema.ts';
import type { SyncTagReader, SyncTagRepository } from './types.ts';

const FIELDS = [
  'registry',
  'repository',
  'tag',
  'digest',
  'source',
  'moved_at as movedAt',
  'deleted_at as deletedAt',
  'deleted_by as deletedBy',
] as const;

/** For workers of IDCs, whose role may read it (deploy/idc-worker.sql). */
export function syncTagReader(db: Kysely<Schema>): SyncTagReader {
  return {
    async repositories({ registries, source }) {
      const rows = await db
        .selectFrom('sync_tags')
        .select('repository')
        .distinct()
        .where('registry', 'in', [...registries])
        .where('source', '=', source)
        .where('deleted_at', 'is', null)
        .orderBy('repository')
        .execute();
      return rows.map(({ repository }) => repository);
    },

    async brought({ registries, source, repository }) {
      return db
        .selectFrom('sync_tags')
        .select(['registry', 'tag', 'digest'])
        .where('registry', 'in', [...registries])
        .where('repository', '=', repository)
        .where('source', '=', source)
        .where('deleted_at', 'is', null)
        .orderBy('tag')
        .orderBy('registry')
        .execute();
    },
  };
}

export function syncTagRepository(db: Kysely<Schema>): SyncTagRepository {
  return {
    ...syncTagReader(db),

    async settle(rule, drops) {
      for (const { registry, repository, tag, digest, outcome } of drops) {
        const row = { registry, repository, tag, digest };
        if (outcome === 'deleted') {
          await db
            .updateTable('sync_tags')
            .set((eb) => ({ deleted_at: eb.fn<string>('now'), deleted_by: rule }))
            .where((eb) => eb.and(row))
            .where('deleted_at', 'is', null)
            .execute();
        } else if (outcome === 'absent' || outcome === 'other') {
          await db
            .deleteFrom('sync_tags')
            .where((eb) => eb.and(row))
            .where('deleted_at', 'is', null)
            .execute();
        }
      }
    },

    async lately(rule, minutes) {
      const { rows } = await sql<{ tags: number }>`
        SELECT count(DISTINCT (repository, tag))::int AS tags FROM sync_tags
        WHERE deleted_by = ${rule} AND deleted_at > now() - make_interval(mins => ${minutes})`.execute(db);
      return rows[0]?.tags ?? 0;
    },

    async list({ repository, tag, digest, registry, source, deleted }) {
      let query = db.selectFrom('sync_tags').select(FIELDS).where('repository', '=', repository);
      if (tag !== undefined) query = query.where('tag', '=', tag);
      if (digest !== undefined) query = query.where('digest', '=', digest);
      if (registry !== undefined) query = query.where('registry', '=', registry);
      if (source !== undefined) query = query.where('source', '=', source);
      query = query.where('deleted_at', deleted ? 'is not' : 'is', null);
      return query
        .orderBy(deleted ? 'deleted_at' : 'moved_at', 'desc')
        .orderBy('tag')
        .orderBy('registry')
        .limit(1_000)
        .execute();
    },

    async prune(days) {
      const { numAffectedRows } = await sql`
        DELETE FROM sync_tags WHERE deleted_at < now() - make_interval(days => ${days})`.execute(db);
      return Number(numAffectedRows ?? 0);
    },
  };
}

/**
 * Notes the tags that a sync says to have moved, and had not said before: what it has said already somebody else may have moved
 * on since. Those that were brought back by a cancel are not its any more.
 * @param before what it said before
 */
export async function noteTags(
  trx: Transaction<Schema>,
  { registry, repository, digest, from, tags, state }: Sync,
  before: Sync['tags'],
): Promise<void> {
  const moved = Object.keys(tags).filter((tag) => tags[tag] === 'moved' && before[tag] !== 'moved');
  for (const tag of moved) {
    await trx
      .insertInto('sync_tags')
      .values({ registry, repository, tag, digest, source: from })
      .onConflict((conflict) =>
        conflict.columns(['registry', 'repository', 'tag']).doUpdateSet((eb) => ({
          ...{ digest, source: from, moved_at: eb.fn<string>('now') },
          ...{ deleted_at: null, deleted_by: null },
        })),
      )
      .execute();
  }
  const back = state === 'cancelled' ? Object.keys(tags).filter((tag) => tags[tag] === null) : [];
  if (back.length === 0) return;
  await trx
    .deleteFrom('sync_tags')
    .where((eb) => eb.and({ registry, repository, digest }))
    .where('tag', 'in', back)
    .where('deleted_at', 'is', null)
    .execute();
}

import { type Kysely, sql } from 'kysely';
import { json } from './json.ts';
import type { Schema } from './schema.ts';
import { noteTags } from './sync-tags.ts';
import type { OpenSyncs, SyncRepository } from './types.ts';

const FIELDS = [
  'repository',
  'digest',
  'registry',
  'source as from',
  'state',
  'tags',
  'priority',
  'wanted_by as wantedBy',
  'asked_at as askedAt',
  'not_before as notBefore',
  'ended_at as endedAt',
  'report',
  'trouble',
] as const;

/** When it was asked for, or its window opened. */
const DUE = sql`greatest(asked_at, coalesce(not_before, asked_at))`;

export function syncRepository(db: Kysely<Schema>): SyncRepository {
  return {
    async put(sync) {
      const {
        repository,
        digest,
        registry,
        from,
        state,
        tags,
        priority,
        wantedBy,
        askedAt,
        notBefore,
        endedAt,
        report,
        trouble,
      } = sync;
      const row = {
        ...{ source: from, state, priority, asked_at: askedAt, not_before: notBefore, ended_at: endedAt },
        tags: json(tags),
        wanted_by: json(wantedBy),
        report: report === null ? null : json(report),
        trouble: trouble === null ? null : json(trouble),
      };
      const key = { repository, digest, registry };
      await db.transaction().execute(async (trx) => {
        const before = await trx
          .selectFrom('syncs')
          .select('tags')
          .where((eb) => eb.and(key))
          .forUpdate()
          .executeTakeFirst();
        await trx
          .insertInto('syncs')
          .values({ ...row, ...key })
          .onConflict((conflict) => conflict.columns(['repository', 'digest', 'registry']).doUpdateSet(row))
          .execute();
        await noteTags(trx, sync, before?.tags ?? {});
      });
    },

    async list({ repository, digest, tag, registry, state, limit }) {
      let query = db.selectFrom('syncs').select(FIELDS);
      if (repository !== undefined) query = query.where('repository', '=', repository);
      if (digest !== undefined) query = query.where('digest', '=', digest);
      if (tag !== undefined) query = query.where(sql<boolean>`tags ? ${tag}`);
      if (registry !== undefined) query = query.where('registry', '=', registry);
      if (state === 'open') query = query.where('ended_at', 'is', null);
      else if (state !== undefined) query = query.where('state', '=', state);
      const order = state === 'open' ? 'asc' : 'desc';
      return query.orderBy('asked_at', order).orderBy('registry').limit(limit).execute();
    },

    async took(hours) {
      const since = sql`now() - make_interval(secs => ${hours * 3_600})`;
      const { rows } = await sql<{ registry: string; state: 'done' | 'failed'; seconds: number }>`
        SELECT registry, state, greatest(0, extract(epoch FROM ended_at - ${DUE}))::float8 AS seconds
        FROM syncs WHERE state IN ('done', 'failed') AND asked_at >= ${since} AND ended_at IS NOT NULL
        ORDER BY registry`.execute(db);
      return rows;
    },

    async open(lateSeconds) {
      const { rows } = await sql<OpenSyncs>`
        SELECT registry, priority, count(*)::int AS open,
          (count(*) FILTER (WHERE ${DUE} < now() - make_interval(secs => ${lateSeconds})))::int AS late,
          greatest(0, extract(epoch FROM now() - min(${DUE})))::float8 AS "oldestSeconds"
        FROM syncs WHERE ended_at IS NULL GROUP BY registry, priority ORDER BY registry, priority`.execute(db);
      return rows;
    },

    async prune(days) {
      const { numAffectedRows } = await sql`
        DELETE FROM syncs WHERE ended_at < now() - make_interval(days => ${days})`.execute(db);
      return Number(numAffectedRows ?? 0);
    },
  };
}

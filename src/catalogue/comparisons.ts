import { type Kysely, sql } from 'kysely';
import { remaining } from '../domain/sync/drift.ts';
import { json } from './json.ts';
import type { Schema } from './schema.ts';
import type { ComparisonRepository } from './types.ts';

const FIELDS = ['rule', 'comparison', 'ended_at as endedAt', 'drift_since as driftSince'] as const;

export function comparisonRepository(db: Kysely<Schema>): ComparisonRepository {
  return {
    async put(rule, comparison) {
      const left = remaining(comparison);
      // What is still on its way says nothing: it stays as the comparison before has left it.
      const isLeft = left !== null && Object.values(left).some((count) => count > 0);
      const since = isLeft
        ? sql`coalesce(comparisons.drift_since, now())`
        : left === null
          ? sql`comparisons.drift_since`
          : sql`NULL`;
      await sql`
        INSERT INTO comparisons (rule, comparison, drift_since)
        SELECT name, ${json(comparison)}::jsonb, ${isLeft ? sql`now()` : sql`NULL`} FROM sync_rules WHERE name = ${rule}
        ON CONFLICT (rule) DO UPDATE
        SET comparison = excluded.comparison, ended_at = now(), drift_since = ${since}`.execute(db);
    },

    async get(rule) {
      return (await db.selectFrom('comparisons').select(FIELDS).where('rule', '=', rule).executeTakeFirst()) ?? null;
    },

    async list() {
      return db.selectFrom('comparisons').select(FIELDS).orderBy('rule').execute();
    },
  };
}

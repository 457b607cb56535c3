import { type Kysely, sql } from 'kysely';
import { json } from './json.ts';
import type { Schema } from './schema.ts';
import type { StageKey, StageRepository } from './types.ts';

const FIELDS = ['root', 'env', 'attempt', 'pinned', 'release', 'refusal', 'withdrawn'] as const;

export function stageRepository(db: Kysely<Schema>): StageRepository {
  const at = ({ root, env, attempt }: StageKey) =>
    sql<boolean>`root = ${root} AND env = ${env} AND attempt = ${attempt}`;
  return {
    async ask({ root, env, attempt, pinned }) {
      await db
        .insertInto('stages')
        .values({ root, env, attempt, pinned: json(pinned) })
        .onConflict((conflict) => conflict.columns(['root', 'env', 'attempt']).doNothing())
        .execute();
    },

    async get(key) {
      return (await db.selectFrom('stages').select(FIELDS).where(at(key)).executeTakeFirst()) ?? null;
    },

    async of(root) {
      return db.selectFrom('stages').select(FIELDS).where('root', '=', root).orderBy('asked_at').execute();
    },

    async open(namespace) {
      return db
        .selectFrom('stages')
        .select(FIELDS)
        .where('refusal', 'is', null)
        .where('accepted', '=', false)
        .where(
          sql<boolean>`EXISTS (SELECT FROM operations o
            WHERE o.id = stages.root AND o.ended_at IS NULL AND o.namespace = ${namespace})`,
        )
        .orderBy('asked_at')
        .execute();
    },

    async claim(key, release) {
      const claimed = await db
        .updateTable('stages')
        .set({ release: sql<string>`coalesce(release, ${release})` })
        .where(at(key))
        .where(sql<boolean>`refusal IS NULL AND (release IS NOT NULL OR NOT withdrawn)`)
        .returning('release')
        .executeTakeFirst();
      return claimed?.release ?? null;
    },

    async accept(key) {
      await db.updateTable('stages').set({ accepted: true }).where(at(key)).execute();
    },

    async refuse(key, trouble) {
      await db
        .updateTable('stages')
        .set({ refusal: json(trouble) })
        .where(at(key))
        .where('refusal', 'is', null)
        // Somebody else has accepted it meanwhile.
        .where(sql<boolean>`NOT EXISTS (SELECT FROM operations o WHERE o.id = stages.release)`)
        .execute();
    },

    async withdraw(key) {
      await db.updateTable('stages').set({ withdrawn: true }).where(at(key)).execute();
    },
  };
}

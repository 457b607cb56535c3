import type { Kysely } from 'kysely';
import { json, storable } from './json.ts';
import type { Schema } from './schema.ts';
import type { CommandRepository } from './types.ts';

export function commandRepository(db: Kysely<Schema>): CommandRepository {
  return {
    async add({ actor, notAfter, ...row }) {
      await db
        .insertInto('commands')
        .values({ ...row, actor: json(actor), not_after: notAfter })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    },

    async settle(id, state, answer) {
      await db
        .updateTable('commands')
        .set((eb) => ({ state, answer: storable(answer), settled_at: eb.fn<string>('now') }))
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .execute();
    },

    async get(id) {
      const row = await db
        .selectFrom('commands')
        .select(['id', 'operation', 'command', 'actor', 'not_after as notAfter', 'state', 'answer'])
        .where('id', '=', id)
        .executeTakeFirst();
      return row ?? null;
    },
  };
}

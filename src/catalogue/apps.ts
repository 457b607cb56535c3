import type { Kysely } from 'kysely';
import { json } from './json.ts';
import type { Schema } from './schema.ts';
import type { AppRepository } from './types.ts';

export function appRepository(db: Kysely<Schema>): AppRepository {
  return {
    async apply(definition, actor) {
      const row = { definition: json(definition), applied_by: json(actor) };
      return db.transaction().execute(async (trx) => {
        const written = await trx
          .insertInto('apps')
          .values({ ...row, name: definition.app, revision: 1 })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet((eb) => ({
                ...row,
                revision: eb('apps.revision', '+', 1),
                applied_at: eb.fn<string>('now'),
              }))
              .whereRef('apps.definition', 'is distinct from', 'excluded.definition'),
          )
          .returning('revision')
          .executeTakeFirst();
        if (written === undefined) {
          const { revision } = await trx
            .selectFrom('apps')
            .select('revision')
            .where('name', '=', definition.app)
            .executeTakeFirstOrThrow();
          return { revision, changed: false };
        }
        await trx
          .insertInto('app_revisions')
          .values({ ...row, app: definition.app, revision: written.revision })
          .execute();
        return { revision: written.revision, changed: true };
      });
    },

    async get(name) {
      const row = await db.selectFrom('apps').selectAll().where('name', '=', name).executeTakeFirst();
      if (row === undefined) return null;
      const { definition, revision, applied_at, applied_by } = row;
      return { definition, revision, appliedAt: applied_at, appliedBy: applied_by.name };
    },

    async list() {
      return db.selectFrom('apps').select(['name', 'revision', 'applied_at as appliedAt']).orderBy('name').execute();
    },
  };
}

import { type Kysely, sql } from 'kysely';
import { json, storable } from './json.ts';
import type { Schema } from './schema.ts';
import type { VersionRepository } from './types.ts';

export function versionRepository(db: Kysely<Schema>): VersionRepository {
  const rows = () =>
    db
      .selectFrom('disabled_versions')
      .select(['app', 'version', 'operation', 'reason', 'actor', 'disabled_at as disabledAt']);

  return {
    async disable({ actor, reason, ...row }) {
      await db
        .insertInto('disabled_versions')
        .values({ ...row, reason: storable(reason), actor: json(actor) })
        .onConflict((conflict) => conflict.columns(['app', 'version']).doNothing())
        .execute();
    },

    async enable(app, version) {
      const { numAffectedRows } = await sql`
        DELETE FROM disabled_versions WHERE app = ${app} AND version = ${version}`.execute(db);
      return numAffectedRows === 1n;
    },

    async disabled(app, version) {
      const row = await rows()
        .where((eb) => eb.and({ app, version }))
        .executeTakeFirst();
      return row ?? null;
    },

    async ofApp(app) {
      return rows().where('app', '=', app).orderBy('disabled_at').execute();
    },
  };
}

import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { TransshipError } from '../../domain/errors.ts';
import { initial } from './001-initial.ts';
import { rollback } from './002-rollback.ts';
import { brake } from './003-brake.ts';
import { stages } from './004-stages.ts';
import { syncRules } from './005-sync-rules.ts';
import { syncs } from './006-syncs.ts';
import { comparisons } from './007-comparisons.ts';

// A static list: what runs is what was reviewed, not what lies in a folder. Names are sorted; never change one that shipped.
const MIGRATIONS: Record<string, Migration> = {
  '001-initial': initial,
  '002-rollback': rollback,
  '003-brake': brake,
  '004-stages': stages,
  '005-sync-rules': syncRules,
  '006-syncs': syncs,
  '007-comparisons': comparisons,
};

/**
 * Brings the schema up to this code. Several processes may do so at once: one works, the others wait for it.
 * @throws CATALOGUE_NEWER when the schema is from a newer Transship
 */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  await refuseNewer(db);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error('the migration failed', { cause: error });
}

async function refuseNewer<T>(db: Kysely<T>): Promise<void> {
  const table = await sql<{ found: boolean }>`SELECT to_regclass('kysely_migration') IS NOT NULL AS found`.execute(db);
  if (table.rows[0]?.found !== true) return;
  const done = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db);
  const unknown = done.rows.map((row) => row.name).filter((name) => !(name in MIGRATIONS));
  if (unknown.length > 0) {
    throw new TransshipError(
      'CATALOGUE_NEWER',
      `the schema has steps that this version does not know: ${unknown.join(', ')}; it knows ${Object.keys(MIGRATIONS).join(', ')}`,
    );
  }
}

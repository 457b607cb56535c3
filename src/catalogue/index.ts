import { Kysely, PostgresDialect, sql } from 'kysely';
import { appRepository } from './apps.ts';
import { commandRepository } from './commands.ts';
import { comparisonRepository } from './comparisons.ts';
import { type CatalogueAddress, parseAddress } from './connection.ts';
import { eventRepository } from './events.ts';
import { fenceRepository } from './fences.ts';
import { groupRepository } from './groups.ts';
import { idempotencyRepository } from './idempotency.ts';
import { Listener } from './listener.ts';
import { migrate } from './migrations/index.ts';
import { operationRepository } from './operations.ts';
import { createPool, STATEMENT_SECONDS } from './pool.ts';
import type { Schema } from './schema.ts';
import { stageRepository } from './stages.ts';
import { syncRuleRepository } from './sync-rules.ts';
import { syncTagReader, syncTagRepository } from './sync-tags.ts';
import { syncRepository } from './syncs.ts';
import type { Catalogue, IdcCatalogue } from './types.ts';
import { versionRepository } from './versions.ts';

export type * from './types.ts';

/**
 * Connects to the catalogue and brings its schema up to this code.
 * @param options.poolSize connections at most (default 10), and one more once events are watched
 * @throws CATALOGUE_UNREACHABLE, CATALOGUE_NEWER, FLEET_INVALID (a URL that is none)
 */
export async function openCatalogue(url: string, options: { poolSize?: number } = {}): Promise<Catalogue> {
  const address = parseAddress(url);
  const migrating = connect(address, 1, 0);
  try {
    await migrate(migrating);
  } finally {
    await migrating.destroy();
  }

  const db = connect(address, options.poolSize ?? 10, STATEMENT_SECONDS);
  const listener = new Listener(address);
  return {
    apps: appRepository(db),
    groups: groupRepository(db),
    versions: versionRepository(db),
    operations: operationRepository(db),
    stages: stageRepository(db),
    fences: fenceRepository(db),
    events: eventRepository(db, listener),
    commands: commandRepository(db),
    idempotency: idempotencyRepository(db),
    syncRules: syncRuleRepository(db),
    syncs: syncRepository(db),
    syncTags: syncTagRepository(db),
    comparisons: comparisonRepository(db),
    async close() {
      await listener.close();
      await db.destroy();
    },
  };
}

/**
 * Connects as an IDC worker, whose role may check fences, append events and see what syncs have brought (deploy/idc-worker.sql). The schema is left
 * to the control side, and may be a version ahead.
 * @param options.poolSize connections at most (default 4)
 * @throws CATALOGUE_UNREACHABLE, FLEET_INVALID (a URL that is none)
 */
export async function openIdcCatalogue(url: string, options: { poolSize?: number } = {}): Promise<IdcCatalogue> {
  const address = parseAddress(url);
  const db = connect(address, options.poolSize ?? 4, STATEMENT_SECONDS);
  try {
    await sql`SELECT FROM fences LIMIT 0`.execute(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    fences: fenceRepository(db),
    events: eventRepository(db, new Listener(address)),
    syncTags: syncTagReader(db),
    close: () => db.destroy(),
  };
}

function connect(address: CatalogueAddress, size: number, statementSeconds: number): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: createPool(address, size, statementSeconds) }) });
}

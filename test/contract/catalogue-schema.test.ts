import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCatalogue, openIdcCatalogue } from '../../src/catalogue/index.ts';
import { event, SHOP_WEB } from '../support/catalogue.ts';
import { query, startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => {
  await postgres.dispose();
});

describe('migrations', () => {
  test('several processes that start at once, on an empty database and again', async () => {
    const url = await postgres.database('many');
    for (let round = 0; round < 2; round++) {
      const opened = await Promise.all(Array.from({ length: 6 }, () => openCatalogue(url, { poolSize: 2 })));
      await Promise.all(opened.map((catalogue) => catalogue.apps.list()));
      await Promise.all(opened.map((catalogue) => catalogue.close()));
    }
    expect(await query(url, 'SELECT name FROM kysely_migration')).toEqual([
      { name: '001-initial' },
      { name: '002-rollback' },
      { name: '003-brake' },
      { name: '004-stages' },
      { name: '005-sync-rules' },
      { name: '006-syncs' },
      { name: '007-comparisons' },
    ]);
    expect(await query(url, `SELECT FROM pg_stat_activity WHERE application_name = 'transship'`)).toEqual([]);
  });

  test('tags that syncs had moved before are known, and rules of before have what rules have now', async () => {
    const url = await postgres.database('before');
    await (await openCatalogue(url)).close();
    // As it was before the last step.
    await query(url, `DELETE FROM kysely_migration WHERE name >= '007'`);
    await query(url, 'DROP TABLE sync_tags, comparisons');
    await query(url, 'ALTER TABLE syncs DROP COLUMN not_before');
    for (const [digest, tags, minutes] of [
      ['sha256:1', { v1: 'moved', v2: 'superseded', v3: null }, 20],
      ['sha256:2', { v1: 'moved' }, 10],
    ] as const) {
      await query(
        url,
        `INSERT INTO syncs VALUES ('shop/web', '${digest}', 'south', 'north', 'done', '${JSON.stringify(tags)}', 'normal', '[]',
         now() - interval '${minutes} minutes', now())`,
      );
    }
    await query(
      url,
      `INSERT INTO sync_rules VALUES ('shop', '{"deletions":{"tags":true,"keep":["v1"]}}', 1, now(), '{}')`,
    );
    const catalogue = await openCatalogue(url);
    const which = { registries: ['south'], source: 'north', repository: 'shop/web' };
    expect(await catalogue.syncTags.brought(which)).toEqual([{ registry: 'south', tag: 'v1', digest: 'sha256:2' }]);
    expect((await catalogue.syncRules.get('shop'))?.rule).toEqual({
      deletions: { tags: true, keep: ['v1'], most: 20, repositories: false },
    });
    expect((await catalogue.syncs.list({ limit: 1 }))[0]?.notBefore).toBeNull();
    await catalogue.close();
  });

  test('a schema of a newer Transship is refused, by name', async () => {
    const url = await postgres.database('newer');
    await (await openCatalogue(url)).close();
    await query(url, `INSERT INTO kysely_migration VALUES ('999-from-the-future', now())`);
    await expect(openCatalogue(url)).rejects.toMatchObject({
      code: 'CATALOGUE_NEWER',
      message: expect.stringContaining('999-from-the-future') as string,
    });
  });

  test.each(['not a url', 'http://localhost/catalogue', 'localhost:5432'])('%s is no address', async (url) => {
    await expect(openCatalogue(url)).rejects.toMatchObject({ code: 'FLEET_INVALID' });
  });
});

describe('role of an IDC worker', () => {
  let url: string;
  let idcUrl: string;

  beforeAll(async () => {
    url = await postgres.database('roles');
    const catalogue = await openCatalogue(url);
    await catalogue.fences.claim(SHOP_WEB, 'rel-1');
    await catalogue.close();
    const grants = await readFile(new URL('../../deploy/idc-worker.sql', import.meta.url), 'utf8');
    await query(url, grants);
    await query(url, grants);
    await query(url, `CREATE ROLE transship_idc_north LOGIN PASSWORD 'north' IN ROLE transship_idc_worker`);
    idcUrl = url.replace('transship:transship@', 'transship_idc_north:north@');
  });

  test('checks fences and appends events', async () => {
    const idc = await openIdcCatalogue(idcUrl);
    await idc.fences.check(SHOP_WEB, 'rel-1', 1);
    await expect(idc.fences.check(SHOP_WEB, 'rel-1', 2)).rejects.toMatchObject({ code: 'FENCE_LOST' });
    await idc.events.append([event('rel-1'), event('rel-1', { attempt: 2 })]);
    await idc.close();
    expect(await query(url, 'SELECT seq, step FROM events ORDER BY seq')).toEqual([
      { seq: 1, step: 'takeOut' },
      { seq: 2, step: 'takeOut' },
    ]);
  });

  test('may do nothing else', async () => {
    const tables = await query<{ name: string }>(
      url,
      `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    expect(tables.length).toBeGreaterThanOrEqual(15);
    const attempts = tables.flatMap(({ name }) => [
      ...(['fences', 'turns', 'sync_tags'].includes(name) ? [] : [`SELECT FROM ${name}`]),
      `INSERT INTO ${name} DEFAULT VALUES`,
      `DELETE FROM ${name}`,
      `TRUNCATE ${name}`,
    ]);
    attempts.push('UPDATE fences SET epoch = 9', 'UPDATE event_counters SET last = 9', 'CREATE TABLE own (a int)');
    for (const attempt of attempts) {
      await expect(query(idcUrl, attempt), attempt).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('a role without the grants is told so at once', async () => {
    await query(url, `CREATE ROLE stranger LOGIN PASSWORD 'stranger'`);
    const strangerUrl = url.replace('transship:transship@', 'stranger:stranger@');
    await expect(openIdcCatalogue(strangerUrl)).rejects.toThrow('permission denied');
    await expect(query(strangerUrl, `SELECT append_events('[]')`)).rejects.toMatchObject({ code: '42501' });
  });
});

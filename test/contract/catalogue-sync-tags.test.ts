import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Catalogue } from '../../src/catalogue/types.ts';
import type { DropOutcome, TagDrop } from '../../src/domain/sync/drift.ts';
import type { Sync } from '../../src/domain/sync/progress.ts';
import { query, startPostgres, type TestPostgres } from '../support/postgres.ts';

// Which tags syncs have moved, and which of them rules have deleted.

let postgres: TestPostgres;
let catalogue: Catalogue;
let url: string;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.database('tags');
  catalogue = await openCatalogue(url);
});
afterAll(async () => {
  await catalogue.close();
  await postgres.dispose();
});
beforeEach(async () => {
  await query(url, 'DELETE FROM syncs');
  await query(url, 'DELETE FROM sync_tags');
});

const [ONE, TWO] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];

async function put(tags: Sync['tags'], change: Partial<Sync> = {}): Promise<void> {
  await catalogue.syncs.put({
    ...{ repository: 'shop/web', digest: ONE, registry: 'south', from: 'north', state: 'done', tags },
    ...{ priority: 'normal', wantedBy: [], askedAt: new Date().toISOString(), endedAt: null, report: null },
    ...{ notBefore: null, trouble: null, ...change },
  });
}
const brought = async (repository = 'shop/web', registries = ['south', 'east']): Promise<string[]> =>
  (await catalogue.syncTags.brought({ registries, source: 'north', repository })).map(
    ({ registry, tag, digest }) => `${registry} ${tag} ${digest.slice(7, 8)}`,
  );
const drop = (outcome: DropOutcome, change: Partial<TagDrop> = {}): TagDrop => ({
  ...{ registry: 'south', repository: 'shop/web', tag: 'v1', digest: ONE, outcome, detail: '' },
  ...change,
});

test('a tag is a sync’s once it was moved, of the registry and source it was moved in', async () => {
  await put({ v1: null }, { state: 'arrived' });
  expect(await brought()).toEqual([]);
  await put({ v1: 'moved', v2: 'superseded' });
  await put({ v1: 'moved' }, { registry: 'east' });
  await put({ v1: 'moved' }, { registry: 'west', from: 'south' });
  await put({ v1: 'moved' }, { repository: 'pay/web' });
  expect(await brought()).toEqual(['east v1 1', 'south v1 1']);
  expect(await brought('shop/web', ['west'])).toEqual([]);
  expect(await catalogue.syncTags.repositories({ registries: ['south'], source: 'north' })).toEqual([
    'pay/web',
    'shop/web',
  ]);
  expect(await catalogue.syncTags.repositories({ registries: ['east'], source: 'north' })).toEqual(['shop/web']);
});

test('what a sync says again is no news: another one may have moved the tag on since', async () => {
  await put({ v1: 'moved' });
  await put({ v1: 'moved' }, { digest: TWO });
  await put({ v1: 'moved', v2: 'moved' });
  expect(await brought()).toEqual(['south v1 2', 'south v2 1']);
  // Asked for anew it moves it again.
  await put({ v1: null, v2: 'moved' }, { state: 'queued' });
  await put({ v1: 'moved', v2: 'moved' });
  expect(await brought()).toEqual(['south v1 1', 'south v2 1']);
});

test('a tag that a cancel brought back is not the sync’s any more; that of another one stays', async () => {
  await put({ v1: 'moved', v2: 'moved' });
  await put({ v3: 'moved' }, { digest: TWO });
  await put({ v1: null, v2: 'moved', v3: null }, { state: 'cancelled' });
  expect(await brought()).toEqual(['south v2 1', 'south v3 2']);
});

test('a deletion is kept, with its rule, until a sync brings the tag again', async () => {
  await put({ v1: 'moved', v2: 'moved' });
  await put({ v1: 'moved' }, { registry: 'east' });
  await catalogue.syncTags.settle('shop', [drop('deleted'), drop('deleted', { registry: 'east' })]);
  expect(await brought()).toEqual(['south v2 1']);
  expect(await catalogue.syncTags.lately('shop', 60)).toBe(1);
  expect(await catalogue.syncTags.lately('pay', 60)).toBe(0);
  const which = { repository: 'shop/web', tag: 'v1' };
  const rows = await catalogue.syncTags.list({ ...which, deleted: true });
  expect(rows).toHaveLength(2);
  expect(rows[0]).toEqual({
    ...{ registry: 'east', repository: 'shop/web', tag: 'v1', digest: ONE, source: 'north' },
    ...{ movedAt: expect.any(String) as string, deletedAt: expect.any(String) as string, deletedBy: 'shop' },
  });
  // Told again it is the same deletion.
  const { deletedAt } = rows[1] ?? {};
  await catalogue.syncTags.settle('pay', [drop('deleted')]);
  expect((await catalogue.syncTags.list({ ...which, registry: 'south', deleted: true }))[0]).toMatchObject({
    ...{ deletedAt, deletedBy: 'shop' },
  });
  await put({ v1: 'moved' }, { digest: TWO });
  expect(await brought()).toEqual(['south v1 2', 'south v2 1']);
  expect(await catalogue.syncTags.list({ ...which, registry: 'south', deleted: true })).toEqual([]);
  expect(await catalogue.syncTags.list({ ...which, digest: TWO, source: 'north', deleted: false })).toHaveLength(1);
});

test('what was gone, or is somebody else’s, is not a sync’s any more; what could not be deleted stays', async () => {
  for (const outcome of ['absent', 'other'] as const) {
    await put({ v1: null }, { state: 'queued' });
    await put({ v1: 'moved' });
    // Another image by now.
    await catalogue.syncTags.settle('shop', [drop(outcome, { digest: TWO })]);
    expect(await brought()).toEqual(['south v1 1']);
    await catalogue.syncTags.settle('shop', [drop(outcome)]);
    expect(await brought()).toEqual([]);
  }
  await put({ v1: null }, { state: 'queued' });
  await put({ v1: 'moved' });
  for (const outcome of ['back', 'emptied', 'unsupported', 'failed'] as const) {
    await catalogue.syncTags.settle('shop', [drop(outcome)]);
    expect(await brought()).toEqual(['south v1 1']);
  }
  expect(await catalogue.syncTags.list({ repository: 'shop/web', deleted: true })).toEqual([]);
});

test('deletions of long ago are forgotten, and not counted; what is there stays', async () => {
  await put({ v1: 'moved', v2: 'moved', v3: 'moved' });
  await catalogue.syncTags.settle('shop', [drop('deleted'), drop('deleted', { tag: 'v2' })]);
  await query(url, `UPDATE sync_tags SET deleted_at = now() - interval '91 days' WHERE tag = 'v1'`);
  expect(await catalogue.syncTags.lately('shop', 60)).toBe(1);
  expect(await catalogue.syncTags.prune(90)).toBe(1);
  expect(await catalogue.syncTags.prune(90)).toBe(0);
  expect((await catalogue.syncTags.list({ repository: 'shop/web', deleted: true })).map(({ tag }) => tag)).toEqual([
    'v2',
  ]);
  expect(await brought()).toEqual(['south v3 1']);
});

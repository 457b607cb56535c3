import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Catalogue } from '../../src/catalogue/types.ts';
import type { Sync } from '../../src/domain/sync/progress.ts';
import { query, startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres;
let catalogue: Catalogue;
let url: string;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.database('syncs');
  catalogue = await openCatalogue(url);
});
afterAll(async () => {
  await catalogue.close();
  await postgres.dispose();
});
beforeEach(async () => query(url, 'DELETE FROM syncs'));

const [ONE, TWO] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString();

function sync(change: Partial<Sync> = {}): Sync {
  return {
    ...{ repository: 'shop/web', digest: ONE, registry: 'south', from: 'north', state: 'queued', tags: { v1: null } },
    ...{
      priority: 'normal',
      wantedBy: ['li by hand'],
      askedAt: ago(5),
      endedAt: null,
      report: null,
      trouble: null,
      notBefore: null,
    },
    ...change,
  };
}

const REPORT = {
  ...{ startedAt: ago(4), ms: 1_500, wasHere: false, bytes: 20_000, sent: 3, mounted: 1, skipped: 0, duplicates: 0 },
  ...{ uploads: 4, attempts: 2 },
};
const TROUBLE = { verdict: 'errored', code: 'IMAGE_GONE', message: 'gone' } as const;

const put = async (...syncs: Sync[]): Promise<void> => {
  for (const one of syncs) await catalogue.syncs.put(one);
};
const listed = async (which: Partial<Parameters<Catalogue['syncs']['list']>[0]>): Promise<string[]> =>
  (await catalogue.syncs.list({ limit: 100, ...which })).map(
    ({ repository, digest, registry }) => `${repository} ${digest.slice(7, 8)} ${registry}`,
  );

test('of each image and registry the last word is kept, whole', async () => {
  const done = sync({ state: 'done', tags: { v1: 'moved', v2: 'superseded' }, endedAt: ago(1), report: REPORT });
  await put(sync(), sync({ registry: 'east' }), done);
  const rows = await catalogue.syncs.list({ limit: 10, registry: 'south' });
  expect(rows).toEqual([done]);
  const failed = sync({ state: 'failed', endedAt: ago(0), trouble: TROUBLE, wantedBy: ['li by hand', 'push'] });
  await put(failed);
  expect(await catalogue.syncs.list({ limit: 10, registry: 'south' })).toEqual([failed]);
});

test('they are found by all that they have, the latest first; what is open the oldest first', async () => {
  await put(
    sync({ askedAt: ago(30) }),
    sync({ askedAt: ago(10), registry: 'east', state: 'arrived' }),
    sync({ askedAt: ago(20), digest: TWO, tags: { v2: 'moved' }, state: 'done', endedAt: ago(1) }),
    sync({ askedAt: ago(40), repository: 'pay/web', state: 'failed', endedAt: ago(1), trouble: TROUBLE }),
  );
  expect(await listed({})).toEqual(['shop/web 1 east', 'shop/web 2 south', 'shop/web 1 south', 'pay/web 1 south']);
  expect(await listed({ limit: 2 })).toEqual(['shop/web 1 east', 'shop/web 2 south']);
  expect(await listed({ state: 'open' })).toEqual(['shop/web 1 south', 'shop/web 1 east']);
  expect(await listed({ state: 'failed' })).toEqual(['pay/web 1 south']);
  expect(await listed({ tag: 'v2' })).toEqual(['shop/web 2 south']);
  expect(await listed({ repository: 'shop/web', digest: ONE, registry: 'east' })).toEqual(['shop/web 1 east']);
  // A name like an operator of JSON is a name.
  expect(await listed({ tag: "v1'||'" })).toEqual([]);
});

test('how long they took is told of those that were asked for lately and have ended', async () => {
  await put(
    sync({ askedAt: ago(100), state: 'done', endedAt: ago(40), report: REPORT }),
    sync({ askedAt: ago(100), registry: 'east', state: 'failed', endedAt: ago(70), trouble: TROUBLE }),
    sync({ askedAt: ago(100), registry: 'west', state: 'cancelled', endedAt: ago(70) }),
    sync({ askedAt: ago(100), registry: 'open' }),
    sync({ askedAt: ago(7_300), registry: 'old', state: 'done', endedAt: ago(1), report: REPORT }),
  );
  const took = await catalogue.syncs.took(2);
  expect(took.map(({ registry, state, seconds }) => [registry, state, Math.round(seconds)])).toEqual([
    ['east', 'failed', 30],
    ['south', 'done', 60],
  ]);
  expect(await catalogue.syncs.took(3)).toHaveLength(3);
});

test('what is open is counted by registry and priority, with what is late and how long the oldest waits', async () => {
  expect(await catalogue.syncs.open(60)).toEqual([]);
  await put(
    sync({ askedAt: ago(70) }),
    sync({ askedAt: ago(10), digest: TWO }),
    sync({ askedAt: ago(3_600), repository: 'mirror/web', priority: 'low' }),
    sync({ askedAt: ago(5), registry: 'east', state: 'arrived' }),
    sync({ askedAt: ago(500), registry: 'west', state: 'done', endedAt: ago(400), report: REPORT }),
  );
  const open = await catalogue.syncs.open(60);
  expect(open.map(({ registry, priority, open: count, late }) => [registry, priority, count, late])).toEqual([
    ['east', 'normal', 1, 0],
    ['south', 'low', 1, 1],
    ['south', 'normal', 2, 1],
  ]);
  expect(Math.abs((open[1]?.oldestSeconds ?? 0) - 3_600)).toBeLessThan(60);
  expect(Math.abs((open[2]?.oldestSeconds ?? 0) - 70)).toBeLessThan(60);
});

test('what waits for its window is open, and due from then on only; what it took is counted from there', async () => {
  await put(
    sync({ askedAt: ago(3_600), notBefore: ago(-600), priority: 'low' }),
    sync({ askedAt: ago(3_600), notBefore: ago(70), priority: 'low', digest: TWO }),
    sync({ askedAt: ago(3_600), notBefore: ago(10), priority: 'low', registry: 'east' }),
  );
  expect((await catalogue.syncs.list({ limit: 1, registry: 'east' }))[0]?.notBefore).toMatch(/^2/);
  const open = await catalogue.syncs.open(60);
  expect(open.map(({ registry, open: count, late }) => [registry, count, late])).toEqual([
    ['east', 1, 0],
    ['south', 2, 1],
  ]);
  expect(Math.abs((open[1]?.oldestSeconds ?? 0) - 70)).toBeLessThan(60);
  await put(sync({ askedAt: ago(3_600), notBefore: ago(-600), registry: 'west' }));
  expect((await catalogue.syncs.open(60)).find(({ registry }) => registry === 'west')).toMatchObject({
    ...{ open: 1, late: 0, oldestSeconds: 0 },
  });
  await put(
    sync({ askedAt: ago(3_600), notBefore: ago(70), state: 'done', endedAt: ago(40), report: REPORT }),
    // Somebody asked for it meanwhile, who did not wait.
    sync({
      askedAt: ago(3_600),
      notBefore: ago(-600),
      registry: 'east',
      state: 'done',
      endedAt: ago(40),
      report: REPORT,
    }),
  );
  const took = await catalogue.syncs.took(2);
  expect(took.map(({ registry, seconds }) => [registry, Math.round(seconds)])).toEqual([
    ['east', 0],
    ['south', 30],
  ]);
});

test('what ended long ago is forgotten; what has not ended stays', async () => {
  const day = 86_400;
  await put(
    sync({ askedAt: ago(40 * day), state: 'done', endedAt: ago(31 * day), report: REPORT }),
    sync({ askedAt: ago(40 * day), registry: 'east', state: 'done', endedAt: ago(29 * day), report: REPORT }),
    sync({ askedAt: ago(40 * day), registry: 'open' }),
  );
  expect(await catalogue.syncs.prune(30)).toBe(1);
  expect(await listed({ state: 'done' })).toEqual(['shop/web 1 east']);
  expect(await listed({ state: 'open' })).toEqual(['shop/web 1 open']);
  expect(await catalogue.syncs.prune(30)).toBe(0);
});

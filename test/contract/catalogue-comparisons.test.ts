import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Catalogue } from '../../src/catalogue/types.ts';
import type { Comparison, IdcDrift } from '../../src/domain/sync/drift.ts';
import { BY_ALICE } from '../support/catalogue.ts';
import { query, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { rule } from '../unit/domain/sync/fixtures.ts';

// How comparisons ended.

let postgres: TestPostgres;
let catalogue: Catalogue;
let url: string;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.database('comparisons');
  catalogue = await openCatalogue(url);
});
afterAll(async () => {
  await catalogue.close();
  await postgres.dispose();
});
beforeEach(async () => {
  await query(url, 'DELETE FROM sync_rules');
  await catalogue.syncRules.put(rule(), BY_ALICE, { check: () => undefined });
});

const FINE: IdcDrift = { checked: 5, missing: 0, extra: 0, deleted: 0, held: 0, isCut: false, trouble: null };
const compared = (change: Partial<Comparison> = {}): Comparison => ({
  ...{ revision: 1, by: 'schedule', startedAt: '2026-01-01T12:00:00.000Z', seconds: 2, idcs: { south: FINE } },
  ...{ examples: [], unsupported: [], asked: 0, late: 0, ...change },
});

test('the last one of each rule is kept, and goes with its rule', async () => {
  expect(await catalogue.comparisons.get('shop')).toBeNull();
  await catalogue.comparisons.put('shop', compared());
  await catalogue.comparisons.put('shop', compared({ seconds: 3 }));
  const row = await catalogue.comparisons.get('shop');
  expect(row).toMatchObject({ rule: 'shop', comparison: compared({ seconds: 3 }), driftSince: null });
  expect(await catalogue.comparisons.list()).toEqual([row]);
  await catalogue.comparisons.put('gone', compared());
  expect(await catalogue.comparisons.list()).toEqual([row]);
  await catalogue.syncRules.delete('shop', BY_ALICE, {});
  expect(await catalogue.comparisons.list()).toEqual([]);
});

test('since when something is not as it should be is kept until all is', async () => {
  const trouble = { verdict: 'errored', code: 'REGISTRY_UNREACHABLE', message: 'away' } as const;
  const since = async (comparison: Comparison): Promise<string | null | undefined> => {
    await catalogue.comparisons.put('shop', comparison);
    return (await catalogue.comparisons.get('shop'))?.driftSince;
  };
  expect(await since(compared({ asked: 3, late: null }))).toBeNull();
  const first = await since(compared({ asked: 3, late: 1 }));
  expect(first).toEqual(expect.any(String));
  expect(await since(compared({ asked: 1, late: null }))).toBe(first);
  expect(await since(compared({ idcs: { south: { ...FINE, trouble } } }))).toBe(first);
  expect(await since(compared({ idcs: { south: { ...FINE, extra: 1, held: 1 } } }))).toBe(first);
  expect(await since(compared({ asked: 3, late: 0 }))).toBeNull();
});

test('a first one that leaves something says so', async () => {
  await catalogue.comparisons.put('shop', compared({ late: 2 }));
  expect((await catalogue.comparisons.get('shop'))?.driftSince).toEqual(expect.any(String));
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Catalogue } from '../../src/catalogue/types.ts';
import { TransshipError } from '../../src/domain/errors.ts';
import type { SyncRule } from '../../src/domain/sync/rule.ts';
import { BY_ALICE } from '../support/catalogue.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres;
let catalogue: Catalogue;

beforeAll(async () => {
  postgres = await startPostgres();
  catalogue = await openCatalogue(await postgres.database('rules'));
});
afterAll(async () => {
  await catalogue.close();
  await postgres.dispose();
});

const BY_BO = { name: 'bo', channel: 'rest' } as const;

function rule(name: string, change: Partial<SyncRule> = {}): SyncRule {
  return {
    name,
    from: 'north',
    to: ['south'],
    images: [{ repository: 'shop/**', tags: ['v*', '!*-dev'] }],
    referrers: true,
    onPush: true,
    every: '10m',
    priority: 'normal',
    parallel: 4,
    createProject: false,
    deletions: { tags: false, keep: [], most: 20, repositories: false },
    ...change,
  };
}

const anything = { check: (): void => undefined };

test('a rule is made, changed and deleted; each change is kept with who, when, before and after', async () => {
  const { syncRules } = catalogue;
  expect(await syncRules.get('shop')).toBeNull();
  expect(await syncRules.history('shop')).toEqual([]);
  const [first, second] = [rule('shop'), rule('shop', { to: ['south', 'east'] })];
  expect(await syncRules.put(first, BY_ALICE, anything)).toEqual({ before: null, revision: 1, changed: true });
  expect(await syncRules.put(second, BY_BO, anything)).toEqual({ before: first, revision: 2, changed: true });
  const row = await syncRules.get('shop');
  expect(row).toMatchObject({ rule: second, revision: 2, changedBy: BY_BO });
  expect(Math.abs(Date.now() - Date.parse(row?.changedAt ?? ''))).toBeLessThan(60_000);

  expect(await syncRules.delete('shop', BY_ALICE, {})).toBe(true);
  expect(await syncRules.delete('shop', BY_ALICE, {})).toBe(false);
  expect(await syncRules.get('shop')).toBeNull();
  // Made again it is numbered on.
  expect(await syncRules.put(first, BY_BO, anything)).toEqual({ before: null, revision: 4, changed: true });
  const history = await syncRules.history('shop');
  expect(history.map(({ revision, before, after, changedBy }) => [revision, before, after, changedBy])).toEqual([
    [4, null, first, BY_BO],
    [3, second, null, BY_ALICE],
    [2, first, second, BY_BO],
    [1, null, first, BY_ALICE],
  ]);
  expect(history.map(({ changedAt }) => Number.isNaN(Date.parse(changedAt)))).toEqual([false, false, false, false]);
});

test('an equal rule changes nothing, whatever the order of its fields', async () => {
  const { syncRules } = catalogue;
  await syncRules.put(rule('equal'), BY_ALICE, anything);
  const row = await syncRules.get('equal');
  const turned = Object.fromEntries(Object.entries(rule('equal')).reverse()) as unknown as SyncRule;
  const answer = await syncRules.put(turned, BY_BO, anything);
  expect(answer).toEqual({ before: rule('equal'), revision: 1, changed: false });
  expect(await syncRules.get('equal')).toEqual(row);
  expect(await syncRules.history('equal')).toHaveLength(1);
});

test('only the revision that was seen is changed or deleted', async () => {
  const { syncRules } = catalogue;
  const changed = rule('seen', { parallel: 9 });
  const refused = { code: 'SYNC_RULE_CHANGED', message: 'sync rule seen is at revision 0, not 1' };
  await expect(syncRules.put(rule('seen'), BY_ALICE, { ...anything, seen: 1 })).rejects.toMatchObject(refused);
  await syncRules.put(rule('seen'), BY_ALICE, { ...anything, seen: 0 });
  for (const seen of [0, 2]) {
    const message = `sync rule seen is at revision 1, not ${seen}`;
    await expect(syncRules.put(changed, BY_BO, { ...anything, seen })).rejects.toMatchObject({ message });
    await expect(syncRules.delete('seen', BY_BO, { seen })).rejects.toMatchObject({ message });
  }
  expect((await syncRules.get('seen'))?.rule).toEqual(rule('seen'));
  expect((await syncRules.put(changed, BY_BO, { ...anything, seen: 1 })).revision).toBe(2);
  expect(await syncRules.delete('seen', BY_BO, { seen: 2 })).toBe(true);
});

test('what the check refuses leaves no trace; it is shown the other rules', async () => {
  const { syncRules } = catalogue;
  await syncRules.put(rule('old', { from: 'east' }), BY_ALICE, anything);
  const before = await syncRules.list();
  const refusal = new TransshipError('SYNC_RULE_CONFLICT', 'no');
  let shown: SyncRule[] = [];
  const check = (others: SyncRule[]): void => {
    shown = others;
    throw refusal;
  };
  await expect(syncRules.put(rule('old'), BY_BO, { check })).rejects.toBe(refusal);
  expect(await syncRules.list()).toEqual(before);
  expect(shown).toEqual(before.map((row) => row.rule).filter(({ name }) => name !== 'old'));
  expect(await syncRules.history('old')).toHaveLength(1);
});

test('of many at once that do not fit each other one comes in', async () => {
  const { syncRules } = catalogue;
  const names = Array.from({ length: 12 }, (_, at) => `race-${at}`);
  const check = (others: SyncRule[]): void => {
    if (others.some(({ name }) => name.startsWith('race-'))) throw new TransshipError('SYNC_RULE_CONFLICT', 'taken');
  };
  const ended = await Promise.allSettled(names.map(async (name) => syncRules.put(rule(name), BY_ALICE, { check })));
  expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await syncRules.list()).filter((row) => row.rule.name.startsWith('race-'))).toHaveLength(1);
});

test('rules are listed by name', async () => {
  for (const name of ['zoo', 'alpha']) await catalogue.syncRules.put(rule(name), BY_ALICE, anything);
  const names = (await catalogue.syncRules.list()).map((row) => row.rule.name);
  expect(names).toEqual([...names].sort());
  expect(names).toContain('zoo');
});

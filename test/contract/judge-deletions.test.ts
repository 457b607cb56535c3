import { afterAll, beforeAll, expect, test } from 'vitest';
import { reconcileActivities } from '../../src/activities/reconcile.ts';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Catalogue } from '../../src/catalogue/types.ts';
import type { Extra } from '../../src/domain/sync/drift.ts';
import { BY_ALICE } from '../support/catalogue.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { FLEET, rule } from '../unit/domain/sync/fixtures.ts';

// What may be deleted, by what the catalogue knows.

let postgres: TestPostgres;
let catalogue: Catalogue;

beforeAll(async () => {
  postgres = await startPostgres();
  catalogue = await openCatalogue(await postgres.database('judged'));
});
afterAll(async () => {
  await catalogue.close();
  await postgres.dispose();
});

const DIGEST = `sha256:${'1'.repeat(64)}`;
const extra: Extra = { repository: 'shop/web', tag: 'v1', digest: DIGEST, to: ['south'], isWhole: false };
const inForce = async (change: object = {}): Promise<number> =>
  (
    await catalogue.syncRules.put(rule({ deletions: { tags: true, most: 1 }, ...change }), BY_ALICE, {
      check: () => undefined,
    })
  ).revision;
const judge = async (byHand = false): Promise<string[]> => {
  const { allowed, held } = await reconcileActivities(catalogue, FLEET).judgeDeletions({
    ...{ name: 'shop', extra: [extra], allow: {}, byHand },
  });
  return [...allowed.map(() => 'goes'), ...held.map(({ why }) => why)];
};

test('a registry that deletes no tags is left alone until the rule changes, or a person compares', async () => {
  const revision = await inForce();
  expect(await judge()).toEqual(['goes']);
  await catalogue.comparisons.put('shop', {
    ...{ revision, by: 'schedule', startedAt: new Date().toISOString(), seconds: 1, idcs: {}, examples: [] },
    ...{ unsupported: ['south'], asked: 0, late: 0 },
  });
  expect(await judge()).toEqual(['unsupported']);
  expect(await judge(true)).toEqual(['goes']);
  await inForce({ every: '20m' });
  expect(await judge()).toEqual(['goes']);
});

test('what the rule has deleted within the last hour counts', async () => {
  await catalogue.syncs.put({
    ...{
      repository: 'shop/web',
      digest: DIGEST,
      registry: 'south',
      from: 'north',
      state: 'done',
      tags: { v0: 'moved' },
    },
    ...{ priority: 'normal', wantedBy: [], askedAt: new Date().toISOString(), notBefore: null, endedAt: null },
    ...{ report: null, trouble: null },
  });
  const gone = {
    registry: 'south',
    repository: 'shop/web',
    tag: 'v0',
    digest: DIGEST,
    outcome: 'deleted',
    detail: '',
  } as const;
  await reconcileActivities(catalogue, FLEET).recordDrops({ name: 'shop', drops: [gone] });
  expect(await judge()).toEqual(['many']);
});

test('of a rule that is gone nothing is deleted', async () => {
  await catalogue.syncRules.delete('shop', BY_ALICE, {});
  expect(await judge()).toEqual([]);
});

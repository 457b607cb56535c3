import { expect, test } from 'vitest';
import { reconcileActivities } from '../../src/activities/reconcile.ts';
import { parseRule } from '../../src/domain/sync/rule.ts';
import { asActivity } from '../support/activity.ts';
import { TemporalDouble } from '../support/sync/temporal-double.ts';

const registry = { url: 'http://127.0.0.1:9' };
const idcs = ['north', 'south'].map((name) => ({ name, azs: ['az-1'], registry, replicas: [], clusters: [] }));
const fleet = { idcs } as never;
const rule = parseRule('{name: shop, from: north, to: [south], images: [{repository: shop/web}]}', fleet, 'rule');
const from = { name: 'north', idc: 'north' };
const missing = [{ repository: 'shop/web', tag: 'v1', digest: `sha256:${'1'.repeat(64)}`, to: ['south'] }];

test('an attempt after a worker that died asks in words of its own: what had got there ends once more, at once', async () => {
  const temporal = new TemporalDouble();
  // The sync has ended; asked for by another request it does so anew, and its row is written again.
  const list = async () =>
    Promise.resolve([{ registry: 'south', askedAt: '', endedAt: String(temporal.asked.length) }]);
  const { bringMissing } = reconcileActivities({ syncs: { list } } as never, fleet);
  const run = { workflowExecution: { workflowId: 'reconcile/shop', runId: 'run' } };
  const ids: string[] = [];
  for (const attempt of [1, 2]) {
    const bring = (): ReturnType<typeof bringMissing> => bringMissing({ rule, from, missing });
    const result = await asActivity(bring, { ...run, attempt }, temporal.link.client);
    expect(result).toEqual({ asked: 1, late: 0 });
    ids.push(...(temporal.asked.at(-1)?.requests ?? []).map(({ id }) => id));
  }
  expect(temporal.asked).toHaveLength(2);
  expect(new Set(ids).size).toBe(2);
});

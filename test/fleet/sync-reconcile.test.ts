// Registries that are compared by the clock: what no webhook told of is found, and brought.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pushImage } from '../../devfleet/images/index.ts';
import type { SyncList } from '../../src/http/schemas/sync-list.ts';
import type { SyncRuleView } from '../../src/http/schemas/sync-rule.ts';
import type { Reconciled } from '../../src/workflows/reconcileRule.ts';
import { reconcileScheduleId, RECONCILE_PREFIX } from '../../src/temporal/names.ts';
import { startSyncWorld, type SyncWorld } from '../support/sync/world.ts';
import { twice } from '../support/twice.ts';

vi.setConfig({ testTimeout: 120_000 });

const TO = ['south', 'south-edge', 'east'];
let world: SyncWorld;

beforeAll(async () => {
  world = await twice(() => startSyncWorld({ idcs: { north: [], south: ['south-edge'], east: [] } }));
});
afterAll(() => world.stop());

const push = async (repository: string, tag: string, labels: Record<string, string> = {}): Promise<string> =>
  (await pushImage(world.fleet.registries['north']?.directUrl ?? '', { repository, tag, labels, layerBytes: 1_000 }))
    .digest;
const apply = async (rule: { name: string; [field: string]: unknown }): Promise<void> =>
  world.rest('PUT', `/v1/sync-rules/${rule.name}`, rule);

async function until(what: () => Promise<boolean>): Promise<void> {
  await vi.waitUntil(what, { timeout: 60_000, interval: 100 });
}

async function schedules(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { scheduleId } of world.client.schedule.list()) ids.push(scheduleId);
  return ids.filter((id) => id.startsWith(RECONCILE_PREFIX)).toSorted();
}

/** Compares now. @returns what came of it */
async function compare(rule: string, every: string): Promise<Reconciled> {
  const schedule = world.client.schedule.getHandle(reconcileScheduleId(rule, every));
  const before = new Set(
    (await schedule.describe()).info.recentActions.map(({ action }) => action.workflow.workflowId),
  );
  const newest = async (): Promise<string | undefined> =>
    (await schedule.describe()).info.recentActions
      .map(({ action }) => action.workflow.workflowId)
      .find((id) => !before.has(id));
  // Runs are named by the second: one in the second of another is none.
  await vi.waitUntil(
    async () => {
      if ((await newest()) !== undefined) return true;
      await schedule.trigger();
      return false;
    },
    { timeout: 60_000, interval: 1_100 },
  );
  return world.client.workflow.getHandle((await newest()) ?? '').result() as Promise<Reconciled>;
}

test('a new rule is compared at once; what is missing is brought, and what it does not want is not', async () => {
  const wanted = await Promise.all(
    Array.from({ length: 12 }, async (_, n) => [`shop/app-${n}`, await push(`shop/app-${n}`, 'v1')] as const),
  );
  await push('shop/app-0', 'latest');
  await push('pay/app', 'v1');
  await apply({ name: 'shop', from: 'north', to: TO, images: [{ repository: 'shop/**', tags: ['v*'] }], every: '1h' });
  for (const [repository, digest] of wanted) {
    const all = Object.fromEntries(TO.map((name) => [name, digest]));
    await until(async () => JSON.stringify(await world.tags(repository, 'v1', TO)) === JSON.stringify(all));
  }
  expect(await world.tags('shop/app-0', 'latest', TO)).toEqual({ south: null, 'south-edge': null, east: null });
  expect(await world.tags('pay/app', 'v1', TO)).toEqual({ south: null, 'south-edge': null, east: null });
  expect(await schedules()).toEqual(['reconcile/shop/1h']);
  await until(async () => (await compare('shop', '1h')).asked === 0);
});

test('a tag that was moved where nobody told of it, and one that was lost, are found', async () => {
  const moved = await push('shop/app-1', 'v1', { again: 'yes' });
  const lost = (await world.tags('shop/app-2', 'v1', ['south']))['south'] ?? '';
  const { directUrl } = world.fleet.registries['south'] ?? { directUrl: '' };
  expect((await fetch(`${directUrl}/v2/shop/app-2/manifests/${lost}`, { method: 'DELETE' })).status).toBe(202);
  expect(await compare('shop', '1h')).toMatchObject({
    idcs: { south: { checked: 12, trouble: null }, east: { checked: 12, trouble: null } },
    asked: 2,
    late: 0,
  });
  expect(await world.tags('shop/app-1', 'v1', TO)).toEqual(Object.fromEntries(TO.map((name) => [name, moved])));
  expect(await world.tags('shop/app-2', 'v1', ['south'])).toEqual({ south: lost });
});

test('an IDC that does not answer keeps no other from it', async () => {
  const link = world.fleet.link('east/registry');
  await link.cut();
  const digest = await push('shop/app-3', 'v2');
  expect(await compare('shop', '1h')).toMatchObject({
    idcs: { south: { checked: 13, trouble: null }, east: { trouble: { code: 'REGISTRY_UNREACHABLE' } } },
    asked: 1,
  });
  expect(await world.tags('shop/app-3', 'v2', TO)).toEqual({ south: digest, 'south-edge': digest, east: null });
  await link.restore();
  expect(await compare('shop', '1h')).toMatchObject({ asked: 1 });
  expect(await world.tags('shop/app-3', 'v2', ['east'])).toEqual({ east: digest });
});

test('a replica that does not answer keeps its neighbour from nothing', async () => {
  const link = world.fleet.link('south-edge/registry');
  await link.cut();
  const digest = await push('shop/app-4', 'v2');
  expect(await compare('shop', '1h')).toMatchObject({
    idcs: {
      south: { checked: 14, missing: 1, trouble: { code: 'REGISTRY_UNREACHABLE' } },
      east: { checked: 14, trouble: null },
    },
    asked: 1,
  });
  expect(await world.tags('shop/app-4', 'v2', TO)).toEqual({ south: digest, 'south-edge': null, east: digest });
  await link.restore();
  expect(await compare('shop', '1h')).toMatchObject({ asked: 1 });
  expect(await world.tags('shop/app-4', 'v2', ['south-edge'])).toEqual({ 'south-edge': digest });
});

test('what waits for the window of its rule is asked for, and is neither late nor drift', async () => {
  const hour = (from: number): string => `${String((new Date().getUTCHours() + from) % 24).padStart(2, '0')}:00`;
  const rule = { name: 'later', from: 'north', to: ['east'], images: [{ repository: 'later/web' }], every: '1h' };
  await push('later/web', 'v1');
  await apply({ ...rule, priority: 'low', windows: [`${hour(6)}-${hour(7)} UTC`] });
  const open = async (): Promise<SyncList['syncs']> =>
    (await world.rest<SyncList>('GET', '/v1/syncs?repository=later/web&state=open')).syncs;
  await until(async () => (await open()).length === 1);
  const [sync] = await open();
  expect(sync).toMatchObject({ state: 'queued', priority: 'low' });
  const { askedAt = '', notBefore } = sync ?? {};
  expect(Date.parse(notBefore ?? '') - Date.parse(askedAt)).toBeGreaterThan(4 * 3_600_000);
  expect((await world.cli('image', 'status', 'later/web')).stdout).toContain('may begin at 2');
  const last = async (): Promise<SyncRuleView['comparison']> =>
    (await world.rest<SyncRuleView>('GET', '/v1/sync-rules/later')).comparison;
  await until(async () => (await last())?.late === 0);
  expect(await last()).toMatchObject({ by: 'schedule', asked: 1, driftSince: null });
  await world.rest('POST', '/v1/syncs/cancel', { image: `later/web@${sync?.digest ?? ''}` });
  expect((await fetch(`${world.api}/v1/sync-rules/later`, { method: 'DELETE' })).status).toBe(204);
});

test('a rule with another interval has one schedule, and one that is deleted has none', async () => {
  await apply({ name: 'shop', from: 'north', to: TO, images: [{ repository: 'shop/**' }], every: '2h' });
  await until(async () => (await schedules()).join() === 'reconcile/shop/2h');
  const response = await fetch(`${world.api}/v1/sync-rules/shop`, { method: 'DELETE' });
  expect(response.status).toBe(204);
  await until(async () => (await schedules()).length === 0);
});

// Scaling: a group gets more instances, or fewer.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP, shopApp } from '../../devfleet/shop.ts';
import type { InstanceRef } from '../../src/domain/types.ts';
import type { AppView } from '../../src/http/schemas/app.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import type { ReleasePlan } from '../../src/temporal/messages.ts';
import { KubernetesHands } from '../support/kubernetes-hands.ts';
import {
  applied,
  endOf,
  everywhere,
  expectAtRest,
  expectNoFailure,
  kept,
  PATIENCE,
  settledAfter,
  standingApp,
  temporalOf,
  uids,
  type ShopApp,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  await platform.push('v1', { igniteSeconds: 0.3 });
  // Long enough for all that is to be done meanwhile, on a busy machine too.
  await platform.push('v1-lazy', { igniteSeconds: 20 });
  await platform.push('v2', { igniteSeconds: 0.3 });
});

afterAll(() => platform.stop());

const ended = (id: string): Promise<Release> => endOf(platform, id);
const scale = async ({ app }: ShopApp, more: object): Promise<string> =>
  (await platform.rest<{ id: string }>('POST', '/v1/scales', { app, env: SHOP.env, ...more })).id;

/** At rest with so many instances, by the machines, the clusters and the catalogue. */
async function expectSize(shop: ShopApp, count: number, version = 'v1'): Promise<void> {
  await vi.waitFor(async () => expect(await shop.judge.serving()).toHaveLength(count), PATIENCE);
  await expectAtRest({ ...shop, members: await shop.judge.serving() }, version);
  const { groups } = await platform.rest<AppView>('GET', `/v1/apps/${shop.app}`);
  const [group] = groups;
  expect(group?.instances.map(({ member }) => member).sort()).toEqual(await shop.judge.serving());
  expect(group?.azSets.reduce((sum, set) => sum + set.count, 0)).toBe(count);
}

/** Four instances that take their time to ignite. */
async function lazyApp(name: string): Promise<ShopApp> {
  const shop = await applied(platform, name, everywhere(platform, 1));
  expect((await shop.released('v1-lazy')).state).toBe('SUCCESS');
  await shop.judge.mark();
  return shop;
}

async function instanceOf({ app }: ShopApp, name: string): Promise<InstanceRef> {
  const { groups } = await platform.rest<AppView>('GET', `/v1/apps/${app}`);
  const found = groups.flatMap(({ instances }) => instances).find((instance) => instance.name === name);
  if (found === undefined) throw new Error(`${app} has no ${name}`);
  return found;
}

function handsIn(idc: string): KubernetesHands {
  return new KubernetesHands(platform.fleet.idcs[idc]?.adminKubeconfig ?? '');
}

/** Somebody writes to the instance's pod. */
async function patched(shop: ShopApp, name: string, metadata: object): Promise<void> {
  const { azSet: set, member } = await instanceOf(shop, name);
  await handsIn(set.idc).patchPod({ set, member }, metadata);
}

test('8 → 11 → 5 under 100 requests a second, by the command line: none fails, what stays is left alone', async () => {
  const shop = await standingApp(platform, 'sized', everywhere(platform, 2));
  const { app, judge } = shop;
  const before = await uids(shop);
  const traffic = await shop.traffic(100);
  const cli = (...more: string[]) => platform.cli('scale', app, SHOP.group, '--env', SHOP.env, ...more);

  const more = await cli('--to', '11', '--dry-run', '--json');
  const [planned] = (JSON.parse(more.stdout) as ReleasePlan).groups;
  expect(planned).toMatchObject({ mode: 'scale', plan: { budget: [{ taken: 0, pass: true }] } });
  expect(planned?.plan.batches).toMatchObject([
    { index: 1, members: [{ name: 'web-8' }, { name: 'web-9' }, { name: 'web-10' }] },
  ]);
  expect(await uids(shop)).toEqual(before);
  expect(await cli('--to', '11', '--watch')).toMatchObject({ code: 0 });
  await expectSize(shop, 11);
  expect(kept(before, await uids(shop))).toEqual(before);
  // Each once, and in traffic only when it was ignited.
  const grown = await judge.starts();
  expect(Object.values(grown)).toEqual([['v1'], ['v1'], ['v1']]);
  expect(Math.min(...(await judge.routed()))).toBe(8);

  const less = await cli('--to', '5', '--dry-run');
  expect(less.stdout).toMatch(/goes .*5 desired.*11 serve − 6 taken = 5 ≥ \d+: pass/);
  expect(await cli('--to', '5', '--watch')).toMatchObject({ code: 0 });
  await expectSize(shop, 5);
  expect(kept(before, await uids(shop))).toEqual(await uids(shop));
  expect(await judge.starts()).toEqual(grown);
  expectNoFailure(await traffic.stop());

  // The app file may say what there is by now, and nothing else.
  const { groups } = await platform.rest<AppView>('GET', `/v1/apps/${app}`);
  const now = (groups[0]?.azSets ?? []).map(({ cluster, az, count }) => ({ cluster, az, instances: count }));
  await platform.rest('PUT', `/v1/apps/${app}`, shopApp(now, { app }));
  const other = now.map((place) => ({ ...place, instances: 9 }));
  const refused = await platform.rest('PUT', `/v1/apps/${app}`, shopApp(other, { app })).catch(String);
  expect(refused).toContain('SIZE_CHANGE_UNSUPPORTED');

  // A release goes to all that there are now.
  const released = await shop.released('v2');
  expect(released.groups[0]?.batches.flatMap(({ instances }) => instances)).toHaveLength(5);
  await expectSize(shop, 5, 'v2');
});

test('single places: what comes is there before anything goes', async () => {
  const shop = await standingApp(platform, 'sized-places', everywhere(platform, 2));
  const { app, judge } = shop;
  const [first, second] = everywhere(platform, 2).map(({ cluster, az }) => `${cluster}/${az}`);
  const to = ['--to', `${first ?? ''}=4`, '--to', `${second ?? ''}=0`];
  const traffic = await shop.traffic(50);
  expect(await platform.cli('scale', app, '--env', SHOP.env, ...to, '--watch')).toMatchObject({ code: 0 });
  await expectSize(shop, 8);
  expectNoFailure(await traffic.stop());
  expect(Math.min(...(await judge.routed()))).toBe(8);
  expect(Math.max(...(await judge.routed()))).toBe(10);
});

describe.concurrent('a scale that does not go through', () => {
  test('aborted while the new ones ignite: as before', async () => {
    const shop = await lazyApp('sized-abort');
    const before = await uids(shop);
    const traffic = await shop.traffic(50);
    const id = await scale(shop, { instances: 6 });
    await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length === 2, PATIENCE);
    const refused = await shop.command(id, 'rollback').catch((error: unknown) => String(error));
    expect(refused).toContain('COMMAND_ILLEGAL');
    await shop.command(id, 'abort');
    expect((await ended(id)).state).toBe('REVOKED');
    await expectSize(shop, 4, 'v1-lazy');
    expectNoFailure(await traffic.stop());
    expect(await uids(shop)).toEqual(before);
  });

  test('aborted while those that go are drained: they are in traffic again', async () => {
    const shop = await standingApp(platform, 'sized-drain', everywhere(platform, 1));
    const before = await uids(shop);
    const id = await scale(shop, { instances: 2, config: { drainSeconds: 60 } });
    await vi.waitUntil(async () => (await shop.judge.serving()).length === 2, PATIENCE);
    expect(
      await platform.rest('POST', '/v1/scales', { app: shop.app, env: SHOP.env, instances: 9 }).catch(String),
    ).toContain('GROUP_BUSY');
    await shop.command(id, 'abort');
    expect((await ended(id)).state).toBe('REVOKED');
    await expectSize(shop, 4);
    expect(await uids(shop)).toEqual(before);
  });

  test('a new one that does not ignite waits for a person; once it does it goes on', async () => {
    const shop = await lazyApp('sized-late');
    const id = await scale(shop, { instances: 5, config: { startupSeconds: 1 } });
    const held = await settledAfter(platform, id, 0);
    expect(held).toMatchObject({ state: 'ROLLOUT_FAILURE', trouble: { code: 'ROLLOUT_INCOMPLETE' } });
    expect(held.groups[0]?.trouble?.message).toContain('web-4');
    // It serves nobody.
    expect(await shop.judge.serving()).toHaveLength(4);
    // Whoever resumes too early is told so again.
    await vi.waitUntil(async () => (await shop.commanded(id, 'resume')).state === 'SUCCESS', PATIENCE);
    await expectSize(shop, 5, 'v1-lazy');
  });

  test('fewer would serve than must: it brakes, and nothing goes', async () => {
    const shop = await standingApp(platform, 'sized-brake', everywhere(platform, 1));
    const flag = (name: string, reason: string | null) =>
      patched(shop, name, {
        labels: { 'transship.dev/in-service': reason === null ? 'yes' : 'no' },
        annotations: { 'out.transship.dev/server': reason },
      });
    for (const name of ['web-0', 'web-1']) await flag(name, 'being looked at');
    await vi.waitUntil(async () => (await shop.judge.serving()).length === 2, PATIENCE);
    const [, , ...last] = everywhere(platform, 0);
    const id = await scale(shop, { places: last });
    const held = await settledAfter(platform, id, 0);
    expect(held).toMatchObject({ state: 'ROLLOUT_BRAKED', trouble: { code: 'CAPACITY_SHORT' } });
    expect(await shop.judge.running()).toHaveLength(4);
    for (const name of ['web-0', 'web-1']) await flag(name, null);
    await vi.waitUntil(async () => (await shop.judge.serving()).length === 4, PATIENCE);
    await shop.command(id, 'resume');
    expect((await ended(id)).state).toBe('SUCCESS');
    await expectSize(shop, 2);
  });

  test('what somebody has scaled by hand meanwhile is what it begins from', async () => {
    const shop = await standingApp(platform, 'sized-hand', everywhere(platform, 1));
    const { azSet } = await instanceOf(shop, 'web-0');
    await handsIn(azSet.idc).scaleSet(azSet, 4);
    await vi.waitUntil(async () => (await shop.judge.serving()).length === 7, PATIENCE);
    const { cluster, az } = azSet;
    const places = [{ cluster, az, instances: 2 }];
    const body = { app: shop.app, env: SHOP.env, places };
    const plan = await platform.rest<ReleasePlan>('POST', '/v1/scales?dryRun=true', body);
    expect(plan.groups[0]?.plan).toMatchObject({
      rounding: expect.stringContaining('4 → 2') as string,
      batches: [{ index: 2 }],
    });
    expect((await ended(await scale(shop, { places }))).state).toBe('SUCCESS');
    await expectSize(shop, 5);
  });

  test('terminated in the middle: repair finds what there is, and all of it serves', async () => {
    const shop = await lazyApp('sized-cut');
    const cut = await scale(shop, { instances: 6 });
    await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length === 2, PATIENCE);
    const client = await temporalOf(platform);
    await client.workflow.getHandle(`group/${SHOP.env}/${shop.app}/${SHOP.group}`).terminate('test');
    expect((await ended(cut)).state).toBe('FAILURE');
    const refused = await scale(shop, { instances: 8 }).catch((error: unknown) => String(error));
    expect(refused).toContain('GROUP_DIRTY');
    const repair = await platform.cli('repair', shop.app, SHOP.group, '--env', SHOP.env, '--json');
    expect((await ended((JSON.parse(repair.stdout) as { id: string }).id)).state).toBe('SUCCESS');
    await expectSize(shop, 6, 'v1-lazy');
    expect(Object.values(await shop.judge.starts())).toEqual([['v1-lazy'], ['v1-lazy']]);
  });

  test('what cannot be scaled is refused, and nothing changes', async () => {
    const refusal = (body: object): Promise<string> =>
      platform.rest('POST', '/v1/scales', body).then(
        () => 'accepted',
        (error: unknown) => String(error),
      );
    const shop = await standingApp(platform, 'sized-bad', everywhere(platform, 1));
    const { app } = shop;
    const { env } = SHOP;
    const before = await uids(shop);
    const [place] = everywhere(platform, 1);
    expect(await refusal({ app: 'nobody', env, instances: 2 })).toContain('APP_UNKNOWN');
    expect(await refusal({ app, env: 'moon', instances: 2 })).toContain('ENVIRONMENT_UNKNOWN');
    expect(await refusal({ app, env, group: 'api', instances: 2 })).toContain('GROUP_UNKNOWN');
    expect(await refusal({ app, env })).toContain('instances (a total) or places');
    expect(await refusal({ app, env, instances: 2, places: [place] })).toContain('instances (a total) or places');
    expect(await refusal({ app, env, instances: 0 })).toContain('instances');
    expect(await refusal({ app, env, places: [place, place] })).toContain('each place once');
    expect(await refusal({ app, env, places: [{ ...place, az: 'az-9' }] })).toContain('has no AzSet at');
    const none = everywhere(platform, 0);
    expect(await refusal({ app, env, places: none })).toContain('without any instance');
    expect(await refusal({ app, env, instances: 4 })).toContain('NOTHING_TO_DO');
    expect((await platform.cli('scale', app, '--env', env, '--to', 'many')).stderr).toContain('CLUSTER/AZ=6');
    expect((await platform.cli('scale', app, '--env', env, '--to', '3', '--to', '4')).code).not.toBe(0);

    const { azSet } = await instanceOf(shop, 'web-0');
    const removed = await handsIn(azSet.idc).createAutoscaler(azSet);
    expect(await refusal({ app, env, instances: 8 })).toContain('SIZE_AUTOMATIC');
    await removed();
    expect(await uids(shop)).toEqual(before);
    await expectAtRest(shop, 'v1');
  });
});

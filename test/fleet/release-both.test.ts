// Groups that live on Kubernetes and on Mesos at once: one plan, one budget, one progress.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SimHostsClient } from '../../devfleet/host/client.ts';
import { QUICK_MESOS } from '../../devfleet/parts/programs.ts';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import type { FleetShape } from '../../devfleet/shape.ts';
import { pushShop, SHOP } from '../../devfleet/shop.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import type { ReleasePlan } from '../../src/temporal/messages.ts';
import {
  endOf,
  everywhere,
  expectAtRest,
  expectNoFailure,
  floorOf,
  kept,
  PATIENCE,
  registriesOf,
  standingApp,
  uids,
  type ShopApp,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

/** In north the hosts run both at once, side by side on each machine; in south one AZ has moved and one has not. */
const SHAPE: FleetShape = {
  idcs: {
    north: { azs: { 'az-1': { hosts: 3, runs: 'both' } } },
    south: { azs: { 'az-1': { hosts: 2 }, 'az-2': { hosts: 3, runs: 'mesos' } } },
  },
  environments: [SHOP.env],
};

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true, shape: SHAPE, mesosClocks: QUICK_MESOS }));
  for (const version of ['v1', 'v2', 'v3']) await platform.push(version, { igniteSeconds: 0.3 });
  await platform.push('v2-slow', { igniteSeconds: 3 });
});

afterAll(() => platform.stop());

const ended = (id: string): Promise<Release> => endOf(platform, id);

/** Pods keep theirs over a release; tasks on Mesos, whose uids are no pods', never do. */
const isPod = (uid: string): boolean => !uid.startsWith(`${SHOP.env}_`);

/** How many containers were started on each version, in pods and in tasks of Mesos together. */
async function startsBy({ judge }: ShopApp): Promise<Record<string, number>> {
  const by = Map.groupBy(Object.values(await judge.starts()).flat(), (version) => version);
  return Object.fromEntries([...by].map(([version, of]) => [version, of.length]));
}

test('12 instances, half on each, under 200 requests a second: none fails, pods stay, tasks are made anew, once each', async () => {
  const shop = await standingApp(platform, 'both', everywhere(platform, 3));
  const { app, judge } = shop;
  const before = await uids(shop);
  const traffic = await shop.traffic(200);
  const plan = await platform.cli('release', 'plan', app, 'v2', '--env', SHOP.env, '--json');
  const [planned] = (JSON.parse(plan.stdout) as ReleasePlan).groups;
  expect(planned?.mode).toBe('mixed');
  expect(planned?.warnings.join()).toMatch(/north-marathon\/az-1, south-marathon\/az-2 .*container\.docker\.image/);

  const done = await shop.released('v2');
  expect(done.state).toBe('SUCCESS');
  expect(done.groups[0]?.batches.map(({ instances }) => instances.length)).toEqual([1, 3, 3, 3, 2]);
  await expectAtRest(shop, 'v2');
  expectNoFailure(await traffic.stop());
  expect(await startsBy(shop)).toEqual({ v2: 12 });
  expect(Math.min(...(await judge.routed())), await judge.trafficStory()).toBeGreaterThanOrEqual(floorOf(12));
  expect(kept(before, await uids(shop))).toEqual(before.filter(isPod));
  expect(before.filter(isPod)).toHaveLength(6);
});

describe.concurrent('a group on both', () => {
  test('a bad version brakes at the common budget, and a rollback restores both halves', async () => {
    const shop = await standingApp(platform, 'both-bad', everywhere(platform, 3));
    const { judge } = shop;
    const image = await pushShop(registriesOf(platform), 'v3-bad', { igniteSeconds: 0.3 });
    const spoiled = await spoil(shop, image);
    const before = await uids(shop);
    const traffic = await shop.traffic(200);
    const held = await shop.released('v3-bad');
    expect(held).toMatchObject({ state: 'ROLLOUT_BRAKED', trouble: { code: 'CAPACITY_SHORT' } });
    expect((await judge.serving()).length).toBeGreaterThanOrEqual(floorOf(12));

    await shop.command(held.id, 'rollback');
    expect((await ended(held.id)).state).toBe('REVOKED');
    await spoiled(false);
    await expectAtRest(shop, 'v1');
    expectNoFailure(await traffic.stop());
    expect(Math.min(...(await judge.routed())), await judge.trafficStory()).toBeGreaterThanOrEqual(floorOf(12));
    expect(kept(before, await uids(shop)).filter(isPod)).toHaveLength(6);
  });

  test('aborted in a batch that holds instances of both, and released and rolled back', async () => {
    const shop = await standingApp(platform, 'both-back', everywhere(platform, 2));
    const { judge } = shop;
    const traffic = await shop.traffic(50);
    const cut = await shop.release('v2-slow', { pauseSeconds: 60 });
    await vi.waitUntil(async () => ((await startsBy(shop))['v2-slow'] ?? 0) >= 3, PATIENCE);
    await shop.command(cut, 'abort');
    expect((await ended(cut)).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
    const starts = await startsBy(shop);
    expect(starts['v1']).toBe(starts['v2-slow']);
    expect(Math.min(...(await judge.routed())), await judge.trafficStory()).toBeGreaterThanOrEqual(floorOf(8));

    const bad = await shop.released('v2');
    expect(bad.state).toBe('SUCCESS');
    await judge.mark();
    const run = await platform.cli('release', 'rollback', bad.id, '--json');
    const back = await ended((JSON.parse(run.stdout) as { id: string }).id);
    expect(back).toMatchObject({ state: 'SUCCESS', version: 'v1' });
    await expectAtRest(shop, 'v1');
    expectNoFailure(await traffic.stop());
    expect(Math.min(...(await judge.routed())), await judge.trafficStory()).toBeGreaterThanOrEqual(4); // in halves
  });

  test('restarted, under a brake that a person pulls and lets go', async () => {
    const shop = await standingApp(platform, 'both-again', everywhere(platform, 2));
    const { app, judge } = shop;
    const before = await uids(shop);
    const traffic = await shop.traffic(50);
    const body = { app, env: SHOP.env, config: { gates: { batch: 'manual' } } };
    const { id } = await platform.rest<{ id: string }>('POST', '/v1/restarts', body);
    await vi.waitUntil(async () => (await shop.view(id)).state === 'BATCH_SUCCESS', PATIENCE);
    await shop.command(id, 'configure', { gates: { batch: 'automatic' } });
    await vi.waitUntil(async () => (await startsBy(shop))['v1'] !== undefined, PATIENCE);
    expect((await shop.commanded(id, 'brake')).waiting).not.toBe('');
    await shop.command(id, 'resume');
    expect((await ended(id)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v1');
    expectNoFailure(await traffic.stop());
    expect(await startsBy(shop)).toEqual({ v1: 8 });
    expect(kept(before, await uids(shop))).toEqual([]);
    expect(Math.min(...(await judge.routed())), await judge.trafficStory()).toBeGreaterThanOrEqual(floorOf(8));
  });

  test('what no agent has room for: why says what Marathon says of its offers, and an abort brings the old one back', async () => {
    const places = everywhere(platform, 1).filter(({ cluster }) => cluster.endsWith('-marathon'));
    const shop = await standingApp(platform, 'both-big', places);
    await shop.apply({ cpus: 64 });
    const id = await shop.release('v2');
    const why = async (): Promise<string> => (await platform.cli('why', shop.app)).stdout;
    await vi.waitFor(
      async () => expect(await why()).toMatch(/deploy takes \d+ s so far: .*InsufficientCpus/),
      PATIENCE,
    );
    await shop.command(id, 'abort');
    expect((await ended(id)).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
  });

  test('8 → 12 → 6: what comes and goes does so on both, what stays is left alone', async () => {
    const shop = await standingApp(platform, 'both-sized', everywhere(platform, 2));
    const { app, judge } = shop;
    const before = await uids(shop);
    const traffic = await shop.traffic(50);
    const scaled = (to: number) =>
      platform.cli('scale', app, SHOP.group, '--env', SHOP.env, '--to', `${to}`, '--watch');
    expect(await scaled(12)).toMatchObject({ code: 0 });
    await expectSize(shop, 12);
    expect(kept(before, await uids(shop))).toEqual(before);
    expect(await startsBy(shop)).toEqual({ v1: 4 });
    expect(Math.min(...(await judge.routed()))).toBe(8);
    expect(await scaled(6)).toMatchObject({ code: 0 });
    await expectSize(shop, 6);
    expect(kept(before, await uids(shop))).toEqual(await uids(shop));
    expectNoFailure(await traffic.stop());
    expect((await shop.released('v2')).state).toBe('SUCCESS');
    await expectSize(shop, 6, 'v2');
  });
});

/** At rest with so many instances, as many on Mesos as in pods. */
async function expectSize(shop: ShopApp, count: number, version = 'v1'): Promise<void> {
  await vi.waitFor(async () => expect(await shop.judge.serving()).toHaveLength(count), PATIENCE);
  await expectAtRest({ ...shop, members: await shop.judge.serving() }, version);
  expect((await uids(shop)).filter(isPod)).toHaveLength(count / 2);
}

/** Hosts on which the image cannot be pulled: all that run south's half on Mesos, and that of a pod there. */
async function spoil({ judge, memberOf }: ShopApp, image: string): Promise<(on: boolean) => Promise<void>> {
  const nodeOfPod = (await judge.running()).find(({ instance }) => instance === memberOf['web-2'])?.node ?? '';
  const hosts = new SimHostsClient(platform.fleet.idcs['south']?.hostsAdmin ?? '');
  const set = async (on: boolean): Promise<void> => {
    for (const node of [nodeOfPod, 'south-az-2-1', 'south-az-2-2', 'south-az-2-3']) {
      await hosts.fault({ kind: 'pull', node, image, on, error: 'not on this host' });
    }
  };
  await set(true);
  return set;
}

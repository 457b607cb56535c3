// Sets of which a pod is made only while all before it are Ready (OrderedReady): released one instance at a time, and converted.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SimHostsClient } from '../../devfleet/host/client.ts';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP, pushShop, shopApp } from '../../devfleet/shop.ts';
import type { AppView } from '../../src/http/schemas/app.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import type { ReleasePlan } from '../../src/temporal/messages.ts';
import {
  endOf,
  events,
  everywhere,
  expectNoFailure,
  PATIENCE,
  registriesOf,
  settledAfter,
  temporalOf,
  type Event,
} from '../support/shop-apps.ts';
import { handsIn, legacy, type Legacy } from '../support/strangers.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  for (const version of ['v1', 'v2', 'v3']) await platform.push(version, { igniteSeconds: 0.3 });
});

afterAll(() => platform.stop());

const { env, group } = SHOP;
const post = async (path: string, body: object): Promise<string> =>
  (await platform.rest<{ id: string }>('POST', path, body)).id;
const viewOf = (id: string): Promise<Release> => platform.rest<Release>('GET', `/v1/releases/${id}`);

/** A shop of ordered sets, taken over on v1. */
async function ordered(app: string, places = everywhere(platform, 2)): Promise<Legacy> {
  const shop = await legacy(platform, app, places, { ordered: true });
  expect((await endOf(platform, await post('/v1/adoptions', { app, env, version: 'v1' }))).state).toBe('SUCCESS');
  await shop.judge.mark();
  return shop;
}

async function policies({ places }: Legacy): Promise<string[]> {
  const found = places.map(async ({ cluster, set }) => {
    const at = { idc: '', az: '', cluster, namespace: env, name: set };
    const { spec } = (await handsIn(platform, cluster).readSet(at)).set;
    return spec?.podManagementPolicy ?? '';
  });
  return Promise.all(found);
}

async function expectResting({ judge, before }: Legacy, version: string): Promise<void> {
  await vi.waitFor(async () => expect(await judge.unrest()).toEqual([]), PATIENCE);
  await vi.waitFor(async () => expect(await judge.serving()).toHaveLength(before.length), PATIENCE);
  expect(await judge.versions()).toEqual({ [version]: before.length });
  expect(await judge.collisions()).toEqual([]);
}

/** The hosts started something in each pod once, and of each set from the last pod to the first. */
async function expectFromTheLast({ judge, places }: Legacy, version: string): Promise<void> {
  const starts = await judge.starts();
  for (const { set, instances } of places) {
    const here = Object.keys(starts).filter((pod) => pod.startsWith(`${set}-`));
    expect(here).toEqual(Array.from({ length: instances }, (_, i) => `${set}-${String(instances - 1 - i)}`));
    for (const pod of here) expect(starts[pod]).toEqual([version]);
  }
}

/** Of each set one is out at a time: it serves again before the next one is taken out. */
async function expectOneAtATime({ app }: Legacy, id: string): Promise<void> {
  const { groups } = await platform.rest<AppView>('GET', `/v1/apps/${app}`);
  const sets = new Map(groups.flatMap(({ instances }) => instances.map(({ name, azSet }) => [name, azSet.name])));
  const isTurn = ({ step, outcome }: Event): boolean =>
    (step === 'takeOut' && outcome === 'begun') || (step === 'putIn' && outcome === 'done');
  const turns = (await events(platform, id, 0)).filter(isTurn);
  for (const [set, own] of Map.groupBy(turns, ({ instance }) => sets.get(instance ?? ''))) {
    expect(set).toBeDefined();
    for (const [at, { step, instance }] of own.entries()) {
      expect(step).toBe(at % 2 === 0 ? 'takeOut' : 'putIn');
      if (at % 2 === 1) expect(instance).toBe(own[at - 1]?.instance);
    }
  }
}

// At the same time: the second one waits for a kubelet's back-off.
test.concurrent(
  '8 instances in place, in new pods, scaled, converted, and then batch by batch, under 100 requests a second: none fails',
  async () => {
    const shop = await ordered('ordered');
    const { app, judge, places } = shop;
    const traffic = await shop.traffic(100);
    const release = async (version: string, config = {}): Promise<string> => {
      const id = await post('/v1/releases', { app, env, version, config });
      expect(await endOf(platform, id)).toMatchObject({ state: 'SUCCESS' });
      return id;
    };

    const body = { app, env, version: 'v2', config: { batchPercent: 50 } };
    const plan = await platform.rest<ReleasePlan>('POST', '/v1/releases?dryRun=true', body);
    expect(plan.groups[0]?.warnings.join()).toMatch(/is OrderedReady: one instance of it at a time.*transship convert/);
    for (const { members } of plan.groups[0]?.plan.batches ?? [])
      expect(new Set(members.map(({ azSet }) => azSet.name)).size).toBe(members.length);
    const inPlace = await release('v2', { batchPercent: 50 });
    await expectResting(shop, 'v2');
    await expectFromTheLast(shop, 'v2');
    await expectOneAtATime(shop, inPlace);
    expect(await judge.identities()).toEqual(shop.before);

    await judge.mark();
    await platform.rest('PUT', `/v1/apps/${app}`, shopApp(places, { app, environment: { NEW: 'yes' } }));
    const anew = await release('v3', { batchPercent: 50 });
    await expectResting(shop, 'v3');
    await expectFromTheLast(shop, 'v3');
    await expectOneAtATime(shop, anew);

    for (const count of [12, 8]) {
      const scale = await post('/v1/scales', { app, env, group, instances: count });
      expect(await endOf(platform, scale)).toMatchObject({ state: 'SUCCESS' });
      await vi.waitFor(async () => expect(await judge.serving()).toHaveLength(count), PATIENCE);
    }

    await judge.mark();
    const convert = ['convert', app, '--env', env];
    const dry = await platform.cli(...convert, '--dry-run');
    expect(dry.stdout).toContain('convert: its sets are made anew under their instances');
    const pods = await judge.identities();
    expect(await platform.cli(...convert, '--watch')).toMatchObject({ code: 0 });
    expect(await policies(shop)).toEqual(places.map(() => 'Parallel'));
    expect(await judge.identities()).toEqual(pods);
    expect(await judge.starts()).toEqual({});
    expect((await platform.cli(...convert)).stderr).toContain('NOTHING_TO_DO');
    const after = await platform.rest<ReleasePlan>('POST', '/v1/releases?dryRun=true', { ...body, version: 'v1' });
    expect(after.groups[0]?.warnings.join()).not.toContain('OrderedReady');
    await release('v1', { batchPercent: 50 });
    await expectResting(shop, 'v1');
    expectNoFailure(await traffic.stop());
  },
);

test.concurrent(
  'one that fails stops it: what comes before in its set is left alone; resume tries that one again, and goes on',
  async () => {
    const [place] = everywhere(platform, 4);
    if (place === undefined) throw new Error('no place');
    const shop = await ordered('ordered-stop', [place]);
    const { app, judge, places } = shop;
    const set = places[0]?.set ?? '';
    const hostsOf = Object.values(platform.fleet.idcs).find(({ name }) => place.cluster === `${name}-k8s`)?.hostsAdmin;
    const hosts = new SimHostsClient(hostsOf ?? '');
    const nodes = new Map((await hosts.instances()).map(({ instance, node }) => [instance, node]));
    const order = [3, 2, 1, 0].map((ordinal) => `${set}-${String(ordinal)}`);
    const bastion = nodes.get(order[0] ?? '');
    // The first whose host is not the one of the bastion, and of the others.
    const at = order.findIndex((pod) => nodes.get(pod) !== bastion);
    expect([1, 2]).toContain(at);
    const image = await pushShop(registriesOf(platform), 'v4', { igniteSeconds: 0.3 });
    const fault = { kind: 'pull', node: nodes.get(order[at] ?? '') ?? '', image, error: 'out of reach' } as const;

    await hosts.fault({ ...fault, on: true });
    const id = await post('/v1/releases', { app, env, version: 'v4' });
    const stopped = await settledAfter(platform, id, 0);
    expect(stopped).toMatchObject({ state: 'ROLLOUT_FAILURE', groups: [{ trouble: { code: 'ORDER_STOPPED' } }] });
    expect(Object.keys(await judge.starts())).toEqual(order.slice(0, at));
    expect((await platform.cli('why', app, '--env', env)).stdout).toContain('is made in order, so nothing before');
    expect(await judge.versions()).toMatchObject({ v1: order.length - at - 1 });

    await hosts.fault({ ...fault, on: false });
    // A kubelet that has failed to pull tries again after a while.
    await vi.waitUntil(async () => Object.keys(await judge.starts()).length === at + 1, PATIENCE);

    await platform.rest('POST', `/v1/releases/${id}/commands`, { command: 'resume' });
    expect(await endOf(platform, id)).toMatchObject({ state: 'SUCCESS' });
    await expectResting(shop, 'v4');
    expect(Object.keys(await judge.starts())).toEqual(order);
    expect(await judge.identities()).toEqual(shop.before);
  },
);

describe('a conversion that does not go through', () => {
  /** Stops it when the sets of one IDC are converted, and those of the other wait for their controllers. */
  async function halfWay(app: string, stop: (id: string) => Promise<void>): Promise<Release> {
    const controllers = platform.fleet.idcs['south']?.process('kube-controller-manager');
    controllers?.pause();
    try {
      const id = await post('/v1/conversions', { app, env });
      const isHalf = async (): Promise<boolean> => {
        const told = await events(platform, id, 0);
        const count = (outcome: string): number =>
          told.filter((event) => event.step === 'convertSet' && event.outcome === outcome).length;
        return count('done') === 2 && count('begun') === 3;
      };
      await vi.waitUntil(isHalf, PATIENCE);
      await stop(id);
      controllers?.resume();
      return await endOf(platform, id);
    } finally {
      controllers?.resume();
    }
  }

  test('aborted half way: its sets are what they were, and no instance has noticed', async () => {
    const shop = await ordered('ordered-abort', everywhere(platform, 1));
    const { app, judge, places } = shop;
    const abort = async (id: string): Promise<void> => {
      await platform.rest('POST', `/v1/releases/${id}/commands`, { command: 'abort' });
      await vi.waitUntil(async () => (await viewOf(id)).state === 'REVOKING', PATIENCE);
    };
    expect(await halfWay(app, abort)).toMatchObject({ state: 'REVOKED', trouble: null });
    expect(await policies(shop)).toEqual(places.map(() => 'OrderedReady'));
    await expectResting(shop, 'v1');
    expect(await judge.identities()).toEqual(shop.before);
    expect(await judge.starts()).toEqual({});
  });

  test.each([
    ['back', 'OrderedReady'],
    ['forward', 'Parallel'],
  ])('terminated half way, and repaired without its history: %s', async (way, policy) => {
    const shop = await ordered(`ordered-${way}`, everywhere(platform, 1));
    const { app, judge, places } = shop;
    const client = await temporalOf(platform);
    const cut = await halfWay(app, async () => {
      await client.workflow.getHandle(`group/${env}/${app}/${group}`).terminate('test');
    });
    expect(cut.state).toBe('FAILURE');
    const repair = await platform.cli('repair', app, group, '--env', env, `--${way}`, '--json');
    expect((await endOf(platform, (JSON.parse(repair.stdout) as { id: string }).id)).state).toBe('SUCCESS');
    expect(await policies(shop)).toEqual(places.map(() => policy));
    await expectResting(shop, 'v1');
    expect(await judge.identities()).toEqual(shop.before);
    expect(await judge.starts()).toEqual({});
  });
});

// A release of a group, half on Mesos, that is served by Services and records, and by a load balancer beside the clusters.
import { appendFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { startFleet, type Devfleet, type FleetShape } from '../../devfleet/index.ts';
import { QUICK_MESOS } from '../../devfleet/parts/programs.ts';
import { startPlatformOn, type Platform } from '../../devfleet/platform.ts';
import { SHOP } from '../../devfleet/shop.ts';
import { startTraffic } from '../../devfleet/traffic/index.ts';
import type { AppView } from '../../src/http/schemas/app.ts';
import { marathonAzSetDriver } from '../../src/drivers/azset/marathon/index.ts';
import { openMarathonCluster } from '../../src/drivers/marathon/cluster.ts';
import { discover, type Addressed } from '../support/discovery.ts';
import { addressesOf } from '../support/marathon-world.ts';
import { balancerSettings, startHttpBalancer, type HttpBalancer } from '../support/http-balancer.ts';
import { KubernetesHands } from '../support/kubernetes-hands.ts';
import {
  endOf,
  everywhere,
  expectAtRest,
  expectNoFailure,
  PATIENCE,
  standingApp,
  type ShopApp,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

const SHAPE: FleetShape = {
  idcs: { north: { azs: { 'az-1': { hosts: 2 }, 'az-2': { hosts: 2, runs: 'mesos' } } } },
  environments: [SHOP.env],
};

/** What a pod's name and namespace say enough without. */
const SET = { idc: '', az: '', cluster: '', namespace: SHOP.env, name: '' };
const SERVICE = `shop-${SHOP.group}`;

let platform: Platform;
let balancer: HttpBalancer;
let hands: KubernetesHands;
let shop: ShopApp;
/** Pods that the load balancer is not told of. */
const hidden = new Set<string>();
const atEnd: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const fleet = await twice(() => startFleet({ shape: SHAPE, mesosClocks: QUICK_MESOS, headless: true }));
  atEnd.push(() => fleet.stop());
  balancer = await startHttpBalancer();
  atEnd.push(() => balancer.stop());
  const trafficDrivers = [{ name: 'service', kind: 'kubernetes-service' }, balancerSettings(balancer)];
  await appendFile(fleet.fleetFile, stringify({ trafficDrivers }));
  platform = await startPlatformOn(fleet, {});
  await platform.push('v1', { igniteSeconds: 0.5 });
  await platform.push('v2', { igniteSeconds: 0.5 });
  hands = new KubernetesHands(fleet.idcs['north']?.adminKubeconfig ?? '');
  const tasks = await tasksOf(fleet);
  const addresses = async () => [...(await hands.addresses(SHOP.env)), ...(await tasks())];
  const discovery = discover(addresses, async (service, member, address) => {
    if (!hidden.has(member)) balancer.add(service, member, SHOP.port, address);
  });
  atEnd.push(() => discovery.stop());
  shop = await standingApp(platform, 'shop', everywhere(platform, 2), { traffic: ['service', 'slb'] });
});

afterAll(async () => {
  for (const end of atEnd.reverse()) await end();
});

beforeEach(() => {
  balancer.calls.length = 0;
});

/** Addresses of tasks: of the sets that the platform says the app has. */
async function tasksOf({ idcs, fleetFile }: Devfleet): Promise<() => Promise<Addressed[]>> {
  const { mesos, registry } = idcs['north'] ?? {};
  if (mesos === undefined || mesos === null || registry === undefined) throw new Error(`no Mesos in ${fleetFile}`);
  const [name, network] = ['north-marathon', mesos.network];
  const cluster = openMarathonCluster({ name, network, urls: mesos.marathon, mesos: { urls: mesos.masters } });
  atEnd.push(() => cluster.close());
  const driver = marathonAzSetDriver({ cluster, imageHost: registry.host });
  return async () => {
    const { groups } = await platform.rest<AppView>('GET', '/v1/apps/shop').catch(() => ({ groups: [] }));
    const subjects = groups.flatMap(({ group, azSets }) =>
      azSets.map((set) => ({ set, group: { env: SHOP.env, app: 'shop', group } })),
    );
    return addressesOf(
      driver,
      subjects.filter(({ set }) => set.cluster === name),
    );
  };
}

/** What the load balancer was told, in order. */
const told = (): string[] => balancer.calls.filter((call) => !call.startsWith('status'));

test('each instance leaves both before it is replaced, and comes back to both: no request fails on either way', async () => {
  const clients = await Promise.all([
    shop.traffic(50),
    startTraffic({ url: `${balancer.url}/${SERVICE}/`, rate: 50, timeoutMs: 30_000 }),
  ]);
  expect((await shop.released('v2')).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v2');
  for (const client of clients) {
    const report = await client.stop();
    expectNoFailure(report);
    expect(Object.keys(report.versions)).toEqual(['v1', 'v2']);
  }
  expect(shop.members).toHaveLength(4);
  for (const member of shop.members) {
    const own = told().filter((call) => call.endsWith(`/${member}`));
    expect(own).toEqual([`pullOut ${SERVICE}/${member}`, `pullIn ${SERVICE}/${member}`]);
    expect(balancer.isIn(SERVICE, member)).toBe(true);
  }
});

test('a load balancer that fails for a while holds the release up and loses no request', async () => {
  balancer.fail('pullOut', { kind: 'status', status: 503, text: 'reloading' }, 3);
  const clients = await Promise.all([
    shop.traffic(50),
    startTraffic({ url: `${balancer.url}/${SERVICE}/`, rate: 50, timeoutMs: 30_000 }),
  ]);
  const release = await shop.released('v1');
  expect(release.state).toBe('SUCCESS');
  await expectAtRest(shop, 'v1');
  for (const client of clients) expectNoFailure(await client.stop());
  // The fourth attempt was the first that was understood.
  expect(told().filter((call) => call.startsWith('pullOut'))).toHaveLength(4);
  const { events } = await platform.rest<{ events: { message: string }[] }>(
    'GET',
    `/v1/releases/${release.id}/events?limit=1000`,
  );
  const failed = events.filter(({ message }) => message.includes('traffic driver slb: POST'));
  expect(failed.map(({ message }) => message)).toEqual(
    Array.from({ length: 3 }, () => expect.stringMatching(/take out web-\d.*503 reloading/) as string),
  );
});

test('an abort brings back an instance that was reborn while it was out: only the load balancer knows that it is', async () => {
  const { id, state } = await shop.released('v2', { gates: { rollout: 'manual' } });
  expect(state).toBe('BAKE_SUCCESS');
  const bastion = shop.memberOf['web-0'] ?? '';
  // As a step leaves it that took the instance out, and died with its pod.
  const answer = await fetch(`${balancer.api}/op/pullOut`, {
    method: 'POST',
    headers: { authorization: `Bearer ${balancer.token}` },
    body: JSON.stringify({ group: SERVICE, server: bastion }),
  });
  expect(answer.status).toBe(200);
  const uid = (await hands.podUid({ set: SET, member: bastion, uid: '' })) ?? '';
  await hands.deletePod({ set: SET, member: bastion, uid });
  await vi.waitUntil(async () => (await shop.judge.serving()).length === shop.members.length, PATIENCE);
  await vi.waitFor(async () => expect(await shop.judge.versions()).toEqual({ v1: shop.members.length }), PATIENCE);
  expect(balancer.isIn(SERVICE, bastion)).toBe(false);

  await shop.command(id, 'abort');
  expect((await endOf(platform, id)).state).toBe('REVOKED');
  await expectAtRest(shop, 'v1');
  for (const member of shop.members) expect([member, balancer.isIn(SERVICE, member)]).toEqual([member, true]);
});

test('an instance that the load balancer does not know holds up no abort of the others', async () => {
  const { id, state } = await shop.released('v2', { batchPercent: 50, gates: { rollout: 'manual' } });
  expect(state).toBe('BAKE_SUCCESS');
  const unknown = shop.memberOf['web-3'] ?? '';
  hidden.add(unknown);
  balancer.remove(SERVICE, unknown);
  await shop.command(id, 'abort');
  expect((await endOf(platform, id)).state).toBe('REVOKED');
  expect(balancer.isIn(SERVICE, unknown)).toBe(false);
  await expectAtRest(shop, 'v1');
});

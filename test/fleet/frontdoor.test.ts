import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api, KubeConfig, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { frontDoorClient } from '../../devfleet/frontdoor/client.ts';
import type { FrontDoorClient } from '../../devfleet/frontdoor/client.ts';
import { SimHostsClient } from '../../devfleet/host/client.ts';
import { startFleet } from '../../devfleet/index.ts';
import type { Devfleet, DevfleetIdc } from '../../devfleet/index.ts';
import { pushShop, SHOP } from '../../devfleet/shop.ts';
import { startTraffic } from '../../devfleet/traffic/index.ts';
import { twice } from '../support/twice.ts';

const SERVICE = 'pro/web';
const IN_SERVICE = 'transship.dev/in-service';
const PODS = { north: 3, south: 2 };

let fleet: Devfleet;
let door: FrontDoorClient;
let url: string;

beforeAll(async () => {
  const azs = { 'az-1': { hosts: 2 } };
  fleet = await twice(() =>
    startFleet({
      headless: true,
      shape: { idcs: { north: { azs }, south: { azs } }, environments: ['pro'] },
    }),
  );
  door = frontDoorClient(fleet.frontDoor.admin);
  url = `${fleet.frontDoor.url}/pro/web/`;
  for (const version of ['v1', 'v2']) await pushVersion(version);
  for (const [idc, count] of Object.entries(PODS)) {
    for (const object of [service(), statefulSet(idcOf(idc), count)]) await objects(idcOf(idc)).create(object);
  }
  await vi.waitUntil(async () => (await door.endpoints(SERVICE)).length === 5, { timeout: 60_000, interval: 100 });
});

afterAll(() => fleet.stop());

async function pushVersion(version: string): Promise<void> {
  const registries = Object.values(fleet.idcs).map(({ registry }) => registry.directUrl);
  await pushShop(registries, version, { igniteSeconds: 0 });
}

function idcOf(name: string): DevfleetIdc {
  const idc = fleet.idcs[name];
  if (idc === undefined) throw new Error(`no IDC ${name}`);
  return idc;
}

function kube(idc: DevfleetIdc): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(idc.adminKubeconfig);
  return config;
}

const objects = (idc: DevfleetIdc) => KubernetesObjectApi.makeApiClient(kube(idc));
const image = (idc: DevfleetIdc, version: string) => `${idc.registry.host}/${SHOP.repository}:${version}`;

/** Plain JSON, as it goes over the wire; not the client library's classes. */
function asSent(object: unknown): KubernetesObject {
  return object as KubernetesObject;
}

function service(): KubernetesObject {
  const spec = { selector: { app: 'web', [IN_SERVICE]: 'yes' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
  return asSent({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'pro' }, spec });
}

function statefulSet(idc: DevfleetIdc, replicas: number): KubernetesObject {
  const container = {
    name: 'web',
    image: image(idc, 'v1'),
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1, failureThreshold: 1 },
  };
  const spec = {
    replicas,
    podManagementPolicy: 'Parallel',
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web', [IN_SERVICE]: 'yes' } },
      spec: { terminationGracePeriodSeconds: 2, containers: [container] },
    },
  };
  const metadata = { name: 'web', namespace: 'pro' };
  return asSent({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec });
}

const readPod = (idc: DevfleetIdc, name: string): Promise<V1Pod> =>
  kube(idc).makeApiClient(CoreV1Api).readNamespacedPod({ name, namespace: 'pro' });

async function patchPod(idc: DevfleetIdc, name: string, change: { labels?: object; spec?: object }): Promise<void> {
  const { labels = {}, spec } = change;
  await objects(idc).patch(
    asSent({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'pro', labels }, spec }),
    undefined,
    undefined,
    undefined,
    undefined,
    PatchStrategy.StrategicMergePatch,
  );
}

const setInService = (idc: DevfleetIdc, pod: string, value: 'yes' | 'no') =>
  patchPod(idc, pod, { labels: { [IN_SERVICE]: value } });

/** Another image for the container in place: the kubelet kills it and starts the new one. */
async function replace(idc: DevfleetIdc, name: string, version: string): Promise<void> {
  const restarts = async () => (await readPod(idc, name)).status?.containerStatuses?.[0]?.restartCount ?? 0;
  const before = await restarts();
  await patchPod(idc, name, { spec: { containers: [{ name: 'web', image: image(idc, version) }] } });
  await expect.poll(restarts, { timeout: 20_000 }).toBe(before + 1);
  const isReady = async () =>
    (await readPod(idc, name)).status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  await expect.poll(isReady, { timeout: 20_000 }).toBe('True');
}

const routed = async (address: string) =>
  (await door.endpoints(SERVICE)).some((endpoint) => endpoint.address === address);

test('requests go round robin over the pods of both clusters, and each answers for itself', async () => {
  const endpoints = await door.endpoints(SERVICE);
  expect(endpoints.map(({ cluster, pod }) => `${cluster}/${String(pod)}`).sort()).toEqual([
    'north/web-0',
    'north/web-1',
    'north/web-2',
    'south/web-0',
    'south/web-1',
  ]);
  const answers = new Set<string>();
  for (let i = 0; i < endpoints.length; i++) {
    const { headers, body } = await request(url);
    const answer = (await body.json()) as { address: string; version: string };
    expect(answer).toMatchObject({ address: headers['x-endpoint'], version: 'v1' });
    answers.add(answer.address);
  }
  expect([...answers].sort()).toEqual(endpoints.map(({ address }) => address).sort());
});

test('a pod whose label is taken away leaves the routing set, and comes back with it', async () => {
  const north = idcOf('north');
  const address = (await readPod(north, 'web-1')).status?.podIP ?? '';
  const after = (await door.journal()).length;
  await setInService(north, 'web-1', 'no');
  await expect.poll(() => routed(address)).toBe(false);
  await setInService(north, 'web-1', 'yes');
  await expect.poll(() => routed(address)).toBe(true);
  expect(await door.journal(after)).toMatchObject([
    { seq: after + 1, service: SERVICE, added: [], removed: [address], count: 4 },
    { seq: after + 2, service: SERVICE, added: [address], removed: [], count: 5 },
  ]);
});

test('200 requests a second, and none fails while pods are pulled out, replaced and pulled in', async () => {
  const north = idcOf('north');
  const after = (await door.journal()).length;
  const traffic = await startTraffic({ url, rate: 200 });
  for (const pod of ['web-0', 'web-1', 'web-2']) {
    const address = (await readPod(north, pod)).status?.podIP ?? '';
    await setInService(north, pod, 'no');
    await expect.poll(() => routed(address)).toBe(false);
    await sleep(300);
    await replace(north, pod, 'v2');
    await setInService(north, pod, 'yes');
    await expect.poll(() => routed(address)).toBe(true);
  }
  await sleep(1000);
  const report = await traffic.stop();
  expect(report.firstFailures).toEqual([]);
  expect(report.failures).toBe(0);
  const { v1 = 0, v2 = 0 } = report.versions;
  expect(Math.min(v1, v2)).toBeGreaterThan(0);
  expect(v1 + v2).toBe(report.requests);
  expect(report.requests / report.seconds).toBeCloseTo(200, -1);
  expect(Math.min(...(await door.journal(after)).map(({ count }) => count))).toBe(4);
});

test('a pod that is replaced in traffic costs requests: the door checks no health, and the client counts', async () => {
  const south = idcOf('south');
  const hosts = new SimHostsClient(south.hostsAdmin);
  // For a second nothing listens, and for 0.75 s of it the kubelet cannot say so: the slices still name the pod.
  const version = `v3-${Date.now()}`;
  await pushVersion(version);
  await hosts.fault({ kind: 'pull', image: version, on: true, delayMs: 1000 });
  await hosts.fault({ kind: 'fail-status', namespace: 'pro', pod: 'web-0', count: 3 });
  const traffic = await startTraffic({ url, rate: 200 });
  await replace(south, 'web-0', version);
  const { failures, firstFailures } = await traffic.stop();
  expect(failures).toBeGreaterThan(0);
  const address = (await readPod(south, 'web-0')).status?.podIP ?? '';
  for (const { error } of firstFailures) expect(error).toContain(`502 ${address}:8080`);
});

test('a Service without endpoints is 503', async () => {
  const { statusCode, body } = await request(`${fleet.frontDoor.url}/pro/nobody/`);
  expect({ statusCode, text: await body.text() }).toEqual({ statusCode: 503, text: 'pro/nobody has no endpoint\n' });
});

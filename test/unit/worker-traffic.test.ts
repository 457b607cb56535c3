import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseFleet } from '../../src/domain/fleet.ts';
import { type Cluster, openCluster } from '../../src/drivers/kubernetes/cluster.ts';
import { openMarathonCluster } from '../../src/drivers/marathon/cluster.ts';
import { clusterTraffic, kubernetesWays, marathonWays } from '../../src/worker/traffic.ts';
import { FLEET } from './domain/fixtures.ts';

const DRIVERS = `trafficDrivers:
  - { name: service, kind: kubernetes-service }
  - { name: edge, kind: haproxy, processes: [{ socket: '127.0.0.1:1', idc: north }] }
  - name: slb
    kind: http
    url: http://127.0.0.1:1
    drain: { path: /out }
    undrain: { path: /in }
    isDrained: { path: /is }
`;
const KUBECONFIG = `
apiVersion: v1
kind: Config
current-context: one
contexts: [{ name: one, context: { cluster: one, user: me } }]
clusters: [{ name: one, cluster: { server: 'http://127.0.0.1:1' } }]
users: [{ name: me, user: {} }]
`;

const fleet = parseFleet(`${FLEET}${DRIVERS}`, {}, 'fleet.yml');
let folder: string;
let cluster: Cluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transship-worker-'));
  await writeFile(join(folder, 'kubeconfig'), KUBECONFIG);
  cluster = openCluster({ name: 'north-1', kubeconfig: join(folder, 'kubeconfig') });
});
afterAll(async () => {
  await cluster.close();
  await rm(folder, { recursive: true });
});

test('a group is served by the drivers that it lists; one that says none, by the first of the fleet file', () => {
  const traffic = clusterTraffic(fleet, 'north', kubernetesWays(cluster));
  expect(traffic(['service']).keepsOwners).toBe(true);
  expect(traffic(['edge']).keepsOwners).toBe(false);
  expect(traffic(['slb']).keepsOwners).toBe(false);
  expect(traffic(['slb', 'service']).keepsOwners).toBe(true);
  expect(traffic()).toBe(traffic(['service']));
});

test('one driver serves all who ask for it, so that they share reads', () => {
  const traffic = clusterTraffic(fleet, 'north', kubernetesWays(cluster));
  expect(traffic(['edge'])).toBe(traffic(['edge']));
});

test('a driver that is not there, or not in this IDC, is told by name', () => {
  const traffic = clusterTraffic(fleet, 'south', kubernetesWays(cluster));
  expect(() => traffic(['service', 'egde'])).toThrow(/no traffic driver "egde".*service, edge, slb/);
  expect(() => traffic(['edge'])).toThrow('traffic driver "edge" has no HAProxy process for IDC south');
});

test('on Marathon the flags of the cluster itself are kept in the record of the set; load balancers are the same', async () => {
  const marathon = openMarathonCluster({ name: 'north-m', urls: ['http://127.0.0.1:1'], network: 'routable' });
  const traffic = clusterTraffic(fleet, 'north', marathonWays(marathon));
  expect(traffic(['service']).keepsOwners).toBe(true);
  expect(traffic(['edge']).keepsOwners).toBe(false);
  expect(traffic(['slb', 'service']).keepsOwners).toBe(true);
  await marathon.close();
});

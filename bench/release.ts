import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { startPlatform, type Platform } from '../devfleet/platform.ts';
import { SHOP } from '../devfleet/shop.ts';
import { openCatalogue } from '../src/catalogue/index.ts';
import { planBatches } from '../src/domain/plan.ts';
import { kubernetesAzSetDriver } from '../src/drivers/azset/kubernetes/index.ts';
import { openCluster } from '../src/drivers/kubernetes/cluster.ts';
import { kubernetesServiceTraffic } from '../src/drivers/traffic/kubernetes/index.ts';
import { groupWorkflowId } from '../src/temporal/names.ts';
import { bareRelease } from './release/bare.ts';
import { callsBetween } from './release/audit.ts';
import { RollingUpdate } from './release/rolling-update.ts';
import { type BenchContext, type Figures, ratio } from './harness/index.ts';

export const description =
  '40 instances, ignition 1 s, 25 % batches: against the floor, a bare script, and the StatefulSet controller';

const INSTANCES = 40;
const BATCH_PERCENT = 25;
const IGNITE_SECONDS = 1;
const REF = { env: SHOP.env, app: SHOP.app, group: SHOP.group };

export async function run({ rounds, resources, series, note, signal }: BenchContext): Promise<Figures> {
  const platform = await startPlatform({
    shape: { idcs: { north: { azs: { 'az-1': { hosts: 4 } } } }, environments: [SHOP.env] },
    onProgress: note,
  });
  resources.defer(() => platform.stop());
  const north = platform.fleet.idcs['north'];
  if (north === undefined) throw new Error('the fleet has no IDC north');
  for (const version of ['v1', 'v2']) await platform.push(version, { igniteSeconds: IGNITE_SECONDS });
  // Ignition is the gate of a release; the peer has no other than the kubelet's readiness probe.
  await platform.applyShop([{ cluster: 'north-k8s', az: 'az-1', instances: INSTANCES }], { readinessProbe: false });
  await succeed(platform, 'v1');

  const catalogue = await openCatalogue(platform.fleet.catalogue.directUrl);
  resources.defer(() => catalogue.close());
  const cluster = openCluster({ name: 'bench', kubeconfig: north.adminKubeconfig });
  resources.defer(() => cluster.close());
  const azSets = kubernetesAzSetDriver({ cluster, imageHost: north.registry.host });
  const traffic = kubernetesServiceTraffic({ cluster });

  const group = await catalogue.groups.get(REF);
  const spec = group?.released;
  const set = group?.azSets[0];
  if (group === null || spec === null || spec === undefined || set === undefined)
    throw new Error('the group was not created');
  const plan = planBatches(
    group.instances.map((instance) => ({ instance, serving: true })),
    { batchPercent: BATCH_PERCENT },
  );

  const floor = series(`floor: ${plan.batches.length} batches × ${IGNITE_SECONDS} s ignition`, 's');
  floor.add(plan.batches.length * IGNITE_SECONDS);
  const bare = series('the same drivers in a bare script', 's', [floor]);
  const peer = series('StatefulSet RollingUpdate', 's', [floor]);
  const own = series('Transship', 's', [floor, bare, peer]);
  const calls = series('Kubernetes calls an instance', '');
  const events = series('history events an instance', '');

  const rolling = new RollingUpdate(cluster.api, SHOP.env, INSTANCES, spec.template);
  const image = (version: string): string => `${north.registry.host}/${SHOP.repository}:${version}`;
  await rolling.create(image('v1'));
  await using client = await temporal(platform);

  // v2 and back, so that every kind starts from the version that the one before it left.
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    const began = new Date();
    own.add(await succeed(platform, 'v2'));
    calls.add((await callsBetween(north.auditLog, began, new Date())) / INSTANCES);
    events.add((await client.historyLength()) / INSTANCES);
    note(`round ${round + 1}: Transship ${own.samples.at(-1)?.toFixed(1) ?? ''} s`);

    const back = { azSets, traffic, set, spec, plan, health: spec.health, probeProxy: north.probeProxy };
    bare.add(await seconds(() => bareRelease(back)));
    note(`round ${round + 1}: bare script ${bare.samples.at(-1)?.toFixed(1) ?? ''} s`);

    peer.add(await seconds(() => rolling.update(image(round % 2 === 0 ? 'v2' : 'v1'))));
    note(`round ${round + 1}: RollingUpdate ${peer.samples.at(-1)?.toFixed(1) ?? ''} s`);
    await sleep(1_000);
  }

  return {
    wallSeconds: own.median(),
    ratioToFloor: ratio(own, floor),
    ratioToBareScript: ratio(own, bare),
    ratioToRollingUpdate: ratio(own, peer),
    eventsPerInstance: events.median(),
    callsPerInstance: calls.median(),
  };
}

/** Releases the version; seconds from its start until its last state, as the catalogue noted them. */
async function succeed(platform: Platform, version: string): Promise<number> {
  const id = await platform.release(version, { batchPercent: BATCH_PERCENT, drainSeconds: 0 });
  const { state, startedAt, endedAt, trouble } = await platform.settled(id, 180_000);
  if (state !== 'SUCCESS' || startedAt === null || endedAt === null) {
    throw new Error(`release ${id} of ${version} is ${state}: ${trouble?.message ?? ''}`);
  }
  return (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000;
}

async function seconds(act: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await act();
  return (performance.now() - began) / 1_000;
}

async function temporal({ fleet }: Platform): Promise<AsyncDisposable & { historyLength(): Promise<number> }> {
  const connection = await Connection.connect({ address: fleet.temporal.address });
  const client = new Client({ connection, namespace: fleet.temporal.namespace });
  return {
    historyLength: async () => (await client.workflow.getHandle(groupWorkflowId(REF)).describe()).historyLength,
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

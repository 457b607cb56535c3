import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { startFleet } from '../devfleet/index.ts';
import { startPlatformOn } from '../devfleet/platform.ts';
import { SHOP, shopApp, type ShopOptions } from '../devfleet/shop.ts';
import { openCatalogue } from '../src/catalogue/index.ts';
import { planBatches } from '../src/domain/plan.ts';
import { renderApp } from '../src/drivers/azset/marathon/render.ts';
import { openMarathonCluster } from '../src/drivers/marathon/cluster.ts';
import { type BenchContext, type Figures, ratio, type Series } from './harness/index.ts';
import { BareScript } from './marathon/bare.ts';
import { OwnUpgrade } from './marathon/own-upgrade.ts';
import { CountedWays, type Calls } from './marathon/ways.ts';
import { callsBetween } from './release/audit.ts';
import { Usage } from './releases/busy.ts';
import { historyEvents, released } from './releases/released.ts';

export const description =
  "20 instances on Marathon, stop and ignition 1 s each, 25 % batches: against a bare script, and Marathon's own upgrade";

export const settings = {
  revive: { default: 5_000, description: 'milliseconds between two times at which Marathon asks for offers' },
};

const INSTANCES = 20;
const CONFIG = { batchPercent: 25, drainSeconds: 0 };
const IGNITE_SECONDS = 1;
/** An app is locked until what leaves it has ended: what ends at once would show nothing of that. */
const STOP_SECONDS = 1;
/** Small, so that all sets find room on the hosts. */
const OPTIONS: ShopOptions = { readinessProbe: false, cpus: 0.1 };
const [ON_MARATHON, ON_KUBERNETES] = ['shop-marathon', 'shop-kubernetes'];
/** How long the fleet is watched while it does nothing, in ms: what it uses then is no price of a release. */
const REST_MS = 5_000;
const VERSIONS = ['v1', 'v2'];

/** What each way of releasing costs: rows of the table. */
type Costs = Record<'seconds' | 'calls' | 'events' | 'cpu', Series>;

export async function run({ rounds, settings: told, resources, series, note, signal }: BenchContext): Promise<Figures> {
  const fleet = await startFleet({
    shape: {
      idcs: { north: { azs: { 'az-1': { hosts: 4 }, 'az-2': { hosts: 4, runs: 'mesos' } } } },
      environments: [SHOP.env],
    },
    mesosClocks: { marathon: { reviveInterval: told['revive'] ?? 0 } },
    headless: true,
    onProgress: note,
  });
  resources.defer(() => fleet.stop());
  const ways = await CountedWays.open(fleet);
  resources.defer(() => ways.close());
  const platform = await startPlatformOn(fleet, { workerEnv: ways.env });
  const connection = await Connection.connect({ address: fleet.temporal.address });
  resources.defer(() => connection.close());
  const client = new Client({ connection, namespace: fleet.temporal.namespace });
  const north = fleet.idcs['north'];
  if (north === undefined || north.mesos === null) throw new Error('the fleet has no Mesos in north');

  for (const version of VERSIONS)
    await platform.push(version, { igniteSeconds: IGNITE_SECONDS, stopSeconds: STOP_SECONDS });
  const apply = (app: string, options: ShopOptions = {}): Promise<unknown> => {
    const [cluster, az] = app === ON_MARATHON ? ['north-marathon', 'az-2'] : ['north-k8s', 'az-1'];
    const placement = [{ cluster, az, instances: INSTANCES }];
    return platform.rest('PUT', `/v1/apps/${app}`, shopApp(placement, { ...OPTIONS, ...options, app }));
  };
  const release = (app: string, version: string): Promise<{ id: string; seconds: number }> =>
    released(platform, client, { app, version, config: CONFIG });
  for (const app of [ON_MARATHON, ON_KUBERNETES]) {
    await apply(app);
    await release(app, 'v1');
  }

  const catalogue = await openCatalogue(fleet.catalogue.directUrl);
  resources.defer(() => catalogue.close());
  const group = await catalogue.groups.get({ env: SHOP.env, app: ON_MARATHON, group: SHOP.group });
  const [spec, set] = [group?.released, group?.azSets[0]];
  if (group === null || spec === null || spec === undefined || set === undefined)
    throw new Error('the group was not created');
  const members = group.instances.map((instance) => ({ instance, serving: true }));
  const sizes = planBatches(members, CONFIG).batches.map((batch) => batch.members.length);

  const cluster = openMarathonCluster({ name: 'bench', urls: ways.marathonUrls, network: north.mesos.network });
  resources.defer(() => cluster.close());
  const { app } = renderApp(cluster, set, spec, north.registry.host);
  const appOf = (version: string): Record<string, unknown> => ({
    ...app,
    container: {
      ...(app['container'] as object),
      docker: { image: `${north.registry.host}/${SHOP.repository}:${version}` },
    },
  });
  const { health } = spec;
  const bare = new BareScript(cluster.marathon, appOf, { health, proxy: north.probeProxy });
  const peer = new OwnUpgrade(cluster.marathon, north.mesos.marathon[0] ?? '', appOf, { instances: INSTANCES, health });
  await bare.create('v1', INSTANCES);
  await peer.create('v1');

  const floor = series('floor: a bare script', 's');
  const floorWrites = series('changes an instance, bare script', '');
  const upgrade = series("Marathon's own upgrade", 's', [floor]);
  const costs = (name: string, against: Series[]): Costs => ({
    seconds: series(name, 's', against),
    calls: series(`calls an instance, ${name}`, ''),
    events: series(`history events an instance, ${name}`, ''),
    cpu: series(`CPU of the worker an instance, ${name}`, 'ms'),
  });
  const own = costs('Transship on Marathon', [floor, upgrade]);
  const recreate = costs('Transship on Kubernetes, recreate', []);
  const inPlace = costs('Transship on Kubernetes, in place', []);
  const parts: Record<Exclude<keyof Calls, 'by'>, Series> = {
    marathonReads: series('reads of Marathon an instance', ''),
    marathonWrites: series('changes of Marathon an instance', ''),
    mesos: series('reads of Mesos an instance', ''),
    records: series('records an instance', ''),
  };

  const resting = new Usage(platform);
  await sleep(REST_MS);
  const restCores = resting.cores()['worker'] ?? 0;
  const measured = async (to: Costs, app: string, version: string, calls: (since: Date) => Promise<number>) => {
    const [usage, since] = [new Usage(platform), new Date()];
    const { id, seconds } = await release(app, version);
    to.cpu.add((((usage.cores()['worker'] ?? 0) - restCores) * seconds * 1_000) / INSTANCES);
    to.seconds.add(seconds);
    to.calls.add((await calls(since)) / INSTANCES);
    to.events.add((await historyEvents(client, app, id)) / INSTANCES);
    note(`${to.seconds.name}: ${seconds.toFixed(1)} s`);
  };
  const audited = (since: Date): Promise<number> => callsBetween(north.auditLog, since, new Date());

  const whole = new Usage(platform);
  let by: Calls['by'] = {};
  // To the other version and back, so that every kind starts from the version that the one before it left.
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    const [from, to] = round % 2 === 0 ? ['v1', 'v2'] : ['v2', 'v1'];
    await measured(inPlace, ON_KUBERNETES, 'v2', audited);
    await apply(ON_KUBERNETES, { environment: { ROUND: String(round) } });
    await measured(recreate, ON_KUBERNETES, 'v1', audited);

    ways.reset();
    await measured(own, ON_MARATHON, to, () => {
      const counted = ways.counted();
      by = counted.by;
      for (const [name, row] of Object.entries(parts)) row.add(counted[name as keyof typeof parts] / INSTANCES);
      return Promise.resolve(counted.marathonReads + counted.marathonWrites + counted.mesos);
    });

    ways.reset();
    floor.add(await seconds(() => bare.update(from, to, sizes)));
    floorWrites.add(ways.counted().marathonWrites / INSTANCES);
    note(`${floor.name}: ${floor.samples.at(-1)?.toFixed(1) ?? ''} s`);

    upgrade.add(await seconds(() => peer.update(to)));
    note(`${upgrade.name}: ${upgrade.samples.at(-1)?.toFixed(1) ?? ''} s`);
  }

  return {
    wallSeconds: own.seconds.median(),
    ratioToFloor: ratio(own.seconds, floor),
    ratioToOwnUpgrade: ratio(own.seconds, upgrade),
    callsPerInstance: own.calls.median(),
    callsPerInstanceBy: {
      ...medians(parts),
      ...Object.fromEntries(Object.entries(by).map(([kind, n]) => [kind, n / INSTANCES])),
    },
    eventsPerInstance: own.events.median(),
    cpuMsPerInstance: own.cpu.median(),
    othersCores: whole.cores()['others'] ?? 0,
    reviveMs: told['revive'] ?? 0,
  };
}

function medians(rows: Record<string, Series>): Record<string, number> {
  return Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, row.median()]));
}

async function seconds(act: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await act();
  return (performance.now() - began) / 1_000;
}

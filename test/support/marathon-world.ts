import { SimHostsClient } from '../../devfleet/host/client.ts';
import { startMesosFleet } from '../../devfleet/mesos-fleet.ts';
import { QUICK_MESOS } from '../../devfleet/parts/programs.ts';
import type { AzSetRef } from '../../src/domain/types.ts';
import type { AzSetDriver, InstanceObservation } from '../../src/drivers/azset/index.ts';
import { marathonAzSetDriver } from '../../src/drivers/azset/marathon/index.ts';
import { openMarathonCluster, type MarathonCluster } from '../../src/drivers/marathon/cluster.ts';
import type { TrafficDriver } from '../../src/drivers/traffic/index.ts';
import { trafficChain } from '../../src/drivers/traffic/chain.ts';
import { marathonTraffic } from '../../src/drivers/traffic/marathon/index.ts';
import { marathonPlaces } from '../../src/drivers/traffic/marathon/places.ts';
import type { Abilities } from '../contract/abilities.ts';
import { eventually, patience, type Subject, type World } from '../contract/world.ts';
import type { Beside } from './beside.ts';
import { linkOf } from './contract-link.ts';
import { discover, type Addressed } from './discovery.ts';
import { openHttpLink } from './http-link.ts';
import { MarathonHands } from './marathon-hands.ts';
import { twice } from './twice.ts';
import { HEALTH, pushVersions, specOf } from './versions.ts';

const NAMESPACE = 'pro';
const CLUSTER = 'north-marathon';
const MESOS_NAMESPACE = 'mesos';

/** None of them. */
export const MARATHON: Abilities = {
  inPlace: false,
  rebornBySet: false,
  controllersApart: false,
  parksEdits: false,
  budgets: false,
  autoscalers: false,
  adopts: false,
  ordered: false,
  prePulls: false,
  consumers: false,
  probes: false,
};

const AZS = { 'az-1': 3, 'az-2': 2 };

/** Small, so that all sets of a suite find room on five hosts. */
const RESOURCES = { resources: { requests: { cpu: '100m', memory: '16Mi' } } };

export interface MarathonWorld extends World {
  /** Another worker's, past the link. */
  elsewhere: AzSetDriver;
  trafficElsewhere: TrafficDriver;
  hands: MarathonHands;
  /** The machines of its agents. */
  hosts: SimHostsClient;
}

/**
 * A Mesos with a Marathon on it, sim hosts with agents, a registry.
 * @param beside a load balancer that carries traffic: the driver under test is the chain of the record and it
 */
export async function marathonWorld(beside?: Beside): Promise<MarathonWorld> {
  const fleet = await twice(() => startMesosFleet(AZS, QUICK_MESOS));
  const { marathon, masters, network } = fleet.mesos;
  const [leader = '', master = ''] = [marathon[0], masters[0]];
  const digests = await pushVersions(fleet.registry.directUrl);
  const toMarathon = await openHttpLink(new URL(leader), { mutates: ({ method }) => method !== 'GET' });
  // Masters are asked only, by POST.
  const toMesos = await openHttpLink(new URL(master), { mutates: () => false });
  const over = clusterAt(network, `http://127.0.0.1:${toMarathon.port}`, `http://127.0.0.1:${toMesos.port}`);
  const past = clusterAt(network, leader, master);
  const hosts = new SimHostsClient(fleet.hostsAdmin);
  const hands = new MarathonHands(leader);
  const held = new Map<string, string>();
  const imageHost = fleet.registry.host;
  const azSets = noting(held, marathonAzSetDriver({ cluster: over, imageHost }));
  const direct = noting(held, marathonAzSetDriver({ cluster: past, imageHost }));
  const record = { name: 'service', driver: marathonTraffic({ cluster: over }) };
  const subjects = new Map<string, Subject>();
  const discovery =
    beside === undefined ? null : discover(() => addressesOf(direct, [...subjects.values()]), beside.register);
  let apps = 0;
  let marked = 0;

  /** Who holds the place now: a task's id, or what stands for none. */
  const holder = async (set: AzSetRef, member: string): Promise<string> => {
    const [observed] = await direct.observe([set]);
    return observed?.instances.find((instance) => instance.member === member)?.uid ?? '';
  };
  const isHeldByAnother = async (set: AzSetRef, member: string, uid: string): Promise<boolean> => {
    const now = await holder(set, member);
    return now !== uid && !now.startsWith('none:');
  };
  const current = async ({ set }: Subject): Promise<string> => {
    const record = await hands.record(set);
    return record === null ? ((await hands.revisions(set))[0]?.id ?? '') : idOf(set, record.state.current);
  };

  return {
    stranger: 'somebody',
    // The next record and the end of the one before it, shared by those that wait meanwhile; apart, it would be 20.
    changesForTenFlags: 6,
    azSets,
    elsewhere: direct,
    traffic: trafficChain(beside === undefined ? [record] : [record, beside.driver(marathonPlaces(over))]),
    trafficElsewhere: marathonTraffic({ cluster: past }),
    hands,
    checksHealth: beside?.checksHealth ?? false,
    hosts,
    link: linkOf([toMarathon, toMesos]),
    health: HEALTH,
    probeProxy: fleet.probeProxy,
    newSubject: ({ az = 'az-1', beside: other } = {}) => {
      const group = other?.group ?? { env: NAMESPACE, app: `app${String(++apps)}`, group: 'web' };
      const name = `${group.app}-${group.group}-${az}`;
      const subject = { set: { idc: 'north', az, cluster: CLUSTER, namespace: NAMESPACE, name }, group };
      subjects.set(name, subject);
      return subject;
    },
    spec: (number, version, options = {}) =>
      specOf(number, version, digests[version] ?? '', {
        ...options,
        container: { ...RESOURCES, ...options.container },
      }),
    rebirth: async ({ set, member, uid }) => {
      await hands.kill(uid);
      await eventually(() => isHeldByAnother(set, member, uid));
    },
    hang: async ({ set, member, uid }) => {
      const hold = (on: boolean) => hosts.fault({ kind: 'never-stop', namespace: MESOS_NAMESPACE, pod: uid, on });
      await hold(true);
      await hands.kill(uid);
      await eventually(async () => (await hands.taskState(set, uid)) === 'TASK_KILLING');
      return async () => {
        await hold(false);
        await eventually(() => isHeldByAnother(set, member, uid));
      };
    },
    foreignChange: async (subject) => {
      const id = await current(subject);
      const change = async (): Promise<boolean> =>
        hands.change(id, { env: { STRANGER: 'was here' } }).then(
          () => true,
          () => false,
        );
      await eventually(change);
    },
    // There is nothing to write on a task: to its set, as another operation does.
    touch: ({ set }) => direct.fence(set, 'touched', () => Promise.resolve(), patience()),
    mislabel: unable('revisions by label'),
    strangersSet: async ({ set }, count) => {
      const docker = { image: `${imageHost}/shop/web@${digests['v1'] ?? ''}` };
      await hands.create({
        id: idOf(set, 'theirs'),
        instances: count,
        cpus: 0.1,
        mem: 16,
        networks: [{ mode: 'container', name: network }],
        container: { type: 'DOCKER', docker, portMappings: [{ containerPort: HEALTH.port }] },
      });
      await eventually(async () => (await runningIn(hands, set)).length === count);
    },
    strangersConsumer: ({ set }) => runningIn(hands, set),
    orphan: ({ set }) => hands.dropRecords(set),
    budget: unable('budgets'),
    autoscaler: async (subject) => {
      const id = await current(subject);
      const app = (await hands.revisions(subject.set)).find((one) => one.id === id);
      await hands.change(id, { instances: (app?.instances ?? 0) + 1 });
      return () => Promise.resolve();
    },
    definition: async ({ set }) => {
      const record = await hands.record(set);
      if (record === null) return { parked: false, serves: true, leftovers: [], text: '' };
      const { current: stands, update, previous, open, mark, spec, apps, places } = record.state;
      const wanted = places.map(({ app }) => app);
      const isUsed = (segment: string): boolean =>
        wanted.includes(segment) || [stands, update, previous?.revision].includes(apps[segment]?.revision);
      const segments = (await hands.revisions(set)).map(({ id }) => id.slice(id.lastIndexOf('/') + 1));
      const known = Object.entries(apps).sort(([a], [b]) => (a < b ? -1 : 1));
      return {
        parked: true,
        serves: open === null,
        leftovers: segments.filter((segment) => !isUsed(segment)),
        text: JSON.stringify([stands, update, previous, open, mark, spec, known]),
      };
    },
    pauseControllers: unable('controllers apart from its API'),
    resumeControllers: unable('controllers apart from its API'),
    freezeHost: (node, on) => hosts.fault({ kind: 'freeze', node, on }),
    hideObserved: unable('observed generations'),
    bypass: unable('consumers'),
    hasConsumer: () => Promise.resolve(false),
    hasImage: unable('images that are told of'),
    // As a load balancer does that reads the record.
    listed: async ({ set }) => {
      const [observed] = await direct.observe([set]);
      const instances = observed?.instances ?? [];
      return instances.filter(({ running, inService }) => running && inService).map(({ member }) => member);
    },
    starts: async ({ set }) => {
      const starts: Record<string, string[]> = {};
      for (const entry of await hosts.journal(marked)) {
        if (entry.kind !== 'container-started' || !entry.instance.startsWith(`${set.namespace}_${set.name}_`)) continue;
        // One that never held a place stands under its own name.
        (starts[held.get(entry.instance) ?? entry.instance] ??= []).push(entry.version);
      }
      return starts;
    },
    mark: async () => {
      marked = (await hosts.journal(marked)).at(-1)?.n ?? marked;
    },
    fingerprint: async ({ set }) =>
      JSON.stringify((await hands.apps(set)).map(({ id, version }) => [id, version]).sort()),
    stop: async () => {
      await discovery?.stop();
      await beside?.stop();
      await over.close();
      await past.close();
      await toMarathon.close();
      await toMesos.close();
      await fleet.stop();
    },
  };
}

function clusterAt(network: string, marathon: string, mesos: string): MarathonCluster {
  return openMarathonCluster({ name: CLUSTER, urls: [marathon], network, mesos: { urls: [mesos] } });
}

function idOf({ namespace, name }: AzSetRef, segment: string): string {
  return `/${namespace}/${name}/${segment}`;
}

async function runningIn(hands: MarathonHands, set: AzSetRef): Promise<string[]> {
  const tasks = (await hands.revisions(set)).flatMap((app) => app.tasks);
  return tasks.filter(({ state }) => state === 'TASK_RUNNING').map(({ id }) => id);
}

/** Remembers which task was seen to hold which place: a task does not know. */
function noting(held: Map<string, string>, driver: AzSetDriver): AzSetDriver {
  const note = (instance: InstanceObservation): InstanceObservation => {
    held.set(instance.uid, instance.member);
    return instance;
  };
  return {
    ...driver,
    observe: async (sets) => {
      const observed = await driver.observe(sets);
      for (const set of observed) set?.instances.forEach(note);
      return observed;
    },
    replace: async (...args) => note(await driver.replace(...args)),
    recreate: async (...args) => note(await driver.recreate(...args)),
    restart: async (...args) => note(await driver.restart(...args)),
  };
}

/** Addresses of tasks by their places: whoever tells load balancers of them reads the record and the tasks, too. */
export async function addressesOf(driver: Pick<AzSetDriver, 'observe'>, subjects: Subject[]): Promise<Addressed[]> {
  const observed = await driver.observe(subjects.map(({ set }) => set)).catch(() => []);
  return observed.flatMap((found, at) => {
    const group = subjects[at]?.group;
    const service = `${group?.app ?? ''}-${group?.group ?? ''}`;
    return (found?.instances ?? []).flatMap(({ member, address }) =>
      address === null ? [] : { service, member, address },
    );
  });
}

function unable(what: string): () => never {
  return () => {
    throw new Error(`Marathon has no ${what}`);
  };
}

import { AppsV1Api, CoreV1Api, KubeConfig, type V1Pod, type V1StatefulSet } from '@kubernetes/client-node';
import { frontDoorClient, type FrontDoorClient } from '../../devfleet/frontdoor/client.ts';
import { SimHostsClient, type InstanceView, type JournalEntry } from '../../devfleet/host/client.ts';
import type { Devfleet, DevfleetIdc } from '../../devfleet/index.ts';
import { SHOP } from '../../devfleet/shop.ts';
import { unrestOnMarathon } from './marathon-unrest.ts';

/** Partition that no ordinal reaches. */
const PARKED = 2_147_483_647;
const OUT = 'out.transship.dev/';

/** Namespace of Mesos tasks on the machines. */
export const MESOS_NAMESPACE = 'mesos';

/**
 * Judges what happened to the instances of one group, by what the machines, the front door, the API servers and Marathons saw; never
 * by Transship's own records. Counts from the last mark on.
 */
export class Judge {
  readonly #app: string;
  readonly #group: string;
  readonly #idcs: DevfleetIdc[];
  readonly #hosts: Map<string, SimHostsClient>;
  readonly #door: FrontDoorClient;
  readonly #marked = { hosts: new Map<string, number>(), door: 0 };

  private constructor(fleet: Devfleet, app: string, group: string) {
    this.#app = app;
    this.#group = group;
    this.#idcs = Object.values(fleet.idcs);
    this.#hosts = new Map(this.#idcs.map(({ name, hostsAdmin }) => [name, new SimHostsClient(hostsAdmin)]));
    this.#door = frontDoorClient(fleet.frontDoor.admin);
  }

  /** Marks now. */
  static async of(fleet: Devfleet, app: string, group: string = SHOP.group): Promise<Judge> {
    const judge = new Judge(fleet, app, group);
    await judge.mark();
    return judge;
  }

  /** What happened before this counts no more. */
  async mark(): Promise<void> {
    for (const [idc, hosts] of this.#hosts) {
      const after = this.#marked.hosts.get(idc) ?? 0;
      this.#marked.hosts.set(idc, (await hosts.journal(after)).at(-1)?.n ?? after);
    }
    this.#marked.door = (await this.#door.journal(this.#marked.door)).at(-1)?.seq ?? this.#marked.door;
  }

  /**
   * Pod → the versions that its containers were started on, in order; pods that nothing was started in are left out. A task
   * on Mesos does not know its place: those of a set stand together, under the name of the set.
   */
  async starts(): Promise<Record<string, string[]>> {
    const starts: Record<string, string[]> = {};
    for (const entry of await this.#journal()) {
      if (entry.kind === 'container-started' && this.#isMember(entry))
        (starts[ownerOf(entry)] ??= []).push(entry.version);
    }
    return starts;
  }

  /** Pod → when a container was first started in it, by the machines' clock, in ms. */
  async startedAt(): Promise<Record<string, number>> {
    const at: Record<string, number> = {};
    for (const entry of await this.#journal()) {
      if (entry.kind === 'container-started' && this.#isMember(entry)) at[entry.instance] ??= entry.ms;
    }
    return at;
  }

  /** How many addresses the front door routed to: first as it stood at the mark, then after every change. */
  async routed(): Promise<number[]> {
    const service = `${SHOP.env}/${this.#app}-${this.#group}`;
    const ours = (await this.#door.journal()).filter((entry) => entry.service === service);
    const before = ours.findLast(({ seq }) => seq <= this.#marked.door)?.count ?? 0;
    return [before, ...ours.filter(({ seq }) => seq > this.#marked.door).map(({ count }) => count)];
  }

  /** Who came to the front door and who left, and whose readiness changed, in order: why `routed` fell. */
  async trafficStory(): Promise<string> {
    const service = `${SHOP.env}/${this.#app}-${this.#group}`;
    const door = (await this.#door.journal())
      .filter((entry) => entry.service === service && entry.seq > this.#marked.door)
      .map(({ ms, added, removed, count }) => ({
        ms,
        text: `door +[${added.join()}] -[${removed.join()}] = ${count}`,
      }));
    const readiness = (await this.#journal()).flatMap((entry) =>
      entry.kind === 'ready-changed' && this.#isMember(entry)
        ? [{ ms: entry.ms, text: `${entry.instance} ${entry.ready ? 'ready' : 'not ready'}` }]
        : [],
    );
    const story = [...door, ...readiness].sort((a, b) => a.ms - b.ms);
    return story.map(({ ms, text }) => `${Math.round(ms)} ms ${text}`).join('; ');
  }

  /** Two holders of one address, at any moment. */
  async collisions(): Promise<JournalEntry[]> {
    return (await this.#journal()).filter((entry) => entry.kind === 'address-collision' && this.#isMember(entry));
  }

  /** What runs on the machines now, by pod name. */
  async running(): Promise<InstanceView[]> {
    const views = await Promise.all([...this.#hosts.values()].map((hosts) => hosts.instances()));
    return views
      .flat()
      .filter((view) => view.state === 'running' && this.#isMember(view))
      .sort((a, b) => a.instance.localeCompare(b.instance));
  }

  /** Version → how many instances run it. */
  async versions(): Promise<Record<string, number>> {
    const by = Map.groupBy(await this.running(), ({ version }) => version ?? 'none');
    return Object.fromEntries([...by].map(([version, of]) => [version, of.length]));
  }

  /** Pod, uid and address of each instance on Kubernetes: what an in-place release must not change. */
  async identities(): Promise<string[]> {
    const pods = (await this.running()).filter(({ namespace }) => namespace !== MESOS_NAMESPACE);
    return pods.map(({ instance, uid, address }) => `${instance} ${uid} ${address ?? 'no address'}`);
  }

  /** How many instances had a container started since the mark; on Mesos: how many containers. */
  async started(): Promise<number> {
    const starts = await this.#journal();
    const owners = starts.flatMap((entry) =>
      entry.kind === 'container-started' && this.#isMember(entry) ? entry.instance : [],
    );
    return new Set(owners).size;
  }

  /** Pods, and places on Marathon, that the front door routes to now. */
  async serving(): Promise<string[]> {
    const endpoints = await this.#door.endpoints(`${SHOP.env}/${this.#app}-${this.#group}`);
    return endpoints.map(({ pod }) => pod ?? 'no pod').sort();
  }

  /** What keeps the app from resting, by the API servers and Marathons; nothing where it rests. */
  async unrest(): Promise<string[]> {
    const found = await Promise.all(
      this.#idcs.flatMap((idc) => [
        unrestIn(idc, this.#app),
        ...(idc.mesos === null ? [] : [unrestOnMarathon(idc.mesos.marathon[0] ?? '', SHOP.env, this.#app)]),
      ]),
    );
    return found.flat();
  }

  async #journal(): Promise<JournalEntry[]> {
    const journals = [...this.#hosts].map(([idc, hosts]) => hosts.journal(this.#marked.hosts.get(idc)));
    return (await Promise.all(journals)).flat().sort((a, b) => a.ms - b.ms);
  }

  /** An instance of the group: not a pod that only pulls an image. */
  #isMember({ namespace, instance }: { namespace: string; instance: string }): boolean {
    if (namespace === MESOS_NAMESPACE) return instance.startsWith(`${SHOP.env}_${this.#app}-${this.#group}-`);
    return namespace === SHOP.env && instance.startsWith(`${this.#app}-${this.#group}-`) && /-\d{1,3}$/.test(instance);
  }
}

/** Set of a task `<namespace>_<set>_<app>.…`. */
export function setOfTask(task: string): string {
  return task.split('_')[1] ?? task;
}

/** The pod; of a task its set. */
function ownerOf({ namespace, instance }: { namespace: string; instance: string }): string {
  return namespace === MESOS_NAMESPACE ? setOfTask(instance) : instance;
}

async function unrestIn(idc: DevfleetIdc, app: string): Promise<string[]> {
  const config = new KubeConfig();
  config.loadFromFile(idc.adminKubeconfig);
  const selector = { namespace: SHOP.env, labelSelector: `transship.dev/app=${app}` };
  const core = config.makeApiClient(CoreV1Api);
  // Of all: one that was left has no label of ours any more, and its pods still have.
  const { items: all } = await config.makeApiClient(AppsV1Api).listNamespacedStatefulSet({ namespace: SHOP.env });
  const sets = all.filter(({ metadata }) => metadata?.labels?.['transship.dev/app'] === app);
  const { items: pods } = await core.listNamespacedPod(selector);
  const { items: allPulls } = await core.listNamespacedPod({
    namespace: SHOP.env,
    labelSelector: 'transship.dev/pre-pull',
  });
  const pulls = allPulls.filter(({ metadata }) => metadata?.labels?.['transship.dev/pre-pull']?.startsWith(`${app}-`));
  const fromSets = sets.flatMap((set) =>
    unrestOfSet(set).map((what) => `${idc.name}/${set.metadata?.name ?? ''} ${what}`),
  );
  const fromPods = pods.flatMap((pod) => {
    const set = all.find(({ metadata }) => metadata?.name === pod.metadata?.labels?.['transship.dev/az-set']);
    return unrestOfPod(pod, set).map((what) => `${idc.name}/${pod.metadata?.name ?? ''} ${what}`);
  });
  return [...fromSets, ...fromPods, ...pulls.map(({ metadata }) => `${idc.name}/${metadata?.name ?? ''} is left`)];
}

function unrestOfSet({ metadata, spec, status }: V1StatefulSet): string[] {
  const replicas = spec?.replicas ?? 0;
  return faults({
    'is not parked': spec?.updateStrategy?.rollingUpdate?.partition !== PARKED,
    'is staged': metadata?.annotations?.['transship.dev/previous'] !== undefined,
    'has a revision to come': status?.currentRevision !== status?.updateRevision,
    'is not observed': status?.observedGeneration !== metadata?.generation,
    [`counts ${status?.updatedReplicas ?? 0} of ${replicas} updated`]: (status?.updatedReplicas ?? 0) !== replicas,
    [`counts ${status?.readyReplicas ?? 0} of ${replicas} ready`]: (status?.readyReplicas ?? 0) !== replicas,
  });
}

function unrestOfPod({ metadata, spec }: V1Pod, set: V1StatefulSet | undefined): string[] {
  const flags = Object.keys(metadata?.annotations ?? {}).filter((key) => key.startsWith(OUT));
  const wanted = set?.spec?.template.spec?.containers.map(({ image }) => image).join();
  return faults({
    'is not in service': metadata?.labels?.['transship.dev/in-service'] !== 'yes',
    [`is kept out by ${flags.join(', ')}`]: flags.length > 0,
    'claims another revision': metadata?.labels?.['controller-revision-hash'] !== set?.status?.updateRevision,
    'has another image': spec?.containers.map(({ image }) => image).join() !== wanted,
    'is terminating': metadata?.deletionTimestamp !== undefined,
  });
}

function faults(checks: Record<string, boolean>): string[] {
  return Object.entries(checks).flatMap(([what, holds]) => (holds ? [what] : []));
}

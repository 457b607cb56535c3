import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { SimHostsClient, type InstanceView } from '../../devfleet/host/client.ts';
import { Api } from '../../devfleet/host/kubelet/api.ts';
import { startPlatformOn, type Platform } from '../../devfleet/platform.ts';
import {
  SHOP,
  placesIn,
  pushShop,
  shopApp,
  type ShopOptions,
  type ShopPlace,
  type ShopVersion,
} from '../../devfleet/shop.ts';
import type { Part } from '../../devfleet/supervision/part.ts';
import type { Catalogue } from '../../src/catalogue/index.ts';
import { isTerminal, type CommandName } from '../../src/domain/states.ts';
import type { AppView } from '../../src/http/schemas/app.ts';
import type { EventView } from '../../src/http/releases/stream.ts';
import type { Release, ReleaseRequest } from '../../src/http/schemas/release.ts';
import type { PolicyOverride } from '../../src/temporal/messages.ts';
import { releaseWorkflowId } from '../../src/temporal/names.ts';
import { Judge, MESOS_NAMESPACE, setOfTask } from '../../test/support/judge.ts';
import { MarathonHands } from '../../test/support/marathon-hands.ts';
import { KubernetesHands } from '../../test/support/kubernetes-hands.ts';
import { named, strangersShop } from '../../test/support/strangers.ts';
import { aim, traceIn } from '../harness/aim.ts';
import { KILL_HOOKS, POLICY } from '../harness/hooked.ts';
import { ask, insist } from '../harness/insist.ts';
import type { Passage, Target } from '../hooks/points.ts';
import { openLaneCatalogue } from './catalogue.ts';
import { changesOf, type Change } from './changes.ts';
import { Holders } from './holders.ts';
import { catalogueEnv, LaneLinks } from './links.ts';
import { loseTemporal, openNamespace, type World } from './world.ts';

/** Instances of the group in each of two places: enough for a bastion, a batch of two and another one. */
const INSTANCES_PER_PLACE = 2;

/**
 * One worker for every queue; one for control and one for each IDC; two for every queue; one that reaches every system by
 * links of its own; one for every queue, and releases that continue as new after every batch; one for every queue, and no
 * other lane beside it, since what breaks is all lanes'; or one for every queue, and twice as many instances.
 */
export type Topology = 'whole' | 'split' | 'twin' | 'linked' | 'brief' | 'alone' | 'large';

/** What a release is asked for with, beside the defaults of fault runs. */
export type ReleaseSettings = NonNullable<ReleaseRequest['config']>;

/** A second group, with one instance in each place, that is released with the first as one. */
const JOINED_GROUP = 'jobs';

const DEFAULTS: ReleaseSettings = { batchPercent: 50, drainSeconds: 0.1 };

export interface LaneOptions {
  topology: Topology;
  /** Default: 2; 4 in a large one. */
  instancesPerPlace?: number;
  note: (text: string) => void;
}

/** A group that is released together with the one that the lane is about. */
export interface JoinedGroup {
  group: string;
  size: number;
  judge: Judge;
}

/**
 * A place where one case runs at a time: a Temporal namespace, a catalogue, worker and API processes and an app of its
 * own, on the fleet that all lanes share. Its workers are started again whenever they die.
 */
export class Lane {
  readonly world: World;
  readonly client: Client;
  readonly catalogue: Catalogue;
  readonly holders: Holders;
  readonly #name: string;
  readonly #folder: string;
  readonly #platform: Platform;
  readonly #workers: Part[];
  readonly #links: LaneLinks | null;
  readonly #instancesPerPlace: number;
  readonly #note: (text: string) => void;
  #apps = 0;
  #versions = 0;
  #judge: Judge | null = null;
  #joined: JoinedGroup | null = null;
  #standing: string | null = null;
  #isInStep = false;
  #whole = true;
  #closed = false;
  #deadMs = 0;
  #over = false;
  #signal = new AbortController().signal;

  private constructor(
    world: World,
    client: Client,
    at: {
      name: string;
      folder: string;
      catalogue: Catalogue;
      platform: Platform;
      workers: Part[];
      links: LaneLinks | null;
      instancesPerPlace: number;
      note: (text: string) => void;
    },
  ) {
    this.world = world;
    this.client = client;
    this.catalogue = at.catalogue;
    this.holders = new Holders(world.fleet);
    this.#name = at.name;
    this.#folder = at.folder;
    this.#platform = at.platform;
    this.#note = at.note;
    this.#workers = at.workers;
    this.#links = at.links;
    this.#instancesPerPlace = at.instancesPerPlace;
    for (const part of at.workers) part.onLost = () => this.#revive(part, this.#deadMs);
  }

  static async open(
    world: World,
    name: string,
    { topology, instancesPerPlace = (topology === 'large' ? 2 : 1) * INSTANCES_PER_PLACE, note }: LaneOptions,
  ): Promise<Lane> {
    const folder = path.join(world.fleet.dir, name);
    await mkdir(folder);
    await aim(folder, null);
    const client = await openNamespace(world, name);
    const { url, catalogue } = await openLaneCatalogue(world, name);
    const links = topology === 'linked' ? await LaneLinks.open(world, folder, url) : null;
    const env = { ...(links?.env ?? (await catalogueEnv(world, folder, url))), TEMPORAL_NAMESPACE: name };
    const policy = policyOf(topology, world);
    const platform = await startPlatformOn(world.fleet, {
      split: topology === 'split',
      prefix: `${name}/`,
      apiEnv: {
        ...env,
        ...(policy === null ? {} : { TRANSSHIP_TEST_POLICY: JSON.stringify(policy) }),
      },
      workerEnv: {
        ...env,
        TRANSSHIP_WORKFLOW_BUNDLE: world.bundle.path,
        ...(world.hooked ? { TRANSSHIP_TEST_HOOKS: KILL_HOOKS, TRANSSHIP_CHAOS_FOLDER: folder } : {}),
      },
    });
    const workers = Object.values(platform.workers);
    if (topology === 'twin')
      for (const { spec } of [...workers])
        workers.push(await world.fleet.start({ ...spec, name: `${spec.name}-twin` }));
    return new Lane(world, client, { name, folder, catalogue, platform, workers, links, instancesPerPlace, note });
  }

  /** The ways of a linked lane to every system. */
  get links(): LaneLinks {
    if (this.#links === null) throw new Error(`${this.#name} has no links of its own`);
    return this.#links;
  }

  /** Name of the app that the lane releases now. */
  get app(): string {
    return `${this.#name}-${this.#apps}`;
  }

  /** Instances of the app. */
  get size(): number {
    return this.#places().reduce((sum, { instances }) => sum + instances, 0);
  }

  /** The other group of the app; null where it has one only. */
  get joined(): JoinedGroup | null {
    return this.#joined;
  }

  get judge(): Judge {
    if (this.#judge === null) throw new Error(`${this.#name} has no app yet`);
    return this.#judge;
  }

  /**
   * An app of the lane stands at rest; made and released where there is none yet.
   * @param behaviour where its version is to behave in some way of its own: then it is another app
   * @param joined it has two groups, and is another app
   * @returns its version
   */
  async stand(behaviour?: ShopVersion, joined = false): Promise<string> {
    if (this.#standing !== null && behaviour === undefined && !joined) return this.#standing;
    await this.newApp(joined);
    const { after } = await this.push(behaviour);
    const { state } = await this.settled(await this.release(after), (view) => isTerminal(view.state));
    if (state !== 'SUCCESS') throw new Error(`${this.app} could not be made ready: ${state}`);
    return after;
  }

  /**
   * A case begins: until it has ended well the lane is not to be trusted.
   * @param signal ends whatever the lane waits for
   */
  begins(signal: AbortSignal): void {
    this.#whole = false;
    this.#over = false;
    this.#signal = signal;
  }

  /** The release of the case has ended. */
  over(): void {
    this.#over = true;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** The last case went well and left the app on that version; null: the next one needs another app. */
  rests(version: string | null): void {
    this.#standing = version;
    this.#whole = true;
  }

  /** Ends whatever waits for the case. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  /** Nothing is known to be left half done. */
  get isWhole(): boolean {
    return this.#whole;
  }

  /** Turns to an app that nobody has released yet. */
  async newApp(joined = false): Promise<void> {
    this.#apps += 1;
    this.#joined = joined
      ? {
          group: JOINED_GROUP,
          size: this.#places().length,
          judge: await Judge.of(this.world.fleet, this.app, JOINED_GROUP),
        }
      : null;
    await this.#define({});
    this.#judge = await Judge.of(this.world.fleet, this.app);
  }

  /** What the judges count begins now. */
  async mark(): Promise<void> {
    await Promise.all([this.judge.mark(), this.#joined?.judge.mark()]);
  }

  /** Changes the app's template so that its next release needs new pods. */
  async changeTemplate(): Promise<void> {
    await this.#define({ environment: { CHANGED: 'yes' } });
  }

  /** Somebody else runs the version in the places of the app, whose file names their sets. */
  async strangers(version: string): Promise<void> {
    const places = named(this.app, this.#places());
    await strangersShop(this.world, this.app, version, places);
    await this.#define({}, places);
  }

  async #define(options: ShopOptions, places: ShopPlace[] = this.#places()): Promise<void> {
    const app = shopApp(places, { ...options, app: this.app }) as { groups: object[] };
    const few = shopApp(places.map((place) => ({ ...place, instances: 1 }))) as { groups: object[] };
    const more = this.#joined === null ? [] : few.groups.map((group) => ({ ...group, name: JOINED_GROUP }));
    await this.#platform.rest('PUT', `/v1/apps/${this.app}`, { ...app, groups: [...app.groups, ...more] });
  }

  #places(): ShopPlace[] {
    return Object.values(this.world.fleet.idcs).flatMap((idc) => placesIn(idc, this.#instancesPerPlace));
  }

  /** A rule brings what the lane pushes from the registry of the first IDC to the others, as soon as a release wants it. */
  async keepsInStep(): Promise<void> {
    if (this.#isInStep) return;
    const [from, ...to] = Object.keys(this.world.fleet.idcs);
    const images = [{ repository: SHOP.repository, tags: [`${this.#name}-*`] }];
    const rule = { name: this.#name, from, to, images, onPush: false, every: '24h' };
    await this.#platform.rest('PUT', `/v1/sync-rules/${rule.name}`, rule);
    // It is compared at once, while nothing is missing, and then not for a day.
    const query = `WorkflowId STARTS_WITH "reconcile/${rule.name}" AND ExecutionStatus = "Completed"`;
    while ((await this.client.workflow.count(query)).count === 0) {
      this.#signal.throwIfAborted();
      await sleep(100);
    }
    this.#isInStep = true;
  }

  /** Pushes an image that no host has, and says what it is called. @param to registries of which IDCs get it */
  async push(behaviour: ShopVersion = {}, to: 'all' | 'first' = 'all'): Promise<{ after: string; digest: string }> {
    this.#versions += 1;
    const after = `${this.#name}-${this.#versions}`;
    const all = Object.values(this.world.fleet.idcs).map(({ registry }) => registry.directUrl);
    const registries = to === 'all' ? all : all.slice(0, 1);
    const digest = await pushShop(registries, after, { igniteSeconds: 0.2, ...behaviour });
    return { after, digest };
  }

  /**
   * From now on the first worker that comes by the target dies there; null: none does. The trace starts anew.
   * @param deadMs how long a worker that dies is not started again
   */
  async aim(target: Omit<Target, 'id'> | null, deadMs = 0): Promise<void> {
    this.#deadMs = deadMs;
    await aim(this.#folder, target);
  }

  /** The points that the workers passed since the last aim, in order. */
  async trace(): Promise<Passage[]> {
    return traceIn(this.#folder);
  }

  /** What the lane's processes asked clusters for, where they reach them by links of their own. */
  changes(): Change[] {
    return this.#links === null ? [] : changesOf(this.#links, this.app);
  }

  forgetChanges(): void {
    for (const link of [...(this.#links?.clusters.values() ?? [])].flat()) link.forget();
  }

  /** Asks for a release as a client would who never gives up: again, with the same key, until it is accepted. */
  async release(version: string, more: ReleaseSettings = {}, onBusy: 'reject' | 'queue' = 'reject'): Promise<string> {
    const body = { app: this.app, env: SHOP.env, version, config: { ...DEFAULTS, ...more }, onBusy };
    return this.#accepted('/v1/releases', { ...body, joined: this.#joined !== null });
  }

  /** Asks for a restart in the same way. */
  async restart(more: ReleaseSettings = {}): Promise<string> {
    return this.#accepted('/v1/restarts', { app: this.app, env: SHOP.env, config: { ...DEFAULTS, ...more } });
  }

  /** Asks for one instance more in the first or the last place, and one less in the other one. */
  async scale(grows: 'first' | 'last' = 'first'): Promise<string> {
    const [first, ...others] = this.#places();
    const last = others.at(-1);
    if (first === undefined || last === undefined) throw new Error('a scale needs two places');
    const more = grows === 'first' ? 1 : -1;
    const places = [
      { ...first, instances: first.instances + more },
      { ...last, instances: last.instances - more },
    ];
    const { drainSeconds } = DEFAULTS;
    return this.#accepted('/v1/scales', { app: this.app, env: SHOP.env, places, config: { drainSeconds } });
  }

  /** Takes over what strangers() made. */
  async adopt(version: string): Promise<string> {
    return this.#accepted('/v1/adoptions', { app: this.app, env: SHOP.env, version });
  }

  /** Asks for a release by a promotion through the one environment that there is. */
  async promote(version: string, more: ReleaseSettings = {}): Promise<string> {
    const body = { app: this.app, version, envs: [SHOP.env], config: { ...DEFAULTS, ...more } };
    return this.#accepted('/v1/promotions', body);
  }

  /** Makes its sets ones that are made in order. */
  async convert(): Promise<string> {
    return this.#accepted('/v1/conversions', { app: this.app, env: SHOP.env, to: 'ordered' });
  }

  async detach(): Promise<string> {
    return this.#accepted('/v1/detachments', { app: this.app, env: SHOP.env });
  }

  /** Rolls a release back that has ended; the id of the rollback. */
  async rollback(id: string): Promise<string> {
    return this.#accepted(`/v1/releases/${id}/rollback`, {});
  }

  /** Repairs the group; the id of the repair. */
  async repair(): Promise<string> {
    return this.#accepted('/v1/repairs', { app: this.app, env: SHOP.env, group: SHOP.group });
  }

  /** Sends the command until it is accepted, or is not legal any more because it was. */
  async command(id: string, command: CommandName, isDone: (view: Release) => boolean, group?: string): Promise<void> {
    for (;;) {
      const path = `/v1/releases/${id}/commands`;
      const body = { command, ...(group === undefined ? {} : { group }) };
      await ask(this.#platform.api, { method: 'POST', path, body }, this.#signal).catch(() => undefined);
      if (isDone(await this.view(id))) return;
      await sleep(200);
    }
  }

  view(id: string): Promise<Release> {
    return this.#insist<Release>('GET', `/v1/releases/${id}`);
  }

  /** Waits until the release is there. */
  async settled(id: string, isThere: (view: Release) => boolean): Promise<Release> {
    for (;;) {
      const view = await this.view(id);
      if (isThere(view)) return view;
      await sleep(100);
    }
  }

  /** Waits until a batch of the release is done: nothing is under way in the pause that follows. */
  async batchDone(id: string, batch: number): Promise<void> {
    await this.#told(id, { kind: 'batch', step: `batch ${batch}`, subjects: 1 });
  }

  /** Waits until the release has done a step on so many instances. */
  async stepDone(id: string, step: string, instances: number): Promise<void> {
    await this.#told(id, { kind: 'step', step, subjects: instances });
  }

  /** Waits until the release has begun a step on so many instances or sets. */
  async stepBegun(id: string, step: string, subjects: number): Promise<void> {
    await this.#told(id, { kind: 'step', step, subjects, outcome: 'begun' });
  }

  /** Waits until the undo says that it cannot go on. */
  async undoWaits(id: string): Promise<void> {
    await this.#told(id, { kind: 'note', step: 'undo', subjects: 1, outcome: 'failed' });
  }

  /** Waits until the events say that something was done, on so many different subjects: a step may be done twice. */
  async #told(
    id: string,
    done: { kind: string; step: string; subjects: number; outcome?: 'begun' | 'done' | 'failed' },
  ): Promise<void> {
    const isOne = ({ kind, step, outcome }: EventView): boolean =>
      kind === done.kind && step === done.step && outcome === (done.outcome ?? 'done');
    for (;;) {
      const { events } = await this.#insist<{ events: EventView[] }>('GET', `/v1/releases/${id}/events?limit=1000`);
      if (new Set(events.filter(isOne).map(({ instance }) => instance)).size >= done.subjects) return;
      await sleep(100);
    }
  }

  /** Instance (`web-0`) → its pod. */
  async pods(): Promise<Record<string, string>> {
    const { groups } = await this.#insist<AppView>('GET', `/v1/apps/${this.app}`);
    return Object.fromEntries(groups.flatMap(({ instances }) => instances.map(({ name, member }) => [name, member])));
  }

  /** Lets the hosts of these members pull the image, or not; in one IDC or in all. Of a task that is any that could get it. */
  async pulls(image: string, members: (string | undefined)[], may: boolean, idc?: string): Promise<void> {
    const error = may ? {} : { error: 'out of reach, by the fault run' };
    const sets = members.map((member) => member?.replace(/-\d+$/, ''));
    for (const { name, hostsAdmin } of Object.values(this.world.fleet.idcs)) {
      if (idc !== undefined && idc !== name) continue;
      const hosts = new SimHostsClient(hostsAdmin);
      const instances = await hosts.instances();
      const isMeant = ({ instance, namespace }: InstanceView): boolean =>
        namespace === MESOS_NAMESPACE ? sets.includes(setOfTask(instance)) : members.includes(instance);
      const nodes = new Set(
        instances
          .filter(isMeant)
          .flatMap(({ node, namespace }) => (namespace === MESOS_NAMESPACE ? this.#hostsOfMesos(name) : node)),
      );
      for (const node of nodes) await hosts.fault({ kind: 'pull', node, image, on: !may, ...error });
    }
  }

  /** Names of the hosts of an IDC that run tasks. */
  #hostsOfMesos(idc: string): string[] {
    const azs = this.world.shape.idcs[idc]?.azs ?? {};
    return Object.entries(azs).flatMap(([az, { hosts, runs = 'kubernetes' }]) =>
      runs === 'kubernetes' ? [] : Array.from({ length: hosts }, (_, n) => `${idc}-${az}-${String(n + 1)}`),
    );
  }

  /** Somebody else takes the pods out of traffic, or puts them in again. */
  async flag(pods: (string | undefined)[], reason: string | null): Promise<void> {
    const set = { idc: '', az: '', cluster: '', namespace: SHOP.env, name: '' };
    for (const { adminKubeconfig, hostsAdmin } of Object.values(this.world.fleet.idcs)) {
      const hands = new KubernetesHands(adminKubeconfig);
      const here = (await new SimHostsClient(hostsAdmin).instances()).filter(({ instance }) => pods.includes(instance));
      for (const { instance } of here) await hands.flag({ set, member: instance }, reason);
    }
  }

  /** Temporal loses all it knows, of every lane. This lane's namespace is made again. */
  async loseTemporal(): Promise<void> {
    await loseTemporal(this.world);
    await openNamespace(this.world, this.#name);
  }

  /** Resolves when the release's workflow has ended, or Temporal knows none. */
  async closed(id: string): Promise<void> {
    const ended = this.client.workflow.getHandle(releaseWorkflowId(id)).result();
    await Promise.race([ended.catch(() => undefined), once(this.signal, 'abort')]);
  }

  /** Workflows that have not ended, but for plans: those only read. */
  async openOperations(): Promise<string[]> {
    const open: string[] = [];
    const query = 'ExecutionStatus = "Running" AND WorkflowType != "planRelease"';
    for await (const { workflowId } of this.client.workflow.list({ query })) open.push(workflowId);
    return open;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#workers, this.#platform.apiProcess].map((part) => part.kill()));
    await this.#links?.close();
    await this.catalogue.close();
  }

  /** What the case left half done is removed by hand, and the next one gets another app. */
  async discard(): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${SHOP.env}/statefulsets`;
    for (const { adminKubeconfig, mesos } of Object.values(this.world.fleet.idcs)) {
      if (mesos !== null) {
        const hands = new MarathonHands(mesos.marathon[0] ?? '');
        for (const { id } of await hands.under(SHOP.env))
          if (id.startsWith(`/${SHOP.env}/${this.app}-`)) await hands.remove(id);
      }
      const api = new Api(adminKubeconfig);
      try {
        const { items } = await api.request<{ items: { metadata: { name: string } }[] }>({ method: 'GET', path });
        // By name: what was left, or never taken over, has no label of ours.
        for (const { metadata } of items)
          if (metadata.name.startsWith(`${this.app}-${SHOP.group}-`))
            await api.request({ method: 'DELETE', path: `${path}/${metadata.name}`, body: {} });
      } finally {
        await api.close();
      }
    }
    this.rests(null);
  }

  /** After a case that went wrong: nothing of it runs on, and the next one gets another app. */
  async sweep(): Promise<void> {
    this.#standing = null;
    await this.aim(null);
    for (const workflowId of await this.openOperations())
      await this.client.workflow
        .getHandle(workflowId)
        .terminate('the case is over')
        .catch(() => undefined);
    await Promise.all(this.#workers.map((part) => part.restart()));
  }

  async #accepted(path: string, body: object): Promise<string> {
    return (await this.#insist<{ id: string }>('POST', path, body)).id;
  }

  async #insist<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    return insist<T>(this.#platform.api, { method, path, body }, this.#signal);
  }

  /** Starts a dead worker again, after a while where that fails: a start that fails is a loss too. */
  #revive(part: Part, pauseMs = 0): void {
    if (this.#closed) return;
    part.onLost = () => undefined;
    void sleep(pauseMs)
      .then(() => part.start())
      .then(
        () => {
          part.onLost = () => this.#revive(part, this.#deadMs);
        },
        (error: unknown) => {
          // Without its fleet nothing comes back, however often it is tried.
          if (this.#closed || !existsSync(this.world.fleet.dir)) return;
          this.#note(`${this.#name}: a worker did not come back: ${String(error)}`);
          this.#revive(part, 1_000);
        },
      );
  }
}

/** Null: the defaults, as an operator runs it. */
function policyOf(topology: Topology, { hooked }: World): PolicyOverride | null {
  if (topology === 'brief') return { ...(hooked ? POLICY : {}), historyEvents: 1 };
  return hooked ? POLICY : null;
}

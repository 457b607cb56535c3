import type { FrameworkDriver } from '../../mesos/framework.ts';
import type { MesosOffer, MesosTaskInfo } from '../../mesos/types.ts';
import type { App } from '../app/types.ts';
import { nextTaskId } from '../ids.ts';
import { isScheduled } from '../instances/condition.ts';
import type { Change, InstanceTracker } from '../instances/tracker.ts';
import type { Clocks } from '../options.ts';
import type { Condition, Instance } from '../types.ts';
import { LaunchDelays } from './backoff.ts';
import { matchOffer, minus } from './match.ts';
import { Reviver } from './revive.ts';
import { OfferStatistics } from './statistics.ts';
import { taskInfo } from './task-info.ts';

/** `--max_instances_per_offer`. */
const MAX_PER_OFFER = 5;
// NotifyRateLimiterStepImpl.scala: Killed is not among them, so who kills a task does not slow its app down.
const DELAYING = new Set<Condition>(['Dropped', 'Error', 'Failed', 'Gone', 'Finished']);
const ADVANCING = new Set<Condition>(['Staging', 'Starting', 'Running', 'Provisioned']);

/** Finds places for instances: keeps what waits, looks at each offer, and launches tasks on it. */
export class LaunchQueue {
  readonly delays: LaunchDelays;
  /** Of each app that waits or waited. */
  readonly statistics = new Map<string, OfferStatistics>();
  readonly #tracker: InstanceTracker;
  readonly #driver: FrameworkDriver;
  readonly #clocks: Clocks;
  readonly #reviver: Reviver;
  /** When an instance began to wait for its place. */
  readonly #since = new Map<string, number>();
  #recheck: NodeJS.Timeout | undefined;
  /** What the review that is due will be told; null: none is due. */
  #due: { more: boolean } | null = null;
  #stopped = false;

  constructor(tracker: InstanceTracker, driver: FrameworkDriver, clocks: Clocks) {
    this.#tracker = tracker;
    this.#driver = driver;
    this.#clocks = clocks;
    this.delays = new LaunchDelays(clocks.second);
    this.#reviver = new Reviver(driver, clocks.reviveInterval);
    tracker.onChange((change) => this.#changed(change));
  }

  /** Asks for offers if any instance waits (a new leader begins with those of the last). */
  start(): void {
    for (const instance of this.#tracker.all()) this.#note(instance);
    this.#review(true);
  }

  stop(): void {
    this.#stopped = true;
    this.#reviver.stop();
    clearTimeout(this.#recheck);
  }

  /** The next task of the app is launched without waiting. */
  resetDelay(app: App): void {
    this.delays.reset(app);
    this.#review(true);
  }

  /** The app is gone. */
  forget(app: App): void {
    this.statistics.delete(app.id);
    this.resetDelay(app);
  }

  /** Waits since then; milliseconds since 1970. Provisioned instances wait still: for Mesos's word. */
  waitingSince(instance: Instance): number | null {
    return this.#since.get(instance.id) ?? null;
  }

  offers(offers: MesosOffer[]): void {
    for (const offer of offers) {
      const launches = this.#place(offer);
      if (launches.length > 0) this.#driver.accept([offer.id], launches);
      else this.#driver.decline([offer.id], this.#clocks.declineDuration / 1000);
    }
  }

  /** Round by round one task of each app, until nothing more fits. */
  #place(offer: MesosOffer): MesosTaskInfo[] {
    const launches: MesosTaskInfo[] = [];
    const apps = new Set(this.#launchable().map(({ app }) => app.id));
    let { resources } = offer;
    while (apps.size > 0 && launches.length < MAX_PER_OFFER) {
      for (const id of apps) {
        const placed = launches.length < MAX_PER_OFFER ? this.#placeOne(id, { ...offer, resources }) : null;
        if (placed === null) {
          apps.delete(id);
          continue;
        }
        resources = minus(
          resources,
          placed.app,
          placed.info.resources.ports.map(([port]) => port),
        );
        launches.push(placed.info);
      }
    }
    return launches;
  }

  #placeOne(appId: string, offer: MesosOffer): { app: App; info: MesosTaskInfo } | null {
    const waiting = this.#launchable().filter(({ app }) => app.id === appId);
    const statistics = this.statistics.get(appId) ?? new OfferStatistics();
    this.statistics.set(appId, statistics);
    for (const instance of waiting) {
      const { app } = instance;
      const match = matchOffer(app, offer, this.#tracker.of(appId), Date.now());
      if ('reasons' in match) {
        // All that wait for the same version fail alike.
        if (waiting.at(-1)?.app === app) {
          statistics.refused(offer, match.reasons);
          return null;
        }
        continue;
      }
      statistics.matched();
      return { app, info: this.#provision(instance, offer, match.ports) };
    }
    return null;
  }

  #provision(instance: Instance, offer: MesosOffer, ports: (number | null)[]): MesosTaskInfo {
    const { agentId, hostname: host, region, zone, attributes } = offer;
    const taskId = nextTaskId(instance.id, instance.task?.id ?? null);
    const info = taskInfo(instance.app, taskId, offer, ports);
    this.#tracker.provision(
      instance,
      { agentId, host, region, zone, attributes },
      {
        id: taskId,
        stagedAt: Date.now(),
        startedAt: null,
        condition: 'Provisioned',
        status: null,
        hostPorts: ports.filter((port) => port !== null),
        addresses: [],
      },
    );
    return info;
  }

  #launchable(): Instance[] {
    return this.#tracker.all().filter((one) => isScheduled(one) && (this.delays.deadline(one.app) ?? 0) <= Date.now());
  }

  #changed({ instance, before, deleted }: Change): void {
    const { condition } = instance;
    if (before?.condition !== condition) {
      if (DELAYING.has(condition)) this.delays.add(instance.app);
      else if (ADVANCING.has(condition)) this.delays.advance(instance.app);
    }
    if (deleted) this.#since.delete(instance.id);
    else this.#note(instance);
    const waits = !deleted && isScheduled(instance);
    this.#reviewSoon(waits && !(before !== null && isScheduled(before)));
  }

  /** Once for all instances that change together. */
  #reviewSoon(more: boolean): void {
    if (this.#due !== null) {
      this.#due.more ||= more;
      return;
    }
    this.#due = { more };
    queueMicrotask(() => {
      const due = this.#due;
      this.#due = null;
      if (due !== null && !this.#stopped) this.#review(due.more);
    });
  }

  #note(instance: Instance): void {
    const waits = isScheduled(instance) || (instance.condition === 'Provisioned' && instance.goal === 'Running');
    if (!waits) this.#since.delete(instance.id);
    else if (!this.#since.has(instance.id)) this.#since.set(instance.id, Date.now());
  }

  /** @param more something new waits */
  #review(more: boolean): void {
    this.#reviver.want(this.#launchable().length > 0, more);
    clearTimeout(this.#recheck);
    const deadlines = this.#tracker
      .all()
      .filter(isScheduled)
      .map(({ app }) => this.delays.deadline(app) ?? 0);
    const next = Math.min(...deadlines.filter((at) => at > Date.now()));
    if (next !== Infinity) this.#recheck = setTimeout(() => this.#review(true), next - Date.now() + 1);
  }
}

import { isAgentCheck } from '../app/validate.ts';
import type { App, HealthCheck } from '../app/types.ts';
import type { EventBus } from '../events/bus.ts';
import { isActive } from '../instances/condition.ts';
import { every } from '../instances/jobs.ts';
import type { InstanceTracker } from '../instances/tracker.ts';
import type { Kills } from '../instances/kills.ts';
import type { Clocks } from '../options.ts';
import { iso } from '../stamps.ts';
import type { Instance } from '../types.ts';
import { afterVerdict, isAlive, unknownHealth, type Health, type Verdict } from './health.ts';
import { probe } from './probe.ts';

export interface HealthSurroundings {
  tracker: InstanceTracker;
  kills: Kills;
  bus: EventBus;
  clocks: Clocks;
  dial: (host: string) => string;
}

/** One check of one version of an app: asks all its running instances, each interval (HealthCheckActor.scala). */
export class HealthLoop {
  readonly check: HealthCheck;
  readonly health = new Map<string, Health>();
  readonly #app: App;
  readonly #around: HealthSurroundings;
  readonly #told: (health: Health) => void;
  #stop: () => void = () => undefined;
  readonly #probing = new Set<string>();
  #stopped = false;

  /** @param told called with the outcome of each probe */
  constructor(app: App, check: HealthCheck, around: HealthSurroundings, told: (health: Health) => void) {
    this.check = check;
    this.#app = app;
    this.#around = around;
    this.#told = told;
  }

  start(): void {
    if (isAgentCheck(this.check)) return;
    const { second, firstHealthCheck } = this.#around.clocks;
    const interval = Math.max(1, this.check.intervalSeconds * second);
    this.#stop = every(Math.min(interval, firstHealthCheck), interval, () => this.#tick());
  }

  stop(): void {
    this.#stopped = true;
    this.#stop();
  }

  /** What was found of one instance; for checks of the agent the tracker says it. */
  handle(instance: Instance, verdict: Verdict): void {
    const before = this.health.get(instance.id) ?? unknownHealth(instance.id);
    const counts = verdict !== null && (verdict.healthy || !this.#ignores(instance, before));
    if (counts && !verdict.healthy) this.#failed(instance, before);
    const after = counts ? afterVerdict(before, verdict, Date.now()) : before;
    this.health.set(instance.id, after);
    this.#told(after);
    if (isAlive(before) === isAlive(after)) return;
    this.#around.bus.publish('health_status_changed_event', {
      appId: this.#app.id,
      instanceId: instance.id,
      version: iso(this.#app.versionInfo.version),
      alive: isAlive(after),
    });
  }

  #tick(): void {
    const instances = this.#around.tracker.of(this.#app.id);
    for (const one of instances) if (!isActive(one)) this.health.delete(one.id);
    const { version } = this.#app.versionInfo;
    for (const one of instances) {
      if (one.condition === 'Running' && one.app.versionInfo.version === version) void this.#probe(one);
    }
  }

  /** An instance whose probe takes longer than the interval is not asked anew in between. */
  async #probe(instance: Instance): Promise<void> {
    const { id, task } = instance;
    if (this.#probing.has(id)) return;
    const { tracker, clocks, dial } = this.#around;
    this.#probing.add(id);
    const verdict = await probe(instance, this.check, clocks.second, dial);
    this.#probing.delete(id);
    const now = tracker.get(id);
    // What is found late, of a task that was replaced or by a leader that leads no more, counts for nothing.
    if (!this.#stopped && now !== undefined && now.task?.id === task?.id) this.handle(now, verdict);
  }

  /** Failures do not count until the first success, or the end of the grace period. */
  #ignores(instance: Instance, { firstSuccess }: Health): boolean {
    if (instance.condition !== 'Running') return true;
    const grace = this.check.gracePeriodSeconds * this.#around.clocks.second;
    return firstSuccess === null && instance.since + grace > Date.now();
  }

  #failed(instance: Instance, before: Health): void {
    const { bus, kills } = this.#around;
    bus.publish('failed_health_check_event', {
      appId: this.#app.id,
      healthCheck: this.check,
      taskId: instance.id,
    });
    // The count is the one before this failure: the kill comes with failure number maxConsecutiveFailures + 1.
    const { maxConsecutiveFailures: max } = this.check;
    if (max === 0 || before.consecutiveFailures < max || instance.condition === 'Unreachable') return;
    bus.publish('unhealthy_instance_kill_event', {
      appId: this.#app.id,
      taskId: instance.task?.id ?? instance.id,
      instanceId: instance.id,
      version: iso(this.#app.versionInfo.version),
      reason: before.lastFailureCause ?? 'unknown',
      host: instance.agent?.host ?? 'unknown',
      slaveId: instance.agent?.agentId ?? null,
      timestamp: iso(before.lastFailure ?? Date.now()),
    });
    kills.kill([instance]);
  }
}

import type { App } from '../app/types.ts';
import { isAgentCheck } from '../app/validate.ts';
import { instanceHealthChanged } from '../instances/events.ts';
import type { Store } from '../store.ts';
import type { Instance } from '../types.ts';
import { isAlive, type Health } from './health.ts';
import { HealthLoop, type HealthSurroundings } from './loop.ts';

/** All of an instance's checks together; null: some have not spoken yet. */
export type InstanceHealth = boolean | null;

/** The checks of all apps, one set for each version that has instances (MarathonHealthCheckManager.scala). */
export class HealthManager {
  readonly #store: Store;
  readonly #around: HealthSurroundings;
  /** By app and version. */
  readonly #loops = new Map<string, Map<number, HealthLoop[]>>();
  readonly #verdicts = new Map<string, InstanceHealth>();
  readonly #listeners = new Set<(instance: Instance, health: InstanceHealth) => void>();

  constructor(store: Store, around: HealthSurroundings) {
    this.#store = store;
    this.#around = around;
    around.tracker.onChange(({ instance, before, deleted }) => {
      // Of a new task nothing is known.
      if (deleted || instance.task?.id !== before?.task?.id) this.#forget(instance);
      this.#byAgent(instance);
    });
  }

  /** Returns what ends it. */
  onChange(listener: (instance: Instance, health: InstanceHealth) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes up the checks of all that runs: what the last leader knew of its health is lost. */
  start(): void {
    for (const app of this.#store.root.apps.values()) this.addAllFor(app);
    for (const { app } of this.#around.tracker.all()) this.addAllFor(app);
    for (const instance of this.#around.tracker.all()) this.#byAgent(instance);
  }

  stop(): void {
    for (const id of [...this.#loops.keys()]) this.#end(id, () => true, false);
  }

  addAllFor(app: App): void {
    this.#prune(app.id);
    const versions = this.#loops.get(app.id) ?? new Map<number, HealthLoop[]>();
    const { version } = app.versionInfo;
    if (versions.has(version) || app.healthChecks.length === 0) return;
    this.#loops.set(app.id, versions);
    versions.set(
      version,
      app.healthChecks.map((check) => {
        const loop = new HealthLoop(app, check, this.#around, (health) => this.#told(app, health.instanceId));
        loop.start();
        this.#around.bus.publish('add_health_check_event', {
          appId: app.id,
          healthCheck: check,
          version: new Date(version).toISOString(),
        });
        return loop;
      }),
    );
  }

  removeAllFor(appId: string): void {
    this.#end(appId, () => true, true);
  }

  /** What each check of an instance's version knows of it. */
  of({ id, app }: Instance): Health[] {
    const loops = this.#loops.get(app.id)?.get(app.versionInfo.version) ?? [];
    return loops.flatMap((loop) => loop.health.get(id) ?? []);
  }

  verdict({ id }: Instance): InstanceHealth {
    return this.#verdicts.get(id) ?? null;
  }

  #told(app: App, instanceId: string): void {
    const instance = this.#around.tracker.get(instanceId);
    if (!instance) return;
    const loops = this.#loops.get(app.id)?.get(app.versionInfo.version) ?? [];
    const known = loops.map((loop) => loop.health.get(instanceId));
    const next = known.every((health) => health !== undefined && isAlive(health))
      ? true
      : known.includes(undefined)
        ? null
        : false;
    if (next === this.verdict(instance)) return;
    this.#verdicts.set(instanceId, next);
    this.#around.bus.publish('instance_health_changed_event', instanceHealthChanged(instance, next));
    for (const listener of [...this.#listeners]) listener(instance, next);
  }

  #forget({ id, app }: Instance): void {
    this.#verdicts.delete(id);
    for (const loop of [...(this.#loops.get(app.id)?.values() ?? [])].flat()) loop.health.delete(id);
  }

  #byAgent(instance: Instance): void {
    if (instance.healthy !== true) return;
    for (const loop of this.#loops.get(instance.app.id)?.get(instance.app.versionInfo.version) ?? []) {
      const known = loop.health.get(instance.id);
      if (isAgentCheck(loop.check) && !(known && isAlive(known))) loop.handle(instance, { healthy: true });
    }
  }

  /** Old versions without an instance need no checks any more. */
  #prune(appId: string): void {
    const current = this.#store.root.apps.get(appId)?.versionInfo.version;
    const used = new Set(this.#around.tracker.of(appId).map(({ app }) => app.versionInfo.version));
    this.#end(appId, (version) => version !== current && !used.has(version), true);
  }

  #end(appId: string, which: (version: number) => boolean, tell: boolean): void {
    const versions = this.#loops.get(appId);
    for (const [version, loops] of versions ?? []) {
      if (!which(version)) continue;
      for (const loop of loops) {
        loop.stop();
        if (tell) this.#around.bus.publish('remove_health_check_event', { appId });
      }
      versions?.delete(version);
    }
    if (versions?.size === 0) this.#loops.delete(appId);
  }
}

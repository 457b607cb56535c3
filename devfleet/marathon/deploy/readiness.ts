import type { App } from '../app/types.ts';
import type { Instance } from '../types.ts';
import type { StepContext } from './around.ts';
import { untilReady } from './readiness-check.ts';

/**
 * Which instances of the version that is deployed are healthy and ready (ReadinessBehavior.scala). Healthy: running, and,
 * where the app has health checks, found healthy since. Ready: the same, and the readiness check passed once.
 */
export class Readiness {
  readonly #app: App;
  readonly #context: StepContext;
  readonly #changed: (id: string) => void;
  readonly #healthy = new Set<string>();
  readonly #ready = new Set<string>();
  /** Tasks whose readiness check runs or ran. */
  readonly #checked = new Set<string>();
  readonly #unsubscribe: () => void;

  /** @param changed called when an instance became healthy and ready, or one of both */
  constructor(app: App, context: StepContext, changed: (id: string) => void) {
    this.#app = app;
    this.#context = context;
    this.#changed = changed;
    this.#unsubscribe = context.around.health.onChange((instance, healthy) => {
      if (healthy === true && this.#isOurs(instance) && !this.#healthy.has(instance.id)) this.#becameHealthy(instance);
    });
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** An instance that is there when the deployment (or the leader) begins. */
  reconcile(instance: Instance): void {
    const { around } = this.#context;
    const healthy = this.#app.healthChecks.length === 0 || around.health.verdict(instance) === true;
    if (healthy) this.#healthy.add(instance.id);
    if (this.#app.readinessChecks.length === 0) this.#ready.add(instance.id);
    else if (instance.condition === 'Running') this.#check(instance);
  }

  /** Of this version, and running now. */
  running(instance: Instance): void {
    if (!this.#isOurs(instance)) return;
    const { healthChecks, readinessChecks } = this.#app;
    if (readinessChecks.length > 0) this.#check(instance);
    if (healthChecks.length > 0) return;
    this.#healthy.add(instance.id);
    if (readinessChecks.length > 0) return;
    this.#ready.add(instance.id);
    this.#changed(instance.id);
  }

  terminated(id: string): void {
    this.#healthy.delete(id);
    this.#ready.delete(id);
  }

  isReady(id: string): boolean {
    return this.#healthy.has(id) && this.#ready.has(id);
  }

  /** Exactly so many are. */
  reached(count: number): boolean {
    return this.#healthy.size === count && this.#ready.size === count;
  }

  #isOurs({ app }: Instance): boolean {
    return app.id === this.#app.id && app.versionInfo.version === this.#app.versionInfo.version;
  }

  #becameHealthy(instance: Instance): void {
    this.#healthy.add(instance.id);
    if (this.#app.readinessChecks.length === 0) this.#ready.add(instance.id);
    this.#changed(instance.id);
  }

  #check(instance: Instance): void {
    const { task } = instance;
    if (task === null || this.#checked.has(task.id)) return;
    this.#checked.add(task.id);
    for (const check of this.#app.readinessChecks) {
      void untilReady(instance, check, this.#context, (result) => {
        this.#context.readiness(result);
        if (!result.ready) return;
        this.#ready.add(instance.id);
        this.#changed(instance.id);
      });
    }
  }
}

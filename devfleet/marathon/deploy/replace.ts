import type { App } from '../app/types.ts';
import { isOver } from '../instances/condition.ts';
import type { Change } from '../instances/tracker.ts';
import type { Instance } from '../types.ts';
import type { StepContext } from './around.ts';
import { Readiness } from './readiness.ts';

/**
 * How many old instances may be killed at once, and how many there may be in all, old and new
 * (TaskReplaceActor.computeRestartStrategy). An instance counts as healthy here by all its checks; the code of Marathon
 * 1.11 asks those of the agent only, by which a restart without over-capacity of an app with an HTTP check never begins.
 */
export function restartStrategy(
  app: App,
  current: number,
  healthy: number,
): { killImmediately: number; maxCapacity: number } {
  const { minimumHealthCapacity, maximumOverCapacity } = app.upgradeStrategy;
  const minHealthy = Math.ceil(app.instances * minimumHealthCapacity);
  let maxCapacity = Math.floor(app.instances * (1 + maximumOverCapacity));
  let killImmediately = Math.max(0, healthy - minHealthy);
  // All must be healthy, and none more may run: one more may, for the while.
  if (minHealthy === maxCapacity && maxCapacity <= healthy) maxCapacity += 1;
  if (app.instances < current) killImmediately = Math.max(current - app.instances, killImmediately);
  return { killImmediately, maxCapacity };
}

/** Replaces all instances of older versions, within the app's upgrade strategy (TaskReplaceActor.scala). */
export async function replaceInstances(app: App, context: StepContext): Promise<void> {
  const { signal, around } = context;
  signal.throwIfAborted();
  let replacement: Replacement | undefined;
  let unsubscribe: () => void = () => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      replacement = new Replacement(app, context, resolve);
      const { changed } = replacement;
      unsubscribe = around.tracker.onChange(changed);
      replacement.begin();
    });
  } finally {
    unsubscribe();
    replacement?.stop();
  }
}

class Replacement {
  readonly #app: App;
  readonly #context: StepContext;
  readonly #done: () => void;
  readonly #readiness: Readiness;
  readonly #oldActive: Set<string>;
  readonly #toKill: string[];
  readonly #strategy: { killImmediately: number; maxCapacity: number };
  readonly #already: Instance[];
  #started: number;

  constructor(app: App, context: StepContext, done: () => void) {
    this.#app = app;
    this.#context = context;
    this.#done = done;
    this.#readiness = new Readiness(app, context, (id) => this.#progressed(id));
    const current = context.around.tracker.of(app.id);
    this.#already = current.filter((instance) => !this.#isOld(instance));
    const old = current.filter((instance) => this.#isOld(instance) && instance.goal === 'Running');
    const healthy = (instance: Instance) => this.#consideredHealthy(instance);
    this.#strategy = restartStrategy(
      app,
      current.length,
      current.filter((instance) => instance.goal === 'Running' && healthy(instance)).length,
    );
    this.#oldActive = new Set(old.map(({ id }) => id));
    this.#toKill = [...old.filter((one) => !healthy(one)), ...old.filter(healthy)].map(({ id }) => id);
    this.#started = this.#already.length;
  }

  begin(): void {
    for (const instance of this.#already) this.#readiness.reconcile(instance);
    for (let left = this.#strategy.killImmediately; left > 0; left -= 1) this.#killNext();
    this.#launch();
    this.#context.around.queue.resetDelay(this.#app);
    this.#check();
  }

  stop(): void {
    this.#readiness.stop();
  }

  readonly changed = ({ instance, before }: Change): void => {
    if (instance.app.id !== this.#app.id) return;
    const { id, condition, goal } = instance;
    if (before?.condition === condition && before.goal === goal) return;
    const over = isOver(condition);
    if (!this.#isOld(instance)) {
      if (condition === 'Running') this.#readiness.running(instance);
      if (over && goal === 'Running') this.#readiness.terminated(id);
      else if (over) this.#started -= 1;
    } else if (over && goal === 'Running') {
      this.#oldActive.delete(id);
      this.#context.around.tracker.setGoal(id, 'Decommissioned');
    } else if ((over || condition === 'Scheduled') && goal === 'Decommissioned') {
      this.#oldActive.delete(id);
      this.#launch();
      this.#check();
    }
  };

  #progressed(id: string): void {
    if (this.#readiness.isReady(id)) this.#killNext();
    this.#check();
  }

  #launch(): void {
    const left = Math.max(0, this.#strategy.maxCapacity - this.#oldActive.size - this.#started);
    const now = Math.min(left, Math.max(0, this.#app.instances - this.#started));
    this.#started += now;
    this.#context.around.tracker.schedule(this.#app, now);
  }

  #killNext(): void {
    const id = this.#toKill.shift();
    if (id !== undefined) this.#context.around.tracker.setGoal(id, 'Decommissioned');
  }

  #check(): void {
    if (this.#readiness.reached(this.#app.instances) && this.#oldActive.size === 0) this.#done();
  }

  #isOld({ app }: Instance): boolean {
    return app.versionInfo.version !== this.#app.versionInfo.version;
  }

  #consideredHealthy(instance: Instance): boolean {
    const { healthChecks, readinessChecks } = instance.app;
    const checked = healthChecks.length > 0 || readinessChecks.length > 0;
    return !checked || this.#context.around.health.verdict(instance) === true;
  }
}

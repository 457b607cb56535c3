import { setMaxListeners } from 'node:events';
import { locked } from '../errors.ts';
import { iso } from '../stamps.ts';
import type { Step } from '../types.ts';
import type { DeploySurroundings, ReadinessResult, StepContext } from './around.ts';
import { affectedApps, showPlan, showStep, type DeploymentPlan } from './plan.ts';
import { runDeployment } from './run.ts';

interface Running {
  plan: DeploymentPlan;
  /** Not while it waits for those that it displaced. */
  shown: boolean;
  step: Step;
  stepIndex: number;
  readiness: Map<string, ReadinessResult>;
  controller: AbortController;
  /** Settles when it has ended, one way or the other. */
  ended: Promise<void>;
}

const CANCELLED = 'The upgrade has been cancelled';

/** One running deployment for each app (DeploymentManagerActor.scala). */
export class DeploymentManager {
  readonly #around: DeploySurroundings;
  readonly #running = new Map<string, Running>();
  #stopped = false;

  constructor(around: DeploySurroundings) {
    this.#around = around;
  }

  /** Takes up the deployments that the last leader left, from their first step. */
  recover(): void {
    for (const plan of this.#around.store.plans.values()) this.#launch(plan, []);
  }

  /** The leader is no more; its deployments wait for the next. */
  stop(): void {
    this.#stopped = true;
    for (const { controller } of this.#running.values()) controller.abort(new Error(CANCELLED));
  }

  /** @throws Refusal 409 when another touches one of the same apps; with `force` those are cancelled first */
  start(plan: DeploymentPlan, force: boolean): void {
    const apps = new Set(affectedApps(plan));
    const conflicts = [...this.#running.values()].filter((one) => affectedApps(one.plan).some((app) => apps.has(app)));
    if (conflicts.length > 0 && !force) {
      const refusal = locked(conflicts.map((one) => one.plan.id));
      this.#failed(plan, refusal.message);
      throw refusal;
    }
    for (const { plan: displaced } of conflicts) this.cancel(displaced.id);
    this.#around.store.plans.set(plan.id, plan);
    this.#launch(
      plan,
      conflicts.map(({ ended }) => ended),
    );
  }

  /** Abandons it: nothing is turned back. */
  cancel(id: string): void {
    this.#around.store.plans.delete(id);
    this.#running.get(id)?.controller.abort(new Error(CANCELLED));
  }

  get(id: string): DeploymentPlan | undefined {
    return this.#shown().find(({ plan }) => plan.id === id)?.plan;
  }

  count(): number {
    return this.#shown().length;
  }

  /** Ids of the deployments that touch an app. */
  of(appId: string): string[] {
    return this.#shown()
      .filter(({ plan }) => affectedApps(plan).includes(appId))
      .map(({ plan }) => plan.id);
  }

  isLocked(appId: string): boolean {
    return [...this.#running.values()].some(({ plan }) => affectedApps(plan).includes(appId));
  }

  readinessOf(appId: string): Record<string, unknown>[] {
    return this.#shown().flatMap((running) => showReadiness(running, appId));
  }

  /** As `/v2/deployments` lists them. */
  show(): Record<string, unknown>[] {
    return this.#shown().map((running) => {
      const { plan, step, stepIndex } = running;
      return {
        id: plan.id,
        version: iso(plan.version),
        affectedApps: affectedApps(plan),
        affectedPods: [],
        steps: plan.steps.map(showStep),
        currentActions: step.actions.map(({ action, app }) => ({
          action,
          app: app.id,
          readinessCheckResults: showReadiness(running, app.id),
        })),
        currentStep: stepIndex,
        totalSteps: plan.steps.length,
      };
    });
  }

  #shown(): Running[] {
    return [...this.#running.values()].filter(({ shown }) => shown);
  }

  #launch(plan: DeploymentPlan, after: Promise<void>[]): void {
    const controller = new AbortController();
    // One for each action of a step, which may be hundreds.
    setMaxListeners(0, controller.signal);
    const running: Running = {
      plan,
      shown: after.length === 0,
      step: { actions: [] },
      stepIndex: 0,
      readiness: new Map(),
      controller,
      ended: Promise.resolve(),
    };
    this.#running.set(plan.id, running);
    const context: StepContext = {
      around: this.#around,
      signal: controller.signal,
      readiness: (result) => running.readiness.set(result.taskId, result),
    };
    running.ended = this.#run(running, context, after);
  }

  async #run(running: Running, context: StepContext, after: Promise<void>[]): Promise<void> {
    const { plan } = running;
    await Promise.all(after);
    running.shown = true;
    try {
      await runDeployment(plan, context, (step, index) => {
        running.step = step;
        running.stepIndex = index;
      });
      this.#end(plan);
      if (!this.#stopped) {
        this.#around.bus.publish('deployment_success', { id: plan.id, plan: showPlan(plan) });
      }
    } catch (error) {
      this.#end(plan);
      if (!this.#stopped) this.#failed(plan, error instanceof Error ? error.message : String(error));
    }
  }

  #end({ id }: DeploymentPlan): void {
    this.#running.delete(id);
    if (!this.#stopped) this.#around.store.plans.delete(id);
  }

  #failed(plan: DeploymentPlan, reason: string): void {
    this.#around.bus.publish('deployment_failed', { id: plan.id, plan: showPlan(plan), reason });
  }
}

function showReadiness({ readiness }: Running, appId: string): Record<string, unknown>[] {
  return [...readiness.values()]
    .filter((result) => result.appId === appId)
    .map(({ name, taskId, ready, lastResponse }) => ({
      name,
      taskId,
      ready,
      ...(lastResponse === null ? {} : { lastResponse }),
    }));
}

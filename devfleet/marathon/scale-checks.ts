import type { DeploymentManager } from './deploy/manager.ts';
import { proposeScaling } from './deploy/scaling.ts';
import { isOver, isTerminal } from './instances/condition.ts';
import type { InstanceTracker } from './instances/tracker.ts';
import type { Store } from './store.ts';
import type { Condition } from './types.ts';

/**
 * Keeps each app at its number of instances outside deployments: when one was lost, and from time to time
 * (SchedulerActions.scale). Leaves apps alone that a deployment holds, and those it is still killing for.
 */
export class ScaleChecks {
  readonly #store: Store;
  readonly #tracker: InstanceTracker;
  readonly #deployments: DeploymentManager;
  /** Instances that are being killed, by app. */
  readonly #killing = new Map<string, Set<string>>();

  constructor(store: Store, tracker: InstanceTracker, deployments: DeploymentManager) {
    this.#store = store;
    this.#tracker = tracker;
    this.#deployments = deployments;
    tracker.onChange(({ instance, before, deleted }) => {
      const killing = this.#killing.get(instance.app.id);
      if (killing && (deleted || isOver(instance.condition))) killing.delete(instance.id);
      const lost = isWorthy(instance.condition) && !(before !== null && isWorthy(before.condition));
      if (lost) this.check(instance.app.id);
    });
  }

  all(): void {
    for (const id of this.#store.root.apps.keys()) this.check(id);
  }

  check(appId: string): void {
    const app = this.#store.root.apps.get(appId);
    if (!app || this.#deployments.isLocked(appId) || (this.#killing.get(appId)?.size ?? 0) > 0) return;
    const { toDecommission, toStart } = proposeScaling(app, this.#tracker.of(appId), [], app.instances);
    this.#killing.set(appId, new Set(toDecommission.filter((one) => !isOver(one.condition)).map(({ id }) => id)));
    for (const { id } of toDecommission) this.#tracker.setGoal(id, 'Decommissioned');
    this.#tracker.schedule(app, toStart);
  }
}

function isWorthy(condition: Condition): boolean {
  return condition === 'UnreachableInactive' || isTerminal(condition);
}

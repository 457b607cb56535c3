import { versionAfter } from './app/change.ts';
import { assignServicePorts } from './app/service-ports.ts';
import type { App, AppSpec } from './app/types.ts';
import { Violations } from './app/violations.ts';
import { hasCycle } from './deploy/dependencies.ts';
import type { DeploymentManager } from './deploy/manager.ts';
import { planDeployment, type DeploymentPlan } from './deploy/plan.ts';
import { tooManyDeployments } from './errors.ts';
import type { EventBus } from './events/bus.ts';
import { parentOf } from './paths.ts';
import { withApp, type Root } from './root.ts';
import { iso } from './stamps.ts';
import type { Store } from './store.ts';

export interface RootChange {
  /** Group that the change is announced for. */
  group: string;
  change: (root: Root) => Root;
  /** Milliseconds since 1970, of everything that changes. @default a new one */
  version?: number;
  /** Cancels deployments that are in the way. */
  force: boolean;
  /** Apps that are to be restarted though their definitions stay. */
  restart?: ReadonlySet<string>;
  /** Ids of instances that a scale-down must take, by app. */
  toKill?: ReadonlyMap<string, string[]>;
}

/** Every change of what is to run goes through here: it becomes a deployment (core/group/impl/GroupManagerImpl.scala). */
export class GroupManager {
  readonly #store: Store;
  readonly #deployments: DeploymentManager;
  readonly #bus: EventBus;
  readonly #maxDeployments: number;

  constructor(store: Store, deployments: DeploymentManager, bus: EventBus, maxDeployments: number) {
    this.#store = store;
    this.#deployments = deployments;
    this.#bus = bus;
    this.#maxDeployments = maxDeployments;
  }

  get root(): Root {
    return this.#store.root;
  }

  /**
   * Returns the deployment, empty where nothing changes.
   * @throws Refusal of the change itself; 403 while too many deployments run; 409 while one of the apps is locked;
   *   422 when the apps together make no sense
   */
  update(change: RootChange): DeploymentPlan {
    const version = change.version ?? this.#store.stamps.next();
    const announced = { groupId: change.group, version: iso(version) };
    try {
      const plan = this.#deploy(change, version);
      this.#bus.publish('group_change_success', announced);
      return plan;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#bus.publish('group_change_failed', { ...announced, reason });
      throw error;
    }
  }

  /** @param change is given what is there; its version is filled in */
  updateApp(
    id: string,
    change: (current: App | undefined) => AppSpec,
    options: Omit<RootChange, 'group' | 'change'>,
  ): DeploymentPlan {
    return this.update({
      ...options,
      group: parentOf(id),
      change: (root) => withApp(root, versioned(change(root.apps.get(id)), root.apps.get(id))),
    });
  }

  #deploy({ change, force, restart, toKill }: RootChange, version: number): DeploymentPlan {
    if (this.#deployments.count() >= this.#maxDeployments) throw tooManyDeployments(this.#maxDeployments);
    const original = this.#store.root;
    const changed = change(original);
    const apps = new Map(changed.apps);
    assignServicePorts(original.apps, apps);
    for (const [id, app] of apps) {
      const old = original.apps.get(id);
      const versionInfo = versionAfter(old, app, restart?.has(id) ?? false, version);
      if (versionInfo !== app.versionInfo) apps.set(id, { ...app, versionInfo });
    }
    const target: Root = { version, apps, groups: changed.groups };
    validateRoot(target);
    const plan = planDeployment(original, target, version, toKill ?? new Map());
    this.#deployments.start(plan, force);
    this.#store.replaceRoot(target);
    return plan;
  }
}

/** An app keeps its version until it is known to change; a new one gets it with the deployment. */
export function versioned(spec: AppSpec, current: App | undefined): App {
  const none = { version: 0, lastScalingAt: 0, lastConfigChangeAt: 0, full: false };
  return { ...spec, versionInfo: current?.versionInfo ?? none };
}

function validateRoot(root: Root): void {
  const found = new Violations();
  found.require(!hasCycle(root), '/', 'Dependency graph has cyclic dependencies.');
  const clash = [...root.apps.keys()].some((id) => root.groups.has(id));
  found.require(!clash, '/', 'Groups and Applications may not have the same identifier.');
  found.throwIfAny();
}

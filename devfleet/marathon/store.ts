import type { App } from './app/types.ts';
import type { DeploymentPlan } from './deploy/plan.ts';
import { EMPTY_ROOT, type Root } from './root.ts';
import { Stamps } from './stamps.ts';
import type { Instance, TaskFailure } from './types.ts';

/** `--zk_max_versions`: so many versions of the root, and of each app, are kept. */
const MAX_VERSIONS = 50;

/** What Marathon keeps in ZooKeeper: a new leader starts from this, and from nothing else. */
export class Store {
  readonly stamps = new Stamps();
  root: Root = EMPTY_ROOT;
  /** The roots there were, oldest first. */
  readonly roots: Root[] = [];
  /** The versions of every app that exists, oldest first; forgotten with the app. */
  readonly versions = new Map<string, App[]>();
  readonly instances = new Map<string, Instance>();
  /** Deployments that have not ended, in the order they came. */
  readonly plans = new Map<string, DeploymentPlan>();
  readonly failures = new Map<string, TaskFailure>();
  frameworkId: string | null = null;

  /** `/v2/apps/{id}/versions/{version}`. */
  appAt(id: string, version: number): App | undefined {
    return this.versions.get(id)?.find(({ versionInfo }) => versionInfo.version === version);
  }

  replaceRoot(root: Root): void {
    for (const [id, app] of root.apps) {
      if (this.root.apps.get(id) !== app) this.#remember(app);
    }
    for (const id of this.versions.keys()) if (!root.apps.has(id)) this.versions.delete(id);
    this.root = root;
    this.roots.push(root);
    if (this.roots.length > MAX_VERSIONS) this.roots.shift();
  }

  #remember(app: App): void {
    const before = this.versions.get(app.id) ?? [];
    const others = before.filter(({ versionInfo }) => versionInfo.version !== app.versionInfo.version);
    this.versions.set(app.id, [...others, app].slice(-MAX_VERSIONS));
  }
}

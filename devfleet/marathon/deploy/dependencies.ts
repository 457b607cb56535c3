import { appsWithin, type Root } from '../root.ts';

/**
 * Length of the longest chain of dependencies below an app, itself included: what others depend on is deployed first
 * (DeploymentPlan.runSpecsGroupedByLongestPath). A dependency on a group is one on all apps in it.
 */
export function dependencyDepth(id: string, root: Root): number {
  return 1 + Math.max(0, ...dependenciesOf(id, root).map((next) => dependencyDepth(next, root)));
}

export function hasCycle(root: Root): boolean {
  const done = new Set<string>();
  const visit = (id: string, above: ReadonlySet<string>): boolean => {
    if (above.has(id)) return true;
    if (done.has(id)) return false;
    const within = new Set(above).add(id);
    const found = dependenciesOf(id, root).some((next) => visit(next, within));
    done.add(id);
    return found;
  };
  return [...root.apps.keys()].some((id) => visit(id, new Set()));
}

function dependenciesOf(id: string, root: Root): string[] {
  const dependencies = root.apps.get(id)?.dependencies ?? [];
  return dependencies.flatMap((path) => appsWithin(root, path).map((app) => app.id)).filter((next) => next !== id);
}

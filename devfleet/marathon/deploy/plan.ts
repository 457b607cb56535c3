import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isOnlyScale, needsRestart } from '../app/change.ts';
import type { App } from '../app/types.ts';
import type { Root } from '../root.ts';
import { iso } from '../stamps.ts';
import type { Action, Step } from '../types.ts';
import { dependencyDepth } from './dependencies.ts';

/** How to come from one root to another, step by step. An empty plan ends at once. */
export interface DeploymentPlan {
  id: string;
  original: Root;
  target: Root;
  steps: Step[];
  version: number;
}

/** @param toKill ids of instances to take, by app (kill with scale) */
export function planDeployment(
  original: Root,
  target: Root,
  version: number,
  toKill: ReadonlyMap<string, string[]>,
): DeploymentPlan {
  const stops = [...original.apps.values()].filter(({ id }) => !target.apps.has(id));
  const starts = [...target.apps.values()].filter(({ id }) => !original.apps.has(id));
  const changed = [...target.apps.values()].filter((app) => !isDeepStrictEqual(original.apps.get(app.id), app));

  const byDepth = new Map<number, Action[]>();
  for (const app of changed) {
    const action = actionFor(original.apps.get(app.id), app, toKill.get(app.id) ?? []);
    if (action === null) continue;
    const depth = dependencyDepth(app.id, target);
    byDepth.set(depth, [...(byDepth.get(depth) ?? []), action]);
  }
  const steps: Step[] = [
    { actions: stops.map((app) => ({ action: 'StopApplication', app, sentenced: [] })) },
    { actions: starts.map((app) => ({ action: 'StartApplication', app, sentenced: [] })) },
    ...[...byDepth].sort(([a], [b]) => a - b).map(([, actions]) => ({ actions })),
  ];
  return { id: randomUUID(), original, target, steps: steps.filter(({ actions }) => actions.length > 0), version };
}

function actionFor(old: App | undefined, app: App, sentenced: string[]): Action | null {
  if (old === undefined) return { action: 'ScaleApplication', app, sentenced: [] };
  if (isOnlyScale(old, app) || app.instances === 0) return { action: 'ScaleApplication', app, sentenced };
  return needsRestart(old, app) ? { action: 'RestartApplication', app, sentenced: [] } : null;
}

/** The apps that a plan touches, and so locks. */
export function affectedApps({ steps }: DeploymentPlan): string[] {
  return [...new Set(steps.flatMap(({ actions }) => actions.map(({ app }) => app.id)))];
}

export function showStep({ actions }: Step): { actions: { action: string; app: string }[] } {
  return { actions: actions.map(({ action, app }) => ({ action, app: app.id })) };
}

/** A plan in events. */
export function showPlan({ id, steps, version }: DeploymentPlan): Record<string, unknown> {
  return { id, steps: steps.map(showStep), version: iso(version) };
}

import { isDeepStrictEqual } from 'node:util';
import { appsWithin, withApp, withoutApp, withoutGroup, type Root } from '../root.ts';
import { ancestorsOf } from '../paths.ts';
import type { DeploymentPlan } from './plan.ts';

/**
 * The root of now without what the plan changed in it: changed and removed apps as they were before, new ones gone, and
 * new groups too where nothing came into them since. What others changed meanwhile stays (DeploymentPlanReverter.scala).
 */
export function revert({ original, target }: DeploymentPlan, now: Root): Root {
  let root = now;
  for (const id of new Set([...original.apps.keys(), ...target.apps.keys()])) {
    const before = original.apps.get(id);
    if (isDeepStrictEqual(before, target.apps.get(id))) continue;
    root = before === undefined ? withoutApp(root, id) : withApp(root, before);
  }
  const added = [...target.groups].filter((id) => !original.groups.has(id));
  for (const id of added.sort((a, b) => ancestorsOf(b).length - ancestorsOf(a).length)) {
    if (appsWithin(root, id).length === 0) root = withoutGroup(root, id);
  }
  return root;
}

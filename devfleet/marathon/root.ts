import type { App } from './app/types.ts';
import { ancestorsOf, isWithin, parentOf } from './paths.ts';

/**
 * All apps and the groups they lie in, at one version. Never changed in place: a deployment keeps the root before and
 * after it, to turn back what it changed (state/RootGroup.scala).
 */
export interface Root {
  /** Milliseconds since 1970. */
  readonly version: number;
  readonly apps: ReadonlyMap<string, App>;
  /** Paths of all groups, with or without apps; the root is always one. */
  readonly groups: ReadonlySet<string>;
}

export const EMPTY_ROOT: Root = { version: 0, apps: new Map(), groups: new Set(['/']) };

/** With the app, new or changed, and all groups above it. An empty group of the same name gives way. */
export function withApp(root: Root, app: App): Root {
  const groups = new Set([...root.groups, ...ancestorsOf(app.id)]);
  const holdsApps = [...root.apps.keys()].some((id) => id !== app.id && isWithin(id, app.id));
  if (!holdsApps) for (const group of root.groups) if (isWithin(group, app.id)) groups.delete(group);
  return { ...root, apps: new Map(root.apps).set(app.id, app), groups };
}

/** Its group stays, even when empty. */
export function withoutApp(root: Root, id: string): Root {
  const apps = new Map(root.apps);
  apps.delete(id);
  return { ...root, apps };
}

/** Without the group and all in it. */
export function withoutGroup(root: Root, id: string): Root {
  const apps = new Map([...root.apps].filter(([app]) => !isWithin(app, id)));
  const groups = new Set([...root.groups].filter((group) => group === '/' || !isWithin(group, id)));
  return { ...root, apps, groups };
}

export function appsWithin(root: Root, group: string): App[] {
  return [...root.apps.values()].filter(({ id }) => isWithin(id, group));
}

/** The apps directly in a group. */
export function appsOf(root: Root, group: string): App[] {
  return [...root.apps.values()].filter(({ id }) => parentOf(id) === group);
}

export function subgroupsOf(root: Root, group: string): string[] {
  return [...root.groups].filter((id) => id !== '/' && parentOf(id) === group);
}

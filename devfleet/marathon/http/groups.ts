import { missing, notFound, Refusal } from '../errors.ts';
import type { Leader } from '../leader.ts';
import { absolutePath, parentOf } from '../paths.ts';
import { appsOf, appsWithin, subgroupsOf, withoutGroup } from '../root.ts';
import { iso } from '../stamps.ts';
import { embedsOf, showAppInfo } from './app-info.ts';
import { deploymentAnswer, flag, type Answer, type Call } from './call.ts';

const DEFAULT_EMBEDS = ['group.apps', 'group.pods', 'group.groups'];

/** GET /v2/groups[/{id}[/apps|/versions]]. @throws Refusal 404 */
export function showGroup({ leader, params: [path = ''], query }: Call): Answer {
  const [, group = '', what] = /^(?:(.*)\/)?(apps|versions)$/.exec(path) ?? [null, path, undefined];
  const id = absolutePath(group);
  const { root } = leader.groups;
  if (what === 'apps') {
    const embeds = embedsOf(query, []);
    return { status: 200, body: appsWithin(root, id).map((app) => showAppInfo(app, embeds, leader)) };
  }
  if (!root.groups.has(id)) throw notFound(`Group '${id}' does not exist`);
  if (what === 'versions') {
    const versions = leader.store.roots.filter(({ groups }) => groups.has(id)).map(({ version }) => iso(version));
    return { status: 200, body: versions.reverse() };
  }
  return { status: 200, body: showTree(id, query, leader) };
}

/** DELETE /v2/groups/{id}: with all apps in it; not by force, other than for one app. @throws Refusal 404 */
export function deleteGroup(call: Call): Answer {
  const id = absolutePath(call.params[0] ?? '');
  const plan = call.leader.groups.update({
    group: parentOf(id),
    force: flag(call, 'force'),
    change: (root) => {
      if (!root.groups.has(id)) throw missing('Group', id);
      return withoutGroup(root, id);
    },
  });
  return deploymentAnswer(plan);
}

/** Groups are made by the apps in them; whole trees at once are beyond this double. @throws Refusal always */
export function refuseGroupChange(): never {
  throw new Refusal(501, 'this double changes groups by their apps only');
}

function showTree(id: string, query: URLSearchParams, leader: Leader): Record<string, unknown> {
  const { root } = leader.groups;
  const embeds = query.has('embed') ? query.getAll('embed') : DEFAULT_EMBEDS;
  // `group.apps.tasks` asks for the apps as well as for their tasks.
  const withApps = embeds.some((embed) => embed.startsWith('group.apps'));
  const apps = appsOf(root, id).map((app) => showAppInfo(app, embedsOf(query, []), leader));
  const groups = subgroupsOf(root, id).map((group) => showTree(group, query, leader));
  return {
    id,
    apps: withApps ? apps : [],
    pods: [],
    groups: embeds.includes('group.groups') ? groups : [],
    dependencies: [],
    version: iso(root.version),
  };
}

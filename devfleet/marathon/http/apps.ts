import type { App } from '../app/types.ts';
import { showApp } from '../app/show.ts';
import { internal, notFound } from '../errors.ts';
import { absolutePath } from '../paths.ts';
import { appsWithin } from '../root.ts';
import { iso } from '../stamps.ts';
import { embedsOf, showAppInfo } from './app-info.ts';
import type { Answer, Call } from './call.ts';
import { parseLabelSelector } from './label-selector.ts';

/** GET /v2/apps */
export function listApps({ leader, query }: Call): Answer {
  const cmd = query.get('cmd')?.toLowerCase();
  const id = query.get('id')?.toLowerCase();
  const label = query.get('label');
  const hasLabels = label === null ? () => true : parseLabelSelector(label);
  const embeds = embedsOf(query, ['counts', 'deployments']);
  const matches = (app: App) =>
    (cmd === undefined || (app.cmd?.toLowerCase().includes(cmd) ?? false)) &&
    (id === undefined || app.id.toLowerCase().includes(id)) &&
    hasLabels(app.labels);
  const apps = [...leader.groups.root.apps.values()].filter(matches);
  return { status: 200, body: { apps: apps.map((app) => showAppInfo(app, embeds, leader)) } };
}

/** GET /v2/apps/{id}, and {id}/* for all in a group. @throws Refusal 404 */
export function showOne({ leader, params: [id = ''], query }: Call): Answer {
  const embeds = embedsOf(query, ['counts', 'tasks', 'lastTaskFailure', 'deployments']);
  const { root } = leader.groups;
  const group = groupOf(id);
  if (group !== null) {
    if (!root.groups.has(group)) throw notFound(`Group '${group}' does not exist`);
    return { status: 200, body: { '*': appsWithin(root, group).map((app) => showAppInfo(app, embeds, leader)) } };
  }
  return { status: 200, body: { app: showAppInfo(appOf(leader, id), embeds, leader) } };
}

/** GET /v2/apps/{id}/versions. @throws Refusal 404 */
export function listVersions({ leader, params: [id = ''] }: Call): Answer {
  const app = appOf(leader, id);
  const versions = leader.store.versions.get(app.id) ?? [];
  // Newest first; Marathon promises no order.
  return { status: 200, body: { versions: versions.map(({ versionInfo }) => iso(versionInfo.version)).reverse() } };
}

/** GET /v2/apps/{id}/versions/{version}. @throws Refusal 404 */
export function showVersion({ leader, params: [id = '', version = ''] }: Call): Answer {
  const at = Date.parse(version);
  if (Number.isNaN(at)) throw internal(`Text '${version}' could not be parsed at index 0`);
  const app = leader.store.appAt(absolutePath(id), at);
  if (!app) throw notFound(`App '${absolutePath(id)}' does not exist in version ${iso(at)}`);
  return { status: 200, body: showApp(app) };
}

/** @throws Refusal 404 with empty details */
export function appOf({ groups }: Call['leader'], id: string): App {
  const path = absolutePath(id);
  const app = groups.root.apps.get(path);
  if (!app) throw notFound(`App '${path}' does not exist`);
  return app;
}

/** `group/*` → `/group`; null for anything else. */
export function groupOf(id: string): string | null {
  const match = /^((?:.+\/)|)\*$/.exec(id);
  return match ? absolutePath(match[1] ?? '') : null;
}

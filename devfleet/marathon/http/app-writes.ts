import { define, defineUpdate } from '../app/define.ts';
import { readList } from '../app/read.ts';
import { showApp } from '../app/show.ts';
import type { App, AppSpec } from '../app/types.ts';
import type { DeploymentPlan } from '../deploy/plan.ts';
import { conflict, invalidJson, missing } from '../errors.ts';
import { versioned } from '../group-manager.ts';
import type { Leader } from '../leader.ts';
import { absolutePath, parentOf } from '../paths.ts';
import { withApp, withoutApp, type Root } from '../root.ts';
import { parseBody } from './body.ts';
import { deploymentAnswer, flag, type Answer, type Call } from './call.ts';

/** POST /v2/apps. @throws Refusal 409 when it exists */
export function createApp(call: Call): Answer {
  const { leader, body } = call;
  const spec = define(parseBody(body));
  const version = leader.store.stamps.next();
  const create = (current: App | undefined) => {
    if (current) throw conflict(`An app with id [${spec.id}] already exists.`);
    return spec;
  };
  const plan = leader.groups.updateApp(spec.id, create, { version, force: flag(call, 'force') });
  // As it was posted: ports that Marathon chooses are not in it yet, and it has no versionInfo.
  const posted: App = { ...spec, versionInfo: { version, lastScalingAt: 0, lastConfigChangeAt: 0, full: false } };
  postEvent(call, posted);
  return {
    status: 201,
    body: {
      ...showApp(posted),
      tasksStaged: 0,
      tasksRunning: 0,
      tasksHealthy: 0,
      tasksUnhealthy: 0,
      deployments: [{ id: plan.id }],
    },
    headers: { 'Marathon-Deployment-Id': plan.id, Location: `http://${call.host}${spec.id}` },
  };
}

/** PUT (creates, and changes in part unless told otherwise) and PATCH /v2/apps/{id} */
export function updateApp(call: Call): Answer {
  const { leader, method, params, body } = call;
  const id = absolutePath(params[0] ?? '');
  const force = flag(call, 'force');
  const partial = method === 'PATCH' || flag(call, 'partialUpdate', true);
  const json = parseBody(body);
  const current = leader.groups.root.apps.get(id);
  // An app that does not exist is read as a whole one, by PATCH too: an incomplete one is 422, not 404 (AppsResource.update).
  const change = changeOf(leader, id, json, current !== undefined && partial);
  const plan = leader.groups.updateApp(id, changing(id, change, method), { force });
  announce(call, plan, id);
  return deploymentAnswer(plan, plan.original.apps.has(id) ? 200 : 201);
}

/** PUT and PATCH /v2/apps: a list of changes, one deployment */
export function updateApps(call: Call): Answer {
  const { leader, method, body } = call;
  const partial = method === 'PATCH' || flag(call, 'partialUpdate', true);
  const changes = readList(parseBody(body), (json): [string, (current: App | undefined) => AppSpec] => {
    const id = idOf(json);
    return [id, changeOf(leader, id, json, partial && leader.groups.root.apps.has(id))];
  });
  const plan = leader.groups.update({
    group: '/',
    force: flag(call, 'force'),
    change: (root) =>
      changes.reduce<Root>((next, [id, change]) => {
        const current = next.apps.get(id);
        return withApp(next, versioned(changing(id, change, method)(current), current));
      }, root),
  });
  return deploymentAnswer(plan);
}

/** DELETE /v2/apps/{id}: by force, unless told otherwise; the documentation says the reverse. @throws Refusal 404 */
export function deleteApp(call: Call): Answer {
  const id = absolutePath(call.params[0] ?? '');
  const plan = call.leader.groups.update({
    group: parentOf(id),
    force: flag(call, 'force', true),
    change: (root) => {
      if (!root.apps.has(id)) throw missing('App', id);
      return withoutApp(root, id);
    },
  });
  return deploymentAnswer(plan);
}

/** POST /v2/apps/{id}/restart. @throws Refusal 404 */
export function restartApp(call: Call): Answer {
  const id = absolutePath(call.params[0] ?? '');
  const same = (current: App | undefined) => {
    if (!current) throw missing('App', id);
    return current;
  };
  const plan = call.leader.groups.updateApp(id, same, { force: flag(call, 'force'), restart: new Set([id]) });
  return deploymentAnswer(plan);
}

/** @throws Refusal 422 for what the app would become */
function changeOf(leader: Leader, id: string, json: unknown, partial: boolean): (current: App | undefined) => AppSpec {
  if (!partial) {
    const whole = define({ ...objectOf(json), id });
    return () => whole;
  }
  const update = defineUpdate(json);
  const now = leader.groups.root.apps.get(id);
  if (now && update.version === null) update.apply(now);
  return (current) => {
    if (current === undefined) throw missing('App', id);
    if (update.version === null) return update.apply(current);
    const then = leader.store.appAt(id, Date.parse(update.version));
    if (!then) throw missing('App', id);
    return then;
  };
}

function changing(
  id: string,
  change: (current: App | undefined) => AppSpec,
  method: string,
): (current: App | undefined) => AppSpec {
  return (current) => {
    if (current === undefined && method === 'PATCH') throw missing('App', id);
    return change(current);
  };
}

function objectOf(json: unknown): object {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  throw invalidJson([{ path: '', errors: ['error.expected.jsobject'] }]);
}

function idOf(json: unknown): string {
  const { id } = objectOf(json) as { id?: unknown };
  if (typeof id !== 'string') {
    throw invalidJson([{ path: '/id', errors: [id === undefined ? 'error.path.missing' : 'error.expected.jsstring'] }]);
  }
  return absolutePath(id);
}

function announce(call: Call, plan: DeploymentPlan, id: string): void {
  const app = plan.target.apps.get(id);
  if (app) postEvent(call, app);
}

function postEvent({ leader, remoteAddress, uri }: Call, app: App): void {
  leader.bus.publish('api_post_event', { clientIp: remoteAddress, uri, appDefinition: showApp(app) });
}

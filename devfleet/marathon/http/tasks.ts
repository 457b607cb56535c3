import { illegal, internal, invalidJson, missing, notFound, Refusal } from '../errors.ts';
import { NoTaskId, parseTaskId } from '../ids.ts';
import { isActive } from '../instances/condition.ts';
import type { Leader } from '../leader.ts';
import { absolutePath } from '../paths.ts';
import { appsWithin } from '../root.ts';
import type { DeploymentPlan } from '../deploy/plan.ts';
import type { Instance } from '../types.ts';
import { appOf, groupOf } from './apps.ts';
import { parseBody } from './body.ts';
import { deploymentAnswer, flag, type Answer, type Call } from './call.ts';
import { showTasks } from './show-task.ts';

/** GET /v2/tasks; a status that is neither `running` nor `staging` filters nothing. */
export function listTasks({ leader, query }: Call): Answer {
  const asked = [...query.getAll('status').slice(0, 1), ...query.getAll('status[]')].map((status) =>
    status.toLowerCase(),
  );
  const conditions = asked.flatMap((status) => ({ running: ['Running'], staging: ['Staging'] })[status] ?? []);
  const shown = leader.tracker.all().filter(({ app, condition }) => {
    return leader.groups.root.apps.has(app.id) && (conditions.length === 0 || conditions.includes(condition));
  });
  return { status: 200, body: { tasks: showTasks(shown, leader, true) } };
}

/** GET /v2/apps/{id}/tasks, and {id}/* for those of a group. @throws Refusal 404 */
export function listAppTasks({ leader, params: [id = ''] }: Call): Answer {
  const { root } = leader.groups;
  const group = groupOf(id);
  if (group !== null && !root.groups.has(group)) throw notFound(`Group '${group}' does not exist`);
  const apps = group === null ? [appOf(leader, id)] : appsWithin(root, group);
  return {
    status: 200,
    body: {
      tasks: showTasks(
        apps.flatMap((app) => leader.tracker.of(app.id)),
        leader,
      ),
    },
  };
}

/** DELETE /v2/apps/{id}/tasks; `host` is a whole host name, or `*`. @throws Refusal 400, 404, 409 */
export function killAppTasks(call: Call): Answer {
  const { leader, query } = call;
  const { scale, wipe } = killFlags(call);
  const id = absolutePath(call.params[0] ?? '');
  const host = query.get('host');
  const found = (instances: Instance[]) =>
    instances.filter(({ agent }) => host === null || host === '*' || agent?.host === host);
  if (scale)
    return deploymentAnswer(killAndScale(call, new Map([[id, found(leader.tracker.of(id).filter(isActive))]])));
  const killed = kill(leader, appOf(leader, id).id, found, wipe);
  return { status: 200, body: { tasks: showTasks(killed, leader) } };
}

/**
 * DELETE /v2/apps/{id}/tasks/{taskId}. With `scale` a task that is not there lowers nothing: an empty deployment.
 * @throws Refusal 400, 404, 409
 */
export function killAppTask(call: Call): Answer {
  const { leader } = call;
  const { scale, wipe } = killFlags(call);
  const id = absolutePath(call.params[0] ?? '');
  const taskId = call.params[1] ?? '';
  const found = (instances: Instance[]) => {
    const instanceId = instanceIdOf(taskId, scale);
    return instances.filter((instance) => instance.id === instanceId);
  };
  if (scale)
    return deploymentAnswer(killAndScale(call, new Map([[id, found(leader.tracker.of(id).filter(isActive))]])));
  const [task] = showTasks(kill(leader, appOf(leader, id).id, found, wipe), leader);
  if (!task) throw notFound(`Task '${taskId}' does not exist`);
  return { status: 200, body: { task } };
}

/** POST /v2/tasks/delete: ids that nobody has are passed over. @throws Refusal 400, 409, 422 */
export function killTasks(call: Call): Answer {
  const { leader } = call;
  const { scale, wipe } = killFlags(call);
  const instances = idsOf(parseBody(call.body)).flatMap((id) => leader.tracker.get(parseOrRefuse(id)) ?? []);
  const byApp = Map.groupBy(instances, ({ app }) => app.id);
  if (scale) return deploymentAnswer(killAndScale(call, byApp));
  const known = [...byApp].filter(([id]) => leader.groups.root.apps.has(id));
  const killed = known.flatMap(([id, some]) => kill(leader, id, () => some, wipe));
  return { status: 200, body: { tasks: showTasks(killed, leader) } };
}

function killFlags(call: Call): { scale: boolean; wipe: boolean } {
  const scale = flag(call, 'scale');
  const wipe = flag(call, 'wipe');
  if (scale && wipe) throw new Refusal(400, 'You cannot use scale and wipe at the same time.');
  return { scale, wipe };
}

/** Kills, and Marathon starts them again; or, with `wipe`, forgets them whatever Mesos says (TaskKiller.kill). */
function kill(leader: Leader, appId: string, find: (instances: Instance[]) => Instance[], wipe: boolean): Instance[] {
  const { tracker, kills } = leader;
  const found = find(tracker.of(appId));
  if (wipe) {
    for (const { id } of found) tracker.setGoal(id, 'Decommissioned');
    for (const { id } of found) tracker.expunge(id);
  } else {
    kills.kill(found.filter(isActive));
  }
  return found;
}

/**
 * Takes exactly these, and lowers the apps' numbers by those that were not being killed already (TaskKiller.killAndScale).
 * @throws Refusal 404 when an app has no instance at all
 */
function killAndScale(call: Call, toKill: ReadonlyMap<string, Instance[]>): DeploymentPlan {
  const { tracker, groups } = call.leader;
  for (const id of toKill.keys()) if (tracker.of(id).length === 0) throw missing('Path', id);
  return groups.update({
    group: '/',
    force: flag(call, 'force'),
    toKill: new Map([...toKill].map(([id, instances]) => [id, instances.map((instance) => instance.id)])),
    change: (root) => {
      const apps = new Map(root.apps);
      for (const [id, instances] of toKill) {
        const app = apps.get(id);
        const count = instances.filter((one) => isActive(one) && one.condition !== 'Killing').length;
        if (app && count > 0) apps.set(id, { ...app, instances: Math.max(0, app.instances - count) });
      }
      return { ...root, apps };
    },
  });
}

/** null: no task id, so nobody's. What looks like one of before 1.8, but holds no UUID, is an error. */
function instanceIdOf(taskId: string, scale: boolean): string | null {
  try {
    return parseTaskId(taskId).instanceId;
  } catch (error) {
    if (error instanceof NoTaskId) return null;
    if (!(error instanceof RangeError)) throw error;
    if (scale) throw illegal(error.message);
    // AppTasksResource matches on a failure that it does not know.
    throw internal(`Failure(java.lang.IllegalArgumentException: ${error.message}) (of class scala.util.Failure)`);
  }
}

function parseOrRefuse(id: string): string {
  try {
    return parseTaskId(id).instanceId;
  } catch (error) {
    if (error instanceof NoTaskId) {
      throw new Refusal(400, `Invalid task id '${id}'. [${error.message} (of class java.lang.String)]`);
    }
    throw error instanceof RangeError ? illegal(error.message) : error;
  }
}

function idsOf(json: unknown): string[] {
  const ids = typeof json === 'object' && json !== null ? (json as { ids?: unknown }).ids : undefined;
  if (ids === undefined) {
    throw invalidJson([{ path: '', errors: [`'ids' is undefined on object: ${JSON.stringify(json)}`] }]);
  }
  if (!Array.isArray(ids)) throw invalidJson([{ path: '', errors: ['error.expected.jsarray'] }]);
  const wrong = ids.flatMap((id, index) => {
    return typeof id === 'string' ? [] : [{ path: `(${index})`, errors: ['error.expected.jsstring'] }];
  });
  if (wrong.length > 0) throw invalidJson(wrong);
  return [...new Set(ids as string[])];
}

import { Refusal } from '../errors.ts';
import { createApp, deleteApp, restartApp, updateApp, updateApps } from './app-writes.ts';
import { listApps, listVersions, showOne, showVersion } from './apps.ts';
import type { Answer, Call } from './call.ts';
import { cancelDeployment, listDeployments } from './deployments.ts';
import { deleteGroup, refuseGroupChange, showGroup } from './groups.ts';
import { resetDelay, showQueue } from './queue.ts';
import { deleteLeader, ping, showInfo, showLeader, type Self } from './system.ts';
import { killAppTask, killAppTasks, killTasks, listAppTasks, listTasks } from './tasks.ts';

type Handler = (call: Call) => Answer;

/** A path, and what each method does there. The first that fits answers. */
type Route = [RegExp, Record<string, Handler>];

/** The resources of Marathon's API v2, the longer paths first. App and group ids may hold slashes. */
export function routes(self: Self): Route[] {
  return [
    [/^\/ping$/, { GET: ping }],
    [/^\/$/, { GET: () => ({ status: 302, headers: { Location: '/ui/' } }) }],
    [/^\/v2\/info$/, { GET: () => showInfo(self) }],
    [/^\/v2\/leader$/, { GET: () => showLeader(self), DELETE: () => deleteLeader(self) }],
    [/^\/v2\/apps\/?$/, { GET: listApps, POST: createApp, PUT: updateApps, PATCH: updateApps }],
    [/^\/v2\/apps\/(.+)\/tasks\/([^/]+)$/, { DELETE: killAppTask }],
    [/^\/v2\/apps\/(.+)\/tasks$/, { GET: listAppTasks, DELETE: killAppTasks }],
    [/^\/v2\/apps\/(.+)\/versions\/([^/]+)$/, { GET: showVersion }],
    [/^\/v2\/apps\/(.+)\/versions$/, { GET: listVersions }],
    [/^\/v2\/apps\/(.+)\/restart$/, { POST: restartApp }],
    [/^\/v2\/apps\/(.+)$/, { GET: showOne, PUT: updateApp, PATCH: updateApp, DELETE: deleteApp }],
    [/^\/v2\/tasks$/, { GET: listTasks }],
    [/^\/v2\/tasks\/delete$/, { POST: killTasks }],
    [/^\/v2\/deployments$/, { GET: listDeployments }],
    [/^\/v2\/deployments\/([^/]+)$/, { DELETE: cancelDeployment }],
    [/^\/v2\/queue$/, { GET: showQueue }],
    [/^\/v2\/queue\/(.+)\/delay$/, { DELETE: resetDelay }],
    [/^\/v2\/groups\/?$/, { GET: showGroup, POST: refuseGroupChange, PUT: refuseGroupChange }],
    [/^\/v2\/groups\/(.+)$/, { GET: showGroup, DELETE: deleteGroup, POST: refuseGroupChange, PUT: refuseGroupChange }],
  ];
}

/** @throws Refusal 500 for a URL that nobody knows (the mapper's doing), 405 for a method, and what resources refuse */
export function dispatch(table: Route[], path: string, call: Omit<Call, 'params'>): Answer {
  for (const [pattern, handlers] of table) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const handler = handlers[call.method === 'HEAD' ? 'GET' : call.method];
    if (!handler) throw new Refusal(405, 'Method Not Allowed');
    return handler({ ...call, params: match.slice(1).map((part) => decodeURIComponent(part)) });
  }
  throw new Refusal(500, 'URI not found');
}

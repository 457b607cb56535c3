import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { pause } from '../../alive.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { isLocked } from '../../marathon/errors.ts';
import { changeState, readFolder, standingFolder, tasksOf, type Folder } from '../../marathon/folder.ts';
import { appIdOf, folderOf } from '../../marathon/labels.ts';
import { END_TIMEOUT_MS, LOCK_GRACE_MS, POLL_MS } from '../../marathon/limits.ts';
import { until } from '../../marathon/until.ts';
import { isOver } from '../../mesos/states.ts';
import type { Guard, Waiting } from '../index.ts';

/**
 * Ends a task that is to leave its place, its app smaller by it, and waits for the proof: Marathon lists it no more, and
 * the Mesos master does not know it as one that runs or that it lost sight of. Repeated, it ends no other one: the call
 * names the task. Where another deployment holds the app for long it is ended without: what Marathon launches instead
 * holds no place.
 * @throws CONTROLLER_STALLED
 */
async function endTask(
  cluster: MarathonCluster,
  ref: AzSetRef,
  task: string,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const deadline = Date.now() + LOCK_GRACE_MS;
  for (;;) {
    const app = appWith(await readFolder(cluster, ref), task);
    if (app === null) break;
    waiting.signal.throwIfAborted();
    try {
      await cluster.marathon.kill(app, task, { scale: Date.now() < deadline }, guard);
      break;
    } catch (error) {
      if (!isLocked(error)) throw error;
    }
    await pause(waiting, POLL_MS.blind, `a deployment of ${app} to end`);
  }
  await until(cluster, waiting, {
    what: () => `task ${task} to end`,
    timeoutMs: END_TIMEOUT_MS,
    late: () => new TransshipError('CONTROLLER_STALLED', `task ${task} of ${ref.name} in ${ref.cluster} does not end`),
    about: folderOf(ref),
    look: async (signal) => ((await hasEnded(cluster, ref, [task], signal)) ? true : undefined),
  });
}

/**
 * Ends what is to leave these places, each as endTask does, and writes down that it has: from then on others may be started
 * for them.
 * @throws CONTROLLER_STALLED
 */
export async function emptyPlaces(
  cluster: MarathonCluster,
  ref: AzSetRef,
  ordinals: readonly number[],
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const { state } = await standingFolder(cluster, ref);
  const leaving = new Map(ordinals.map((ordinal) => [ordinal, state.places[ordinal]?.leaving]));
  const tasks = [...leaving.values()].filter((task) => task !== undefined);
  await Promise.all(tasks.map((task) => endTask(cluster, ref, task, guard, waiting)));
  await changeState(
    cluster,
    ref,
    ({ state: now }) => {
      const isOver = (task: string | undefined, ordinal: number): boolean =>
        task !== undefined && leaving.get(ordinal) === task;
      const places = now.places.map((place, ordinal) => (isOver(place.leaving, ordinal) ? { app: place.app } : place));
      return { ...now, places };
    },
    guard,
  );
}

/** Id of the app that has the task, unless it is being ended already; null where none has. */
function appWith({ apps }: Folder, task: string): string | null {
  const found = [...apps.values()].find(({ tasks }) => tasks.some(({ id }) => id === task));
  const state = found?.tasks.find(({ id }) => id === task)?.state;
  return state === 'TASK_KILLING' ? null : (found?.id ?? null);
}

/**
 * Marathon forgets a task that it cannot reach as soon as it is told to end it, though it may well run on: so the master
 * is asked, too.
 */
async function hasEnded(
  cluster: MarathonCluster,
  ref: AzSetRef,
  tasks: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const listed = tasksOf(await readFolder(cluster, ref));
  if (listed.some(({ id }) => tasks.includes(id))) return false;
  if (cluster.mesos === null || tasks.length === 0) return true;
  const { tasks: known, unreachable_tasks } = await cluster.mesos.tasks(signal);
  const alive = [...known, ...unreachable_tasks].filter(({ state }) => !isOver(state));
  return !alive.some(({ task_id }) => tasks.includes(task_id.value));
}

/**
 * Removes apps of the set with what runs in them, and waits until all is gone. A deployment that holds one of them, and
 * nothing else, is taken back first: one that waits for a task that never starts waits for ever.
 * @throws CONTROLLER_STALLED
 */
export async function removeApps(
  cluster: MarathonCluster,
  ref: AzSetRef,
  segments: readonly string[],
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  if (segments.length === 0) return;
  const ids = new Set(segments.map((segment) => appIdOf(ref, segment)));
  const tasks = new Set<string>();
  const deadline = Date.now() + END_TIMEOUT_MS;
  for (const asked = new Set<string>(); ;) {
    const folder = await readFolder(cluster, ref);
    const left = [...folder.apps.values()].filter(({ id }) => ids.has(id));
    for (const app of left) for (const { id } of app.tasks) tasks.add(id);
    if (left.length === 0) break;
    waiting.signal.throwIfAborted();
    for (const { id } of left) {
      await cluster.marathon.remove(id, guard).catch(async (error: unknown) => {
        if (!isLocked(error)) throw error;
        await takeBack(cluster, ids, error.deployments, asked, guard);
      });
    }
    if (Date.now() >= deadline) {
      const names = left.map(({ id }) => id).join(', ');
      throw new TransshipError('CONTROLLER_STALLED', `${names} in ${ref.cluster} cannot be removed`);
    }
    await pause(waiting, POLL_MS.blind, `${left.map(({ id }) => id).join(', ')} to go`);
  }
  await until(cluster, waiting, {
    what: () => `the tasks of ${[...ids].join(', ')} to end`,
    timeoutMs: Math.max(0, deadline - Date.now()),
    late: () => new TransshipError('CONTROLLER_STALLED', `tasks of ${ref.name} in ${ref.cluster} do not end`),
    about: folderOf(ref),
    look: async (signal) => ((await hasEnded(cluster, ref, [...tasks], signal)) ? true : undefined),
  });
}

async function takeBack(
  { marathon }: MarathonCluster,
  ids: ReadonlySet<string>,
  locks: readonly string[],
  asked: Set<string>,
  guard: Guard,
): Promise<void> {
  for (const { id, affectedApps } of await marathon.deployments()) {
    if (!locks.includes(id) || asked.has(id) || !affectedApps.every((app) => ids.has(app))) continue;
    asked.add(id);
    await marathon.rollBack(id, guard).catch((error: unknown) => {
      if (!isLocked(error)) throw error;
    });
  }
}

import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { pause } from '../../alive.ts';
import { changeState } from '../../marathon/change.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { isLocked } from '../../marathon/errors.ts';
import { readFolder, standingFolder, type Folder } from '../../marathon/folder.ts';
import { appIdOf, folderOf } from '../../marathon/labels.ts';
import { END_TIMEOUT_MS, LOCK_GRACE_MS, POLL_MS } from '../../marathon/limits.ts';
import type { App } from '../../marathon/resources.ts';
import { until } from '../../marathon/until.ts';
import type { Guard, Waiting } from '../index.ts';
import { endedBeside, hasEnded } from './ended.ts';

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
  // In line with what this worker writes: the steps of a batch have all said what is to leave before the first is ended.
  const ask = (): Promise<boolean> =>
    cluster.locks.hold(folderOf(ref), () => {
      waiting.signal.throwIfAborted();
      return askToEnd(cluster, ref, task, { scale: Date.now() < deadline }, guard);
    });
  while (!(await ask())) await pause(waiting, POLL_MS.blind, `a deployment of the app of ${task} to end`);
  await until(cluster, waiting, {
    what: () => `task ${task} to end`,
    timeoutMs: END_TIMEOUT_MS,
    late: () => new TransshipError('CONTROLLER_STALLED', `task ${task} of ${ref.name} in ${ref.cluster} does not end`),
    about: folderOf(ref),
    look: async () => ((await hasEnded(cluster, ref, [task])) ? true : undefined),
  });
}

/**
 * Tells Marathon to end a task, unless it does or did, and with `scale` all of its app that are to leave their places: the
 * app is locked until they have ended, so the others would wait for as long as the first one takes.
 * @returns false where a deployment holds the app
 */
async function askToEnd(
  cluster: MarathonCluster,
  ref: AzSetRef,
  task: string,
  { scale }: { scale: boolean },
  guard: Guard,
): Promise<boolean> {
  const folder = await readFolder(cluster, ref);
  const app = appWith(folder, task);
  if (app === null) return true;
  if (!scale) {
    await cluster.marathon.kill(app.id, task, { scale }, guard);
    return true;
  }
  if (app.deployments.length > 0) return false;
  const leaving = new Set(folder.state?.places.map((place) => place.leaving));
  const others = app.tasks.filter(({ id, state }) => id !== task && leaving.has(id) && state !== 'TASK_KILLING');
  try {
    if (others.length === 0) await cluster.marathon.kill(app.id, task, { scale }, guard);
    else await cluster.marathon.killAndScale([task, ...others.map(({ id }) => id)], guard);
    return true;
  } catch (error) {
    if (!isLocked(error)) throw error;
    return false;
  }
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
  const own = ordinals.flatMap((ordinal) => state.places[ordinal]?.leaving ?? []);
  await Promise.all(own.map((task) => endTask(cluster, ref, task, guard, waiting)));
  await changeState(
    cluster,
    ref,
    async (folder) => {
      const ended = new Set([...own, ...(await endedBeside(cluster, folder, own))]);
      const places = folder.state.places.map((place) =>
        place.leaving !== undefined && ended.has(place.leaving) ? { app: place.app } : place,
      );
      return { ...folder.state, places };
    },
    guard,
  );
}

/** The app that has the task, unless it is being ended already; null where none has. */
function appWith({ apps }: Folder, task: string): App | null {
  const found = [...apps.values()].find(({ tasks }) => tasks.some(({ id }) => id === task));
  const state = found?.tasks.find(({ id }) => id === task)?.state;
  return state === 'TASK_KILLING' ? null : (found ?? null);
}

/**
 * Removes apps of the set with what runs in them, and waits until all is gone. A deployment that holds one of them, and
 * nothing else, is taken back when it does so for long: one that waits for a task that never starts waits for ever.
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
  const inTheWay = new InTheWay(cluster, ids, guard);
  for (;;) {
    const folder = await readFolder(cluster, ref);
    const left = [...folder.apps.values()].filter(({ id }) => ids.has(id));
    for (const app of left) for (const { id } of app.tasks) tasks.add(id);
    if (left.length === 0) break;
    waiting.signal.throwIfAborted();
    const locks: string[] = [];
    for (const { id } of left) {
      await cluster.marathon.remove(id, guard).catch((error: unknown) => {
        if (!isLocked(error)) throw error;
        locks.push(...error.deployments);
      });
    }
    if (locks.length > 0) await inTheWay.takeBack(locks);
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
    look: async () => ((await hasEnded(cluster, ref, [...tasks])) ? true : undefined),
  });
}

/**
 * Deployments that hold apps which are to be removed. One that still does after a while is taken back. That is a deployment,
 * too, which starts and ends tasks, and so takes its time: were it taken back itself, what hangs would be there again. So
 * each gets the while, whosever it is.
 */
class InTheWay {
  readonly #cluster: MarathonCluster;
  readonly #apps: ReadonlySet<string>;
  readonly #guard: Guard;
  readonly #since = new Map<string, number>();
  readonly #takenBack = new Set<string>();

  /** @param apps ids; a deployment that holds others, too, is none of ours */
  constructor(cluster: MarathonCluster, apps: ReadonlySet<string>, guard: Guard) {
    this.#cluster = cluster;
    this.#apps = apps;
    this.#guard = guard;
  }

  /** @param locks ids of deployments that hold one of the apps now */
  async takeBack(locks: readonly string[]): Promise<void> {
    const { marathon } = this.#cluster;
    for (const { id, affectedApps } of await marathon.deployments()) {
      if (!locks.includes(id) || this.#takenBack.has(id)) continue;
      if (!affectedApps.every((app) => this.#apps.has(app))) continue;
      const since = this.#since.get(id) ?? Date.now();
      this.#since.set(id, since);
      if (Date.now() - since < LOCK_GRACE_MS) continue;
      this.#takenBack.add(id);
      await marathon.rollBack(id, this.#guard).catch((error: unknown) => {
        if (!isLocked(error)) throw error;
      });
    }
  }
}

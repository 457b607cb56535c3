import type { AzSetRef } from '../../../domain/types.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { readFolder, tasksOf, type StandingFolder } from '../../marathon/folder.ts';
import type { MesosTasks } from '../../mesos/resources.ts';
import { isOver } from '../../mesos/states.ts';

/**
 * Marathon forgets a task that it cannot reach as soon as it is told to end it, though it may well run on: so the master
 * is asked, too.
 */
export async function hasEnded(cluster: MarathonCluster, ref: AzSetRef, tasks: readonly string[]): Promise<boolean> {
  const listed = tasksOf(await readFolder(cluster, ref));
  if (listed.some(({ id }) => tasks.includes(id))) return false;
  if (cluster.tasks === null || tasks.length === 0) return true;
  const alive = aliveIn(await cluster.tasks());
  return !tasks.some((task) => alive.has(task));
}

/** Of the others that are to leave those that have ended as well: one record says so of all. */
export async function endedBeside(
  cluster: MarathonCluster,
  folder: StandingFolder,
  own: readonly string[],
): Promise<string[]> {
  const listed = new Set(tasksOf(folder).map(({ id }) => id));
  const gone = folder.state.places.flatMap(({ leaving }) =>
    leaving === undefined || own.includes(leaving) || listed.has(leaving) ? [] : leaving,
  );
  if (cluster.tasks === null || gone.length === 0) return gone;
  const alive = aliveIn(await cluster.tasks());
  return gone.filter((task) => !alive.has(task));
}

/** What runs, or may run. */
function aliveIn({ tasks, unreachable_tasks }: MesosTasks): Set<string> {
  const alive = [...tasks, ...unreachable_tasks].filter(({ state }) => !isOver(state));
  return new Set(alive.map(({ task_id }) => task_id.value));
}

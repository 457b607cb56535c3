import { TransshipError } from '../../../domain/errors.ts';
import { pause } from '../../alive.ts';
import type { Guard, MemberAt, Waiting } from '../../azset/index.ts';
import { changeState } from '../../marathon/change.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { standingFolder, type StandingFolder } from '../../marathon/folder.ts';
import { folderOf } from '../../marathon/labels.ts';
import { heldBy, isReady, type Holder } from '../../marathon/places.ts';
import type { SetState } from '../../marathon/state.ts';
import { until } from '../../marathon/until.ts';
import { IN_TIMEOUT_MS } from '../limits.ts';
import type { OutFlag, TrafficOwner } from '../index.ts';

/** Writes who took the task out and why. A place that no task holds gets no traffic: there is nothing to take out. */
export async function pullOut(
  cluster: MarathonCluster,
  at: MemberAt,
  { owner, reason, drainSeconds }: OutFlag,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const change = (folder: StandingFolder): SetState | null => {
    const holder = heldBy(folder, at);
    if (holder.task === null || holder.outBy[owner] !== undefined) return null;
    return withFlags(folder.state, holder, { ...holder.outBy, [owner]: reason });
  };
  await changeState(cluster, at.set, change, guard);
  // The flag is the task's: one that came in its place meanwhile is in traffic.
  heldBy(await standingFolder(cluster, at.set), at);
  await pause(waiting, drainSeconds * 1000, `connections of ${at.member} to drain`);
}

/** Clears the owner's flag; where it was the last, waits until the task is well. */
export async function pullIn(
  cluster: MarathonCluster,
  at: MemberAt,
  owner: TrafficOwner,
  guard: Guard,
  waiting: Waiting,
): Promise<Record<string, string>> {
  const change = (folder: StandingFolder): SetState | null => {
    const holder = heldBy(folder, at);
    if (holder.outBy[owner] === undefined) return null;
    return withFlags(folder.state, holder, without(holder.outBy, owner));
  };
  const { outBy } = heldBy(await changeState(cluster, at.set, change, guard), at);
  if (Object.keys(outBy).length > 0) return outBy;
  await until(cluster, waiting, {
    what: () => `${at.member} to be well`,
    timeoutMs: IN_TIMEOUT_MS,
    late: () =>
      new TransshipError('PULL_IN_TIMEOUT', `${at.member} in ${at.set.cluster} is not well by what Marathon says`),
    about: folderOf(at.set),
    look: async () => {
      const folder = await standingFolder(cluster, at.set);
      const holder = heldBy(folder, at);
      return isReady(holder, folder.apps.get(holder.segment)) ? true : undefined;
    },
  });
  return {};
}

/** The task is known in its place from then on: what is written of it counts, and no more that it was born while open. */
function withFlags(state: SetState, { task, ordinal }: Holder, flags: Record<string, string>): SetState {
  const place = state.places[ordinal];
  if (task === null || place === undefined) return state;
  const out = without(state.out, task.id);
  return {
    ...state,
    places: state.places.with(ordinal, { ...place, task: task.id }),
    out: Object.keys(flags).length === 0 ? out : { ...out, [task.id]: flags },
  };
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== key));
}

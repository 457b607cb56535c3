import { TransshipError } from '../../domain/errors.ts';
import type { AzSetRef } from '../../domain/types.ts';
import type { Guard } from '../azset/index.ts';
import type { MarathonCluster } from './cluster.ts';
import { dropStale, standingFolder, tasksOf, writeRecord, type StandingFolder } from './folder.ts';
import { folderOf } from './labels.ts';
import type { SetState } from './state.ts';

/** Records of one set that are written by others at the same time, before that counts as an error. */
const CONFLICTS = 50;

/** What somebody wants to be written of a set, and what came of it. */
interface Wanted {
  change: (folder: StandingFolder) => SetState | null | Promise<SetState | null>;
  guard: Guard;
  outcome?: { folder: StandingFolder } | { error: unknown };
}

/**
 * Changes the state of a set, as it was read: the next record is created under the next number, which only one can do, so
 * what was computed from an older one is refused and computed anew. What arrives late is under a number that is taken, or
 * lower than the one that counts. Steps that wait for their turn at the same time are written by one record: each change is
 * computed from what the one before it made, and each guard is asked.
 * @param change the new state, or null where there is nothing to change
 * @returns the folder as it is then, as far as the state goes
 * @throws NOT_FOUND, and what `change` and `guard` throw
 */
export async function changeState(
  cluster: MarathonCluster,
  ref: AzSetRef,
  change: Wanted['change'],
  guard: Guard,
): Promise<StandingFolder> {
  const wanted: Wanted = { change, guard };
  await cluster.locks.holdTogether(folderOf(ref), wanted, (all) => changeTogether(cluster, ref, all));
  const { outcome } = wanted;
  if (outcome === undefined) throw new Error('a change that nobody came to');
  if ('error' in outcome) throw outcome.error;
  return outcome.folder;
}

/** Gives each its outcome. */
async function changeTogether(cluster: MarathonCluster, ref: AzSetRef, all: readonly Wanted[]): Promise<void> {
  const left = (): Wanted[] => all.filter(({ outcome }) => outcome === undefined);
  try {
    for (let conflicts = 0; left().length > 0; conflicts++) {
      if (conflicts >= CONFLICTS) {
        const message = `the record of ${ref.name} is written by others all the time`;
        throw new TransshipError('CLUSTER_UNREACHABLE', message);
      }
      const folder = await attempt(cluster, await standingFolder(cluster, ref), left());
      if (folder !== null) for (const one of left()) one.outcome = { folder };
    }
  } catch (error) {
    for (const one of left()) one.outcome = { error };
  }
}

/**
 * Those that cannot be done, or may not be, get their outcome: the others are computed anew without them.
 * @returns null where that is to be done, or somebody else wrote meanwhile
 */
async function attempt(
  cluster: MarathonCluster,
  before: StandingFolder,
  all: readonly Wanted[],
): Promise<StandingFolder | null> {
  let { state } = before;
  const changing: Wanted[] = [];
  for (const one of all) {
    try {
      const next = await one.change({ ...before, state });
      if (next === null || JSON.stringify(next) === JSON.stringify(state)) continue;
      state = next;
      changing.push(one);
    } catch (error) {
      one.outcome = { error };
    }
  }
  const refused: Wanted[] = [];
  const guardOf =
    (some: readonly Wanted[]): Guard =>
    async () => {
      for (const one of some) {
        await one.guard().catch((error: unknown) => {
          refused.push(one);
          one.outcome = { error };
          throw error;
        });
      }
    };
  try {
    if (changing.length > 0) {
      const isWritten = await writeRecord(cluster, before, pruned(before, state), guardOf(changing));
      return isWritten ? { ...before, sequence: before.sequence + 1, state } : null;
    }
    await dropStale(cluster, before, guardOf(all.filter(({ outcome }) => outcome === undefined)));
    return before;
  } catch (error) {
    if (refused.length === 0) throw error;
    return null;
  }
}

/** Without what is known of tasks that ended. */
function pruned(folder: StandingFolder, state: SetState): SetState {
  const live = new Set(tasksOf(folder).map(({ id }) => id));
  return { ...state, out: Object.fromEntries(Object.entries(state.out).filter(([task]) => live.has(task))) };
}

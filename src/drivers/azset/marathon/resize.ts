import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { changeState } from '../../marathon/change.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { standingFolder, type StandingFolder } from '../../marathon/folder.ts';
import { folderOf } from '../../marathon/labels.ts';
import { END_TIMEOUT_MS } from '../../marathon/limits.ts';
import { holdersOf, isEnding } from '../../marathon/places.ts';
import type { PlaceState, SetState } from '../../marathon/state.ts';
import { until } from '../../marathon/until.ts';
import type { Guard, Waiting } from '../index.ts';
import { lowerSurplus, raise } from './apps.ts';
import { emptyPlaces } from './end.ts';
import { LaunchLine, vacantIn } from './line.ts';
import { checkOwn, segmentFor } from './own.ts';

/**
 * Writes how many places there are to be; ends what holds those that go, by name; gives the app of the current revision as
 * many instances as there are places more; waits until that is so, and forgets the places that went.
 * @throws INSTANCE_REPLACED where one that would go takes traffic; INSTANCE_NOT_STARTED; FOREIGN_TEMPLATE
 */
export async function resizeSet(
  cluster: MarathonCluster,
  ref: AzSetRef,
  count: number,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const { state } = await changeState(cluster, ref, (folder) => resized(folder, count), guard);
  await emptyPlaces(cluster, ref, [...state.places.keys()], guard, waiting);
  await lowerSurplus(cluster, ref, guard);
  const segment = segmentFor(state, state.current);
  if (!(await raise(cluster, ref, segment, guard, waiting))) {
    throw new TransshipError('DEPLOYMENT_LOCKED', `${segment} of ${ref.name} in ${ref.cluster} stays locked`);
  }
  await waitSize(cluster, ref, count, guard, waiting);
  await changeState(cluster, ref, (folder) => trimmed(folder, count), guard);
}

function resized(folder: StandingFolder, count: number): SetState | null {
  const { ref, state } = folder;
  const holders = new Map(holdersOf(folder).map((holder) => [holder.ordinal, holder]));
  const isRight = ({ app }: PlaceState, ordinal: number): boolean => (app !== null) === ordinal < count;
  if (state.places.length >= count && state.places.every(isRight)) return null;
  const app = segmentFor(state, state.current);
  const places = Array.from({ length: Math.max(count, state.places.length) }, (_, ordinal): PlaceState => {
    const [place, holder] = [state.places[ordinal], holders.get(ordinal)];
    if (place !== undefined && isRight(place, ordinal)) return place;
    const task = holder?.task ?? null;
    if (ordinal >= count) {
      if (holder !== undefined && task !== null && Object.keys(holder.outBy).length === 0) throw serving(ref, holder);
      const left = task?.id ?? place?.leaving;
      return { app: null, ...(left === undefined ? {} : { leaving: left }) };
    }
    return task === null || holder === undefined || isEnding(holder) ? { app } : { app: holder.segment, task: task.id };
  });
  if (count > state.places.length) checkOwn(folder);
  return { ...state, places };
}

function serving({ name, cluster }: AzSetRef, { member, uid }: { member: string; uid: string }): TransshipError {
  const message = `task ${uid} of ${member} (${name} in ${cluster}) takes traffic: it is not to go like that`;
  return new TransshipError('INSTANCE_REPLACED', message);
}

async function waitSize(
  cluster: MarathonCluster,
  ref: AzSetRef,
  count: number,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const line = new LaunchLine(cluster, guard);
  let made = 0;
  await until(cluster, waiting, {
    what: () => `${ref.name}: ${String(made)} of ${String(count)} tasks launched`,
    timeoutMs: END_TIMEOUT_MS,
    late: () =>
      new TransshipError(
        'INSTANCE_NOT_STARTED',
        `${ref.name} in ${ref.cluster}: ${String(count - made)} are not launched: see the queue of Marathon`,
      ),
    about: folderOf(ref),
    look: async (signal) => {
      const folder = await standingFolder(cluster, ref);
      made = holdersOf(folder).filter((holder) => holder.task !== null && !isEnding(holder)).length;
      if (made === count) return true;
      await line.look(vacantIn(folder), signal);
      return undefined;
    },
  });
}

/** Places that went are forgotten from the end. */
function trimmed(folder: StandingFolder, count: number): SetState | null {
  const { state } = folder;
  const isGone = ({ app, leaving }: PlaceState): boolean => app === null && leaving === undefined;
  if (state.places.length <= count || !state.places.slice(count).every(isGone)) return null;
  return { ...state, places: state.places.slice(0, count) };
}

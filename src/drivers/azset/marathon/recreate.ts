import { TransshipError } from '../../../domain/errors.ts';
import { ordinalOf } from '../../../domain/member.ts';
import { changeState } from '../../marathon/change.ts';
import { closedState } from '../../marathon/closed.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { standingFolder, type StandingFolder } from '../../marathon/folder.ts';
import { heldBy, holdersOf, isEnding } from '../../marathon/places.ts';
import type { PlaceState, SetState } from '../../marathon/state.ts';
import type { Guard, InstanceObservation, MemberAt, ReplaceTarget, Waiting } from '../index.ts';
import { lowerSurplus, raise } from './apps.ts';
import { differences } from './difference.ts';
import { emptyPlaces } from './end.ts';
import { revisionIn } from './observe.ts';
import { checkOpen } from './open.ts';
import { definitionOf, segmentFor, segmentsOf } from './own.ts';
import { waitRunning } from './running.ts';

/**
 * Nothing changes in place on Mesos: an instance that is at the target is waited for, another one is refused. What holds the
 * places of a set that was just made is noted by this, so that they keep their tasks.
 * @throws INSTANCE_REPLACED, RECREATE_UNSUPPORTED
 */
export async function replaceTask(
  cluster: MarathonCluster,
  at: MemberAt,
  target: ReplaceTarget,
  guard: Guard,
  waiting: Waiting,
): Promise<InstanceObservation> {
  const folder = await standingFolder(cluster, at.set);
  const from = revisionIn(folder, heldBy(folder, at).segment);
  if (from !== target.revision) {
    const [before, after] = [definitionOf(folder.state, from), definitionOf(folder.state, target.revision)];
    const paths = differences(before?.app, after?.app).join(', ');
    throw new TransshipError('RECREATE_UNSUPPORTED', `${at.member} cannot be brought to ${target.revision}: ${paths}`);
  }
  const seen = await waitRunning(cluster, at, target, guard, waiting);
  await changeState(cluster, at.set, (now) => (now.state.open === null ? closedState(now) : null), guard);
  return seen;
}

/**
 * Ends the task that holds the place and starts one of the target in the app of that. First it is written down that the
 * place is to be of the target, and which task is to leave it: from there on every step is one that a fresh look calls for,
 * however often it is repeated. The old one ends before the new one is asked for.
 * @param again also where the task is of the target
 */
export async function recreateTask(
  cluster: MarathonCluster,
  at: MemberAt,
  target: ReplaceTarget,
  guard: Guard,
  waiting: Waiting,
  { again = false }: { again?: boolean } = {},
): Promise<InstanceObservation> {
  const { set } = at;
  const ordinal = ordinalOf(at.member);
  const begun = await changeState(cluster, set, (folder) => begin(folder, ordinal, at, target, again), guard);
  await emptyPlaces(cluster, set, [ordinal], guard, waiting);
  await lowerSurplus(cluster, set, guard);
  const segment = begun.state.places[ordinal]?.app ?? segmentFor(begun.state, target.revision);
  if (!(await raise(cluster, set, segment, guard, waiting))) {
    await raiseBeside(cluster, set, ordinal, target, guard, waiting);
  }
  return waitRunning(cluster, at, target, guard, waiting);
}

/** @returns the state to begin with; null where it was begun, or is done */
function begin(
  folder: StandingFolder,
  ordinal: number,
  at: MemberAt,
  { revision }: ReplaceTarget,
  again: boolean,
): SetState | null {
  checkOpen(folder, revision);
  const { state } = folder;
  const place = state.places[ordinal];
  const targets = segmentsOf(state, revision);
  const holder = holdersOf(folder).find(({ member }) => member === at.member);
  if (place === undefined || holder === undefined) {
    throw new TransshipError('INSTANCE_REPLACED', `${at.member} has no place in ${at.set.name} any more`);
  }
  const isTarget = place.app !== null && targets.includes(place.app);
  // Begun by an earlier attempt; or of the target, and nothing that is to be ended once more.
  if (isTarget && (place.leaving !== undefined || !again || holder.uid !== at.uid || holder.task === null)) return null;
  heldBy(folder, at, { ending: true });
  const app = segmentFor(state, revision);
  // It was to go to something else, and stays what it is, unless it is being ended already.
  const isBack = !again && holder.task !== null && !isEnding(holder) && targets.includes(holder.segment);
  const task = holder.task?.id;
  if (isBack) return withPlace(state, ordinal, { app: holder.segment, ...(task === undefined ? {} : { task }) });
  const leaving = task ?? place.leaving;
  return withPlace(state, ordinal, { app, ...(leaving === undefined ? {} : { leaving }) });
}

/**
 * The app of the target is held by a deployment that does not end, as by another instance of it that does not start: the
 * place gets an app of its own, of the same revision, beside it.
 */
async function raiseBeside(
  cluster: MarathonCluster,
  set: MemberAt['set'],
  ordinal: number,
  { revision }: ReplaceTarget,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const { state } = await changeState(
    cluster,
    set,
    ({ state: found, apps, strangers }) => {
      const definition = definitionOf(found, revision);
      const place = found.places[ordinal];
      if (definition === null || place === undefined) return null;
      let n = 2;
      const isTaken = (segment: string): boolean =>
        found.apps[segment] !== undefined || apps.has(segment) || strangers.has(segment);
      while (isTaken(`${revision}-${String(n)}`)) n++;
      const segment = `${revision}-${String(n)}`;
      const known = { ...found, apps: { ...found.apps, [segment]: { revision, definition } } };
      return withPlace(known, ordinal, { ...place, app: segment });
    },
    guard,
  );
  const segment = state.places[ordinal]?.app;
  if (typeof segment === 'string' && (await raise(cluster, set, segment, guard, waiting))) return;
  throw new TransshipError('DEPLOYMENT_LOCKED', `${String(segment)} of ${set.name} in ${set.cluster} stays locked`);
}

function withPlace(state: SetState, ordinal: number, place: PlaceState): SetState {
  return { ...state, places: state.places.with(ordinal, place) };
}

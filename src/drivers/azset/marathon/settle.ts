import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { changeState } from '../../marathon/change.ts';
import { closedState } from '../../marathon/closed.ts';
import { pause } from '../../alive.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { standingFolder, type StandingFolder } from '../../marathon/folder.ts';
import { folderOf, memberIn } from '../../marathon/labels.ts';
import { FOLLOW_TIMEOUT_MS, POLL_MS } from '../../marathon/limits.ts';
import { holdersOf, isReady, wantedIn } from '../../marathon/places.ts';
import { until } from '../../marathon/until.ts';
import type { Guard, Waiting } from '../index.ts';
import { LaunchLine, vacantIn } from './line.ts';
import { mend } from './mend.ts';
import { observeSet, revisionIn } from './observe.ts';
import { checkOwn, segmentFor } from './own.ts';
import { removeUnused, withoutUnused } from './stage.ts';

/**
 * Waits until a task of the revision runs in every place and Marathon has nothing more to do for the set; then writes that
 * the set stands on it, and takes away the apps that no place is of any more. It is done when a look after all that finds
 * nothing: what somebody else changed meanwhile would be nobody's any more.
 * @throws INSTANCE_REPLACED naming places of another revision; FOREIGN_TEMPLATE; CONTROLLER_STALLED
 */
export async function settleSet(
  cluster: MarathonCluster,
  ref: AzSetRef,
  revision: string,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const deadline = Date.now() + FOLLOW_TIMEOUT_MS;
  for (;;) {
    await settleOnce(cluster, ref, revision, guard, waiting);
    if (observeSet(await standingFolder(cluster, ref)).settled) return;
    if (Date.now() >= deadline) throw stalled(ref, 'somebody changes it all the time');
    await pause(waiting, POLL_MS.blind, `${ref.name} to settle on ${revision}`);
  }
}

async function settleOnce(
  cluster: MarathonCluster,
  ref: AzSetRef,
  revision: string,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  checkPlaces(await standingFolder(cluster, ref), revision);
  await mend(cluster, ref, guard, waiting);
  const line = new LaunchLine(cluster, guard);
  let left = '';
  await until(cluster, waiting, {
    what: () => `${ref.name} to settle on ${revision}${left === '' ? '' : `: ${left}`}`,
    timeoutMs: FOLLOW_TIMEOUT_MS,
    late: () => stalled(ref, left),
    about: folderOf(ref),
    look: async (signal) => {
      const folder = await standingFolder(cluster, ref);
      checkPlaces(folder, revision);
      left = unsettled(folder);
      if (left === '') return true;
      await line.look(vacantIn(folder), signal);
      return undefined;
    },
  });
  const { state } = await changeState(
    cluster,
    ref,
    (folder) => {
      checkPlaces(folder, revision);
      if (observeSet(folder).settled) return null;
      return withoutUnused({ ...closedState(folder), current: revision, update: revision, previous: null });
    },
    guard,
  );
  await removeUnused(cluster, ref, state, guard, waiting);
}

function stalled({ name, cluster }: AzSetRef, why: string): TransshipError {
  return new TransshipError('CONTROLLER_STALLED', `${name} in ${cluster} does not settle: ${why}`);
}

/** @throws INSTANCE_REPLACED, FOREIGN_TEMPLATE: waiting would not change that */
function checkPlaces(folder: StandingFolder, revision: string): void {
  const { ref, state } = folder;
  checkOwn(folder);
  segmentFor(state, revision);
  if (state.update !== revision) {
    throw new TransshipError('FOREIGN_TEMPLATE', `${ref.name} is staged to ${state.update}, not ${revision}`);
  }
  const held = new Map(holdersOf(folder).map((holder) => [holder.ordinal, holder]));
  const astray = state.places.flatMap(({ app }, ordinal) => {
    const now = held.get(ordinal)?.segment ?? app;
    return now !== null && revisionIn(folder, now) === revision ? [] : [memberIn(ref, ordinal)];
  });
  if (astray.length === 0) return;
  throw new TransshipError('INSTANCE_REPLACED', `${astray.join(', ')} in ${ref.cluster} are not on ${revision}`);
}

/** What is still to come about; empty where nothing is. Apps that no place is of are looked at when they are removed. */
function unsettled(folder: StandingFolder): string {
  const wanted = wantedIn(folder);
  const unready = holdersOf(folder).filter(
    (holder) => holder.isLeaving || holder.isUnproven || !isReady(holder, folder.apps.get(holder.segment)),
  );
  const busy = [...folder.apps].filter(([segment, app]) => {
    const want = wanted.get(segment) ?? 0;
    return want > 0 && (app.instances !== want || app.deployments.length > 0);
  });
  return [
    ...(unready.length === 0 ? [] : [`not running: ${unready.map(({ member }) => member).join(', ')}`]),
    ...busy.map(([, { id, instances }]) => `${id} has ${String(instances)} instances, and a deployment or too many`),
  ].join('; ');
}

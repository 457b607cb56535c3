import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { changeState } from '../../marathon/change.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import type { StandingFolder } from '../../marathon/folder.ts';
import { holdersOf, isEnding } from '../../marathon/places.ts';
import type { SetState } from '../../marathon/state.ts';
import type { Guard, Waiting } from '../index.ts';
import { lowerSurplus, raise } from './apps.ts';
import { emptyPlaces } from './end.ts';

/**
 * Brings every place to what is written of it, where an operation was cut off in between: one that was to be made anew on
 * what it is of, and that nobody has begun to end, stays; what was ended by name comes again, because Marathon brings back
 * none that was ended with its app made smaller. Does nothing where nothing is half done.
 * @throws DEPLOYMENT_LOCKED, CONTROLLER_STALLED
 */
export async function mend(cluster: MarathonCluster, ref: AzSetRef, guard: Guard, waiting: Waiting): Promise<void> {
  const { state } = await changeState(cluster, ref, stayingState, guard);
  await emptyPlaces(cluster, ref, [...state.places.keys()], guard, waiting);
  await lowerSurplus(cluster, ref, guard);
  for (const segment of new Set(state.places.flatMap(({ app }) => app ?? []))) {
    if (await raise(cluster, ref, segment, guard, waiting)) continue;
    throw new TransshipError('DEPLOYMENT_LOCKED', `${segment} of ${ref.name} in ${ref.cluster} stays locked`);
  }
}

function stayingState(folder: StandingFolder): SetState {
  const places = [...folder.state.places];
  for (const holder of holdersOf(folder)) {
    const { ordinal, task, segment, isLeaving, movesTo } = holder;
    if (task !== null && isLeaving && movesTo === null && !isEnding(holder))
      places[ordinal] = { app: segment, task: task.id };
  }
  return { ...folder.state, places };
}

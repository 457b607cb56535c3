import type { StandingFolder } from './folder.ts';
import { holdersOf } from './places.ts';
import type { SetState } from './state.ts';

/**
 * The state in which every place knows its task, and the set is closed: tasks that were born while it was open are out of
 * traffic from then on because that is written, no more because it is open.
 */
export function closedState(folder: StandingFolder): SetState {
  const { state } = folder;
  const out = { ...state.out };
  const places = [...state.places];
  for (const { ordinal, task, isLeaving, isUnproven, outBy } of holdersOf(folder)) {
    const place = places[ordinal];
    if (place === undefined || isLeaving || isUnproven) continue;
    places[ordinal] = { app: place.app, ...(task === null ? {} : { task: task.id }) };
    if (task !== null && Object.keys(outBy).length > 0) out[task.id] = outBy;
  }
  return { ...state, places, out, open: null };
}

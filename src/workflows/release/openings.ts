import type { AzSetRef } from '../../domain/types.ts';
import type { Direction } from './activities.ts';
import { setActivities, stepContext, type GroupRun } from './context.ts';
import { Opening } from './opening.ts';

/** The set's opening, forward or back: one for all of its instances. */
export function openingOf(run: GroupRun, direction: Direction, set: AzSetRef): Opening {
  const key = `${direction} ${set.idc}/${set.cluster}/${set.name}`;
  const known = run.openings.get(key);
  if (known !== undefined) return known;
  const opening = new Opening(
    (target) => setActivities(run, direction, set, 'open').openSet({ ...stepContext(run), set, target }),
    () => setActivities(run, direction, set, 'close').closeSet({ ...stepContext(run), set }),
  );
  run.openings.set(key, opening);
  return opening;
}

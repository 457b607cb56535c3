import type { AzSetRef } from '../../domain/types.ts';
import { idcActivities, type Direction } from './activities.ts';
import { stepContext, type GroupRun } from './context.ts';
import { Opening } from './opening.ts';

/** The set's opening, forward or back: one for all of its instances. */
export function openingOf(run: GroupRun, direction: Direction, set: AzSetRef): Opening {
  const key = `${direction} ${set.idc}/${set.cluster}/${set.name}`;
  const known = run.openings.get(key);
  if (known !== undefined) return known;
  const activities = (summary: string): ReturnType<typeof idcActivities> =>
    idcActivities(set.idc, {
      direction,
      policy: run.input.policy,
      summary: `${summary} ${set.name} (${set.idc})`,
      longestAttemptMs: 120_000,
    });
  const opening = new Opening(
    (target) => activities('open').openSet({ ...stepContext(run), set, target }),
    () => activities('close').closeSet({ ...stepContext(run), set }),
  );
  run.openings.set(key, opening);
  return opening;
}

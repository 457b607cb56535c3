import { azSetActivities } from '../../src/activities/azset.ts';
import { bringActivities } from '../../src/activities/bring.ts';
import { controlActivities } from '../../src/activities/control.ts';
import { instanceActivities } from '../../src/activities/instance.ts';
import { stageActivities } from '../../src/activities/stages.ts';
import { turnActivities } from '../../src/activities/turn.ts';
import { uncoveredOf } from '../harness/hits.ts';

/** What the worker registers, by the factories that it registers from. */
function registered(): string[] {
  const nothing = {} as never;
  return [
    ...Object.keys(controlActivities(nothing)),
    ...Object.keys(turnActivities(nothing)),
    ...Object.keys(stageActivities(nothing)),
    ...Object.keys(azSetActivities(nothing, nothing)),
    ...Object.keys(bringActivities(nothing)),
    ...Object.keys(instanceActivities(nothing, nothing)),
  ];
}

/** One line for each activity of the worker at which no case hits it. */
export function uncovered(kinds: Set<string>): string[] {
  return uncoveredOf(registered(), kinds);
}

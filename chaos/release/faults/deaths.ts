import { hitsOf, kindOf, type Hit } from '../../harness/hits.ts';
import type { Scenario } from '../scenarios.ts';
import { blowOf, type FaultKind } from './fault.ts';

/**
 * The worker dies, or freezes, at every point of the scenario. On every commit (docs/adr/0004): where the effect of an
 * activity is done or a message is taken up, once for each kind that no scenario before has; in the first scenario at every
 * boundary of each kind, and wherever an effect is done and nobody knows.
 * @param met kinds that were hit so far; those of this scenario are added
 * @param about on every commit only where the key says this. Default: anywhere
 */
export function deaths(
  scenario: Scenario,
  { all, met, about = /./ }: { all: boolean; met: Set<string>; about?: RegExp },
): FaultKind {
  return {
    scenario,
    faults: ({ trace }) => {
      const points = hitsOf(trace.filter(({ key }) => !key.startsWith(BY_CHANCE)));
      const hits = all
        ? points
        : firstOf(
            points.filter(({ key }) => about.test(key)),
            met,
          );
      for (const hit of hits) met.add(kindOf(hit));
      const chosen = scenario.blow === 'freeze' ? hits.filter(({ point }) => point.startsWith('sending')) : hits;
      return chosen.map((hit) => ({ ...blowOf(hit, scenario.blow), always: true }));
    },
  };
}

/** A group gets a command by signal only where the update with it was not answered in time: not in every run. */
const BY_CHANCE = 'releaseGroup: signal command-signal';

/**
 * Activities at whose boundaries nothing is half done: a look changes nothing; a local activity lives in the workflow task
 * that takes up its end, so with the worker that is lost, too, and it is done again.
 */
const WHOLE = ['observe', 'record'];

/** Goes side by side with another one of its batch, through the same steps: where that one dies is enough. */
const TWIN = ' web-2 ';

/** What it was about to do is done, and nobody knows yet. */
function isDone(hit: Hit): boolean {
  return !hit.key.includes(TWIN) && !WHOLE.includes(kindOf(hit)) && hit.point === 'after';
}

function firstOf(hits: Hit[], met: Set<string>): Hit[] {
  const boundaries = hits.filter(({ point }) => !/^(sending|answered)/.test(point));
  const news = boundaries.filter((hit) => !met.has(kindOf(hit)));
  const kinds = Map.groupBy(news, (hit) => `${hit.key.split(' ')[0]} ${kindOf(hit)} ${hit.point}`);
  const once = [...kinds.values()].flatMap(([first]) => first ?? []);
  if (met.size === 0) return boundaries.filter((hit) => once.includes(hit) || isDone(hit));
  // Of an activity the one where its effect is done and nobody knows.
  const hasAfter = new Set(once.filter(({ point }) => point === 'after').map(kindOf));
  return boundaries.filter((hit) => once.includes(hit) && (hit.point === 'after' || !hasAfter.has(kindOf(hit))));
}

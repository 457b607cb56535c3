import type { Passage } from '../../hooks/points.ts';
import type { Scenario } from '../scenarios.ts';
import { blowOf, type FaultKind, type Hit } from './fault.ts';

/**
 * The worker dies, or freezes, at every point of the scenario. On every commit: at all boundaries of activities and
 * messages that no scenario before has; all of them in the first scenario, later ones once for each kind of activity.
 * @param met kinds that were hit so far; those of this scenario are added
 */
export function deaths(scenario: Scenario, { all, met }: { all: boolean; met: Set<string> }): FaultKind {
  return {
    scenario,
    faults: ({ trace }) => {
      const hits = all ? hitsOf(trace) : firstOf(hitsOf(trace), met);
      for (const hit of hits) met.add(kindOf(hit));
      const chosen = scenario.blow === 'freeze' ? hits.filter(({ point }) => point.startsWith('sending')) : hits;
      return chosen.map((hit) => ({ ...blowOf(hit, scenario.blow), always: true }));
    },
  };
}

/** Every point that a run without a fault came by, once, in order. */
function hitsOf(trace: Passage[]): Hit[] {
  const hits = new Map(trace.map(({ key, point }) => [`${key} ${point}`, { key, point }]));
  return [...hits.values()];
}

/** What is done there: `takeOut`, `record`, `begin`, … */
function kindOf({ key }: Hit): string {
  return key.split(' ')[1] ?? key;
}

function firstOf(hits: Hit[], met: Set<string>): Hit[] {
  const boundaries = hits.filter(({ point }) => !/^(sending|answered)/.test(point));
  if (met.size === 0) return boundaries;
  const news = boundaries.filter((hit) => !met.has(kindOf(hit)));
  const kinds = Map.groupBy(news, (hit) => `${hit.key.split(' ')[0]} ${kindOf(hit)} ${hit.point}`);
  return [...kinds.values()].flatMap(([first]) => first ?? []);
}

import type { Passage, Point } from '../../hooks/points.ts';
import type { Scenario } from '../scenarios.ts';
import { blowOf, type FaultKind, type Hit } from './fault.ts';

/**
 * The worker dies, or freezes, at every point of the scenario. On every commit (docs/adr/0004): at the boundaries of
 * activities and messages that no scenario before has, once for each kind; in the first scenario also wherever something
 * may be half done.
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

/**
 * Activities of which one boundary stands for all three: a look changes nothing, so before it, after it and when it is taken
 * up all is as it was; a local activity lives in the workflow task that it is taken up in, so with its worker its end is
 * lost, and its beginning is where what came before it was taken up.
 */
const ONE_FOR_ALL: Record<string, Point> = { observe: 'before', record: 'after' };

/** What it was about to do is not done, or is, and nobody knows yet. */
function isWithin(hit: Hit): boolean {
  const only = ONE_FOR_ALL[kindOf(hit)];
  return only === undefined ? hit.point !== 'reported' : hit.point === only;
}

/** What is done there: `takeOut`, `record`, `begin`, … */
function kindOf({ key }: Hit): string {
  return key.split(' ')[1] ?? key;
}

function firstOf(hits: Hit[], met: Set<string>): Hit[] {
  const boundaries = hits.filter(({ point }) => !/^(sending|answered)/.test(point));
  const news = boundaries.filter((hit) => !met.has(kindOf(hit)));
  const kinds = Map.groupBy(news, (hit) => `${hit.key.split(' ')[0]} ${kindOf(hit)} ${hit.point}`);
  const once = new Set([...kinds.values()].flatMap(([first]) => first ?? []));
  return boundaries.filter((hit) => once.has(hit) || (met.size === 0 && isWithin(hit)));
}

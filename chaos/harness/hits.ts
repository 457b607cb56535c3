import type { Passage, Point } from '../hooks/points.ts';

/** Where a worker is hit. */
export interface Hit {
  key: string;
  point: Point;
}

/** Every point of a run without a fault, once, in order. */
export function hitsOf(trace: readonly Passage[]): Hit[] {
  const hits = new Map(trace.map(({ key, point }) => [`${key} ${point}`, { key, point }]));
  return [...hits.values()];
}

/** What is done there: `takeOut`, `copyImage`, `begin`, … */
export function kindOf({ key }: Hit): string {
  return key.split(' ')[1] ?? key;
}

/**
 * One line for each activity at which no case hits the worker.
 * @param registered names of activities, by the factories that the worker registers them from
 * @param met what is hit, by `kindOf`
 */
export function uncoveredOf(registered: readonly string[], met: ReadonlySet<string>): string[] {
  return registered
    .filter((activity) => !met.has(activity))
    .map((activity) => `no case kills the worker at ${activity}`);
}

import type { Fates } from './postman.ts';

/** How much is pushed, and how much breaks meanwhile. */
export interface FloodSize {
  pushes: number;
  /** Pushes a second, and how many images may be on their way: on a slow machine there are fewer pushes a second. */
  perSecond: number;
  onTheirWay: number;
  /** Of all pushes, those that call another image by a tag that was pushed just before. 0 to 1. */
  again: number;
  /** Of all pushes, those of megabytes. 0 to 1. */
  big: number;
  hooks: Fates;
  /** Share of the connections that are reset when a request comes, and of those whose answers are cut short. 0 to 1. */
  refused: number;
  truncated: number;
  /** One worker after the other is killed every so often; the API, too. Seconds. */
  workerEvery: number;
  apiEvery: number;
  /** How long a replica is down. Seconds. */
  down: number;
  /** Images that somebody asks for by hand, and stops, while the replica is down. */
  cancels: number;
  /** How often the registries are compared, as a rule says it. */
  every: string;
  /** How long what is left may take after the last push. Seconds. */
  rest: number;
  /** Of the arrivals, those after which it is looked at once whether everything is there. 0 to 1. */
  looked: number;
  /** Of what was pushed to registries that were up, 99 % are to be there after no more. Seconds. */
  p99: number;
}

/** On every commit: everything, scaled down to two minutes; on a machine that is busy time says little. */
export const SMALL: FloodSize = {
  ...{ pushes: 150, perSecond: 2.5, onTheirWay: 12, again: 0.1, big: 0.06 },
  hooks: { lost: 0.06, fiveTimes: 0.1, late: 0.1, lateMs: 10_000 },
  ...{ refused: 0.05, truncated: 0.05, workerEvery: 12, apiEvery: 25, down: 15, cancels: 2 },
  ...{ every: '1m', rest: 150, looked: 1, p99: 60 },
};

/** `--all`: 10,000 syncs, each of an image to one of three registries. */
export const WHOLE: FloodSize = {
  ...{ pushes: 3_334, perSecond: 4, onTheirWay: 10, again: 0.05, big: 0.03 },
  hooks: { lost: 0.02, fiveTimes: 0.05, late: 0.05, lateMs: 60_000 },
  ...{ refused: 0.05, truncated: 0.01, workerEvery: 45, apiEvery: 150, down: 600, cancels: 20 },
  ...{ every: '5m', rest: 900, looked: 0.1, p99: 20 },
};

/** Seconds that a run of that size has, with what it takes to begin and to look at everything in the end. */
export function secondsOf({ pushes, perSecond, rest }: FloodSize): number {
  return Math.ceil((pushes / perSecond) * 4) + 2 * rest + 120;
}

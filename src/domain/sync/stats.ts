import type { SyncPriority } from './priority.ts';

/** Within so long an image is to be where it is wanted. Seconds. */
export const SYNC_GOAL_SECONDS = 20;

/** From here on what is still open is late: somebody should look. Seconds since it was due: asked for, or its window opened. */
export const SYNC_LATE_SECONDS = 60;

/** Upper bounds of the histogram, in seconds; what took longer than the last one is counted beyond. */
export const SYNC_BUCKETS = [1, 2, 5, 10, SYNC_GOAL_SECONDS, SYNC_LATE_SECONDS, 300, 3_600];

/** How the syncs to one registry went, and what is open now. */
export interface SyncStats {
  registry: string;
  done: number;
  failed: number;
  /** From when they were due to their end, of those that are done; null where there are none. */
  seconds: { p50: number; p95: number; p99: number; max: number } | null;
  /** Of those that are done, how many took up to `le` seconds and longer than the bound before; null: beyond the last one. */
  histogram: { le: number | null; count: number }[];
  /** Share of those that have ended that is done within SYNC_GOAL_SECONDS, from 0 to 1; null where none has ended. */
  withinGoal: number | null;
  open: number;
  /** Open for longer than SYNC_LATE_SECONDS since they were due. */
  late: number;
  /** How long ago the oldest open one was due, in seconds; null where none is open. */
  oldestSeconds: number | null;
}

/** @param registries that are there in any case, in this order; others come after them */
export function statsOf(
  registries: readonly string[],
  ended: readonly { registry: string; state: 'done' | 'failed'; seconds: number }[],
  open: readonly { registry: string; priority: SyncPriority; open: number; late: number; oldestSeconds: number }[],
): SyncStats[] {
  const names = new Set([...registries, ...ended.map((one) => one.registry), ...open.map((one) => one.registry)]);
  return [...names].map((registry) => {
    const own = ended.filter((one) => one.registry === registry);
    const took = own.flatMap(({ state, seconds }) => (state === 'done' ? [seconds] : [])).sort((a, b) => a - b);
    const waiting = open.filter((one) => one.registry === registry);
    return {
      registry,
      done: took.length,
      failed: own.length - took.length,
      seconds:
        took.length === 0
          ? null
          : {
              p50: percentile(took, 50),
              p95: percentile(took, 95),
              p99: percentile(took, 99),
              max: percentile(took, 100),
            },
      histogram: histogramOf(took),
      withinGoal: own.length === 0 ? null : took.filter((seconds) => seconds <= SYNC_GOAL_SECONDS).length / own.length,
      open: sum(waiting.map((one) => one.open)),
      late: sum(waiting.map((one) => one.late)),
      oldestSeconds: waiting.length === 0 ? null : Math.max(...waiting.map((one) => one.oldestSeconds)),
    };
  });
}

/** The smallest value that so many percent do not exceed. @param sorted from the smallest; not empty */
function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}

function histogramOf(took: readonly number[]): SyncStats['histogram'] {
  const bounds = [...SYNC_BUCKETS, null];
  return bounds.map((le, at) => {
    const above = SYNC_BUCKETS[at - 1] ?? -Infinity;
    return { le, count: took.filter((seconds) => seconds > above && seconds <= (le ?? Infinity)).length };
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

import { metricMeter } from '@temporalio/workflow';
import type { Flavor } from '../../domain/types.ts';
import { METRICS } from '../../temporal/metrics.ts';

/** Counts a release of a group that has ended. Metrics are not written again by a replay. */
export function countEnd(flavor: Flavor, outcome: string): void {
  count('ended', { flavor, outcome });
}

/** Counts a brake, by the code of what put it on. */
export function countBrake(reason: string): void {
  count('brakes', { reason });
}

/** Notes how long a state has lasted, in ms. */
export function timeState(state: string, ms: number): void {
  time('states', ms, { state });
}

/** Notes how long something was waited for, in ms, by the code of the trouble or the gate. */
export function timeWait(reason: string, ms: number): void {
  time('waits', ms, { reason });
}

function count(metric: keyof typeof METRICS, tags: Record<string, string>): void {
  const { name, description } = METRICS[metric];
  metricMeter.createCounter(name, 'releases', description).add(1, tags);
}

function time(metric: keyof typeof METRICS, ms: number, tags: Record<string, string>): void {
  const { name, description } = METRICS[metric];
  metricMeter.createHistogram(name, 'float', 's', description).record(ms / 1_000, tags);
}

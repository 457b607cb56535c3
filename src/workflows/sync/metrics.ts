import { metricMeter } from '@temporalio/workflow';
import type { SyncPriority } from '../../domain/sync/priority.ts';
import { METRICS } from '../../temporal/metrics.ts';

/** Counts blobs that were sent to a registry in vain. */
export function countDuplicates(registry: string, blobs: number): void {
  const { name, description } = METRICS.duplicates;
  metricMeter.createCounter(name, undefined, description).add(blobs, { registry });
}

/** Counts what was wanted in a registry and is done, or has failed for good. @param ms since it was due */
export function countSync(registry: string, priority: SyncPriority, state: 'done' | 'failed', ms: number): void {
  const { name, description } = METRICS.syncs;
  metricMeter.createHistogram(name, 'float', 's', description).record(ms / 1_000, { registry, priority, state });
}

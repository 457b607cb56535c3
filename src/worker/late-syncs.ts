import { setTimeout as sleep } from 'node:timers/promises';
import type { MetricMeter } from '@temporalio/common';
import type { Logger } from 'pino';
import type { Catalogue, OpenSyncs } from '../catalogue/types.ts';
import { SYNC_LATE_SECONDS } from '../domain/sync/stats.ts';
import { METRICS } from '../temporal/metrics.ts';

/** How often what is open is counted, in ms. */
const EVERY_MS = 15_000;

/**
 * Keeps the gauge of images that somebody waits for, until the signal. What is late no more is told as 0, also after a
 * restart for the registries of the fleet.
 * @param registries of the fleet
 */
export async function countLateSyncs(
  { syncs }: Pick<Catalogue, 'syncs'>,
  registries: readonly string[],
  { meter, signal, log }: { meter: MetricMeter; signal: AbortSignal; log: Pick<Logger, 'warn'> },
): Promise<void> {
  const { name, description } = METRICS.lateSyncs;
  const gauge = meter.createGauge(name, 'int', undefined, description);
  const told = new Map<string, Pick<OpenSyncs, 'registry' | 'priority'>>(
    registries.map((registry) => [`${registry} normal`, { registry, priority: 'normal' }]),
  );
  while (!signal.aborted) {
    try {
      const late = new Map<string, number>();
      for (const { registry, priority, late: count } of await syncs.open(SYNC_LATE_SECONDS)) {
        told.set(`${registry} ${priority}`, { registry, priority });
        late.set(`${registry} ${priority}`, count);
      }
      for (const [key, labels] of told) gauge.set(late.get(key) ?? 0, labels);
    } catch (error) {
      log.warn({ err: error }, 'could not count what waits for its image; trying again');
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

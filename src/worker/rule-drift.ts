import { setTimeout as sleep } from 'node:timers/promises';
import type { MetricMeter } from '@temporalio/common';
import type { Logger } from 'pino';
import type { Catalogue } from '../catalogue/types.ts';
import { remaining } from '../domain/sync/drift.ts';
import { everySeconds } from '../domain/sync/rule.ts';
import { METRICS } from '../temporal/metrics.ts';

/** How often the catalogue is looked at, in ms. */
const EVERY_MS = 15_000;

/**
 * Keeps the gauges of sync rules, until the signal: when each was compared, how often it is to be, and what the last comparison
 * left. A gauge cannot be taken back: that a rule is gone is told by an interval of 0.
 */
export async function tellOfRules(
  { syncRules, comparisons }: Pick<Catalogue, 'syncRules' | 'comparisons'>,
  { meter, signal, log }: { meter: MetricMeter; signal: AbortSignal; log: Pick<Logger, 'warn'> },
): Promise<void> {
  const compared = meter.createGauge(METRICS.compared.name, 'float', undefined, METRICS.compared.description);
  const interval = meter.createGauge(METRICS.interval.name, 'int', undefined, METRICS.interval.description);
  const drift = meter.createGauge(METRICS.drift.name, 'int', undefined, METRICS.drift.description);
  const told = new Set<string>();
  while (!signal.aborted) {
    try {
      const [rows, lasts] = await Promise.all([syncRules.list(), comparisons.list()]);
      for (const { rule, changedAt } of rows) {
        const last = lasts.find((one) => one.rule === rule.name);
        told.add(rule.name);
        interval.set(everySeconds(rule.every), { rule: rule.name });
        compared.set(Date.parse(last?.endedAt ?? changedAt) / 1_000, { rule: rule.name });
        // While it is brought it says nothing new.
        const left = last === undefined ? null : remaining(last.comparison);
        for (const [kind, count] of Object.entries(left ?? {})) drift.set(count, { rule: rule.name, kind });
      }
      for (const name of told) {
        if (rows.some(({ rule }) => rule.name === name)) continue;
        interval.set(0, { rule: name });
        for (const kind of ['late', 'held', 'unseen']) drift.set(0, { rule: name, kind });
      }
    } catch (error) {
      log.warn({ err: error }, 'could not look how sync rules were compared; trying again');
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Cluster } from '../drivers/kubernetes/cluster.ts';

/** How often, in ms. What is kept is written by the steps of operations; this is for those whose worker died. */
const EVERY_MS = 10_000;

/**
 * Keeps in line what an operation lends from clusters, until aborted: disruption budgets that were tightened while pods were out
 * of traffic. Several keepers do no harm. A cluster that does not answer is tried again.
 */
export async function keep(clusters: Cluster[], namespaces: string[], signal: AbortSignal, log: Logger): Promise<void> {
  const isOn = (): Promise<boolean> => sleep(EVERY_MS, true, { signal, ref: false }).catch(() => false /* aborted */);
  while (await isOn()) {
    for (const { name, budgets } of clusters)
      for (const namespace of namespaces)
        await budgets.sweep(namespace).catch((error: unknown) => {
          log.debug({ cluster: name, namespace, err: error }, 'budgets not swept');
        });
  }
}

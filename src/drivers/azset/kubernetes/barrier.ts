import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { CONTROLLER_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import type { Pod, StatefulSet } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { Waiting } from '../index.ts';
import { foreignWriters } from './fingerprint.ts';
import { claimOf, isAlive } from './gate.ts';
import { getSet, isObserved, listPods, setFeed } from './sets.ts';

/** What was there when the controller's count agreed with the pods. */
export interface Agreement {
  set: StatefulSet;
  pods: Pod[];
}

/**
 * The barrier: pods and sets reach the controller by separate watches, so what it makes of the pods is known only when
 * its status says so. Nothing may be built on a revision (a partition, another template) before the controller counts as
 * many pods of it as claim it.
 * @param agreed what must hold besides; asked at each look, and may throw what waiting would not change
 * @param late what to add to the error when the time is up
 * @throws FOREIGN_TEMPLATE when the template is not of the revision any more; CONTROLLER_STALLED
 */
export async function barrier(
  cluster: Cluster,
  ref: AzSetRef,
  revision: string,
  waiting: Waiting,
  { agreed = () => true, late = () => '' }: { agreed?: (now: Agreement) => boolean; late?: () => string } = {},
): Promise<Agreement> {
  const { api, feeds } = cluster;
  return until(waiting, {
    what: `the controller of ${ref.cluster} to count ${ref.name} on ${revision}`,
    timeoutMs: CONTROLLER_TIMEOUT_MS,
    late: () =>
      new TransshipError(
        'CONTROLLER_STALLED',
        `${ref.name} in ${ref.cluster} does not settle on ${revision}: ${late() || 'the controller does not follow'}`,
      ),
    feed: setFeed(feeds, ref),
    wakes: ({ metadata }) => metadata.name === ref.name,
    look: async () => {
      const set = await getSet(api, ref);
      if (!isObserved(set)) return undefined;
      checkTemplate(set, revision);
      const pods = await listPods(api, ref.namespace, [set]);
      const claiming = pods.filter((pod) => isAlive(pod) && claimOf(pod) === revision).length;
      return agreed({ set, pods }) && (set.status?.updatedReplicas ?? 0) === claiming ? { set, pods } : undefined;
    },
  });
}

function checkTemplate(set: StatefulSet, revision: string): void {
  const now = set.status?.updateRevision ?? '';
  if (now === revision) return;
  const writers = foreignWriters(set) ?? 'transship itself';
  throw new TransshipError(
    'FOREIGN_TEMPLATE',
    `the template of ${set.metadata.name} is ${now}, not ${revision}; written by ${writers}`,
  );
}

import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { ANNOTATION, LABEL } from '../../kubernetes/labels.ts';
import { paths } from '../../kubernetes/paths.ts';
import type { StatefulSet } from '../../kubernetes/resources.ts';
import type { Guard, Waiting } from '../index.ts';
import { barrier, type Agreement } from './barrier.ts';
import { claimOf, isAlive, isClaimed } from './gate.ts';
import { annotate, groupOf, isComplete, ownGroup, previousOf } from './sets.ts';

/** What a set at rest says of us. */
const REMEMBERED = ['version', 'spec', 'template', 'adopting', 'fence'] as const;

/**
 * Leaves a set to whoever has it then: at rest, at partition 0, without our name on it. Labels of its pods, and Services,
 * stay: they mean nothing to Kubernetes, and traffic goes on.
 * @throws SET_NOT_AT_REST: at partition 0 the controller would replace what is not on the set's revision; FOREIGN_TEMPLATE
 */
export async function detachSet(cluster: Cluster, ref: AzSetRef, guard: Guard, waiting: Waiting): Promise<void> {
  for (;;) {
    const found = await cluster.api.get<StatefulSet>(paths.statefulSets(ref.namespace, ref.name));
    if (found === null) return;
    if (groupOf(found) === null) {
      // What a step of ours wrote there before it was known whose it is.
      await annotate(cluster, ref, Object.fromEntries(REMEMBERED.map((key) => [ANNOTATION[key], null])), guard);
      return;
    }
    ownGroup(found);
    const revision = found.status?.updateRevision ?? '';
    // Behind the barrier: to the controller, a pod whose label it has not seen yet is one to replace.
    const { set } = await barrier(cluster, ref, revision, waiting, { agreed: (now) => atRest(now, revision) });
    const { uid, resourceVersion } = set.metadata;
    const forgotten = (keys: Iterable<string>): Record<string, null> =>
      Object.fromEntries([...keys].map((key) => [key, null]));
    await guard();
    try {
      await cluster.api.patch<StatefulSet>(paths.statefulSets(ref.namespace, ref.name), 'merge', {
        metadata: {
          uid,
          resourceVersion,
          labels: forgotten([LABEL.app, LABEL.group, LABEL.env, LABEL.azSet]),
          annotations: forgotten(REMEMBERED.map((key) => ANNOTATION[key])),
        },
        spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } },
      });
      return;
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
    }
  }
}

/** @throws SET_NOT_AT_REST when waiting for the controller would not bring it to rest */
export function atRest({ set, pods }: Agreement, revision: string): boolean {
  const astray = pods.filter((pod) => isAlive(pod) && (claimOf(pod) !== revision || isClaimed(pod)));
  if (previousOf(set) !== null || astray.length > 0) {
    const names = astray.map(({ metadata }) => metadata.name).join(', ') || 'staged';
    throw new TransshipError('SET_NOT_AT_REST', `${set.metadata.name} is not at rest on ${revision}: ${names}`);
  }
  return isComplete(set, revision) && pods.length === set.spec.replicas;
}

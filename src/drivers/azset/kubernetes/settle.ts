import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import type { Pod, Template } from '../../kubernetes/resources.ts';
import type { Guard, Waiting } from '../index.ts';
import { barrier } from './barrier.ts';
import { claimOf, gatedFor, isAlive, isClaimed } from './gate.ts';
import { closeSet } from './open.ts';
import { endPulls } from './prePull.ts';
import { podReady } from './proof.ts';
import { dropGated } from './rest.ts';
import type { Revisions } from './revisions.ts';
import { forgetPrevious, getSet, isComplete } from './sets.ts';
import { hasImages } from './template.ts';

/** Waits behind the barrier until every instance is of the revision and the controller agrees; the set is closed first. */
export async function settleSet(
  cluster: Cluster,
  revisions: Revisions,
  ref: AzSetRef,
  revision: string,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const template = await revisions.get(ref.namespace, revision);
  if (gatedFor((await getSet(cluster.api, ref)).spec.template) === revision) {
    await closeSet(cluster, ref, guard, waiting);
  }
  let unready: string[] = [];
  const { set } = await barrier(cluster, ref, revision, waiting, {
    late: () => (unready.length === 0 ? '' : `not ready: ${unready.join(', ')}`),
    agreed: ({ set: now, pods }) => {
      checkPods(pods, ref, revision, template);
      unready = pods.filter((pod) => !podReady(pod)).map(({ metadata }) => metadata.name);
      return isComplete(now, revision) && pods.length === now.spec.replicas;
    },
  });
  await endPulls(cluster, ref);
  await dropGated(cluster.api, set, guard);
  await forgetPrevious(cluster, ref, guard);
}

/**
 * The controller trusts the label and never compares images: so we do.
 * @throws INSTANCE_REPLACED naming instances that claim, or run, something else: waiting would not change that
 */
function checkPods(pods: Pod[], ref: AzSetRef, revision: string, template: Template): void {
  const astray = pods.filter(
    (pod) => isAlive(pod) && (claimOf(pod) !== revision || isClaimed(pod) || !hasImages(pod.spec, template.spec)),
  );
  if (astray.length === 0) return;
  const names = astray.map(({ metadata }) => metadata.name).join(', ');
  throw new TransshipError('INSTANCE_REPLACED', `${names} in ${ref.cluster} are not on ${revision}`);
}

import { TransshipError } from '../../../domain/errors.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { ANNOTATION, LABEL } from '../../kubernetes/labels.ts';
import { changePod, type PodChange } from '../../kubernetes/pods.ts';
import type { Pod } from '../../kubernetes/resources.ts';
import type { Guard, InstanceObservation, MemberAt, ReplaceTarget, Waiting } from '../index.ts';
import { differenceOf } from './difference.ts';
import { claimOf, isClaimed, revisionOf } from './gate.ts';
import { gatherEvidence } from './proof.ts';
import type { Revisions } from './revisions.ts';
import { waitRunning } from './runs.ts';

/**
 * Brings one pod to the target in place, by one PATCH, and waits for the proof. A pod that is at the target already is
 * only waited for: the second attempt after a crash never stops the container again.
 */
export async function replacePod(
  cluster: Cluster,
  revisions: Revisions,
  at: MemberAt,
  target: ReplaceTarget,
  guard: Guard,
  waiting: Waiting,
): Promise<InstanceObservation> {
  const changed = await changePod(cluster, at, (pod) => changeTo(revisions, at, pod, target), guard);
  return waitRunning(cluster, at, changed, waiting);
}

async function changeTo(
  revisions: Revisions,
  { set, member }: MemberAt,
  pod: Pod,
  target: ReplaceTarget,
): Promise<PodChange | null> {
  const images = pod.spec.containers.flatMap(({ name, image }) => {
    const wanted = target.images[name];
    return wanted === undefined || wanted === image ? [] : [{ name, image: wanted }];
  });
  if (images.length === 0 && claimOf(pod) === target.revision && !isClaimed(pod)) return null;
  // The revision that the pod is of tells which labels and annotations of it the target takes away.
  const from = await revisions.find(set.namespace, revisionOf(pod));
  const to = await revisions.find(set.namespace, target.revision);
  const { change, reasons } = from === null || to === null ? { change: 'none', reasons: [] } : differenceOf(from, to);
  if (change === 'recreate') {
    throw new TransshipError(
      'RECREATE_UNSUPPORTED',
      `${member} cannot be brought to ${target.revision} in place: ${reasons.join(', ')}`,
    );
  }
  const labels = fieldChanges(from?.metadata?.labels, to?.metadata?.labels);
  const inService = pod.metadata.labels?.[LABEL.inService];
  const annotations = fieldChanges(from?.metadata?.annotations, to?.metadata?.annotations);
  return {
    metadata: {
      // Who is in service is not for a template to say while pods are handled.
      labels: { ...labels, [LABEL.inService]: inService ?? null, [LABEL.revision]: target.revision },
      annotations: {
        ...annotations,
        ...(isClaimed(pod) ? { [ANNOTATION.revision]: null } : {}),
        [ANNOTATION.proven]: gatherEvidence(
          pod,
          images.map(({ name }) => name),
        ),
      },
    },
    ...(images.length === 0 ? {} : { spec: { containers: images } }),
  };
}

/** Keys that differ, with their new values; null takes a key away. */
function fieldChanges(
  from: Record<string, string> = {},
  to: Record<string, string> = {},
): Record<string, string | null> {
  const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
  return Object.fromEntries([...keys].filter((key) => from[key] !== to[key]).map((key) => [key, to[key] ?? null]));
}

import { TransshipError } from '../../../domain/errors.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { Trouble } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { ANNOTATION, LABEL } from '../../kubernetes/labels.ts';
import { PULL_GRACE_MS, START_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { paths } from '../../kubernetes/paths.ts';
import { changePod, type PodChange } from '../../kubernetes/pods.ts';
import type { Pod, Resource } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { Guard, InstanceObservation, MemberAt, ReplaceTarget, Waiting } from '../index.ts';
import { observePod } from './observe.ts';
import { gatherEvidence, podRuns } from './proof.ts';
import type { Revisions } from './revisions.ts';
import { troubleOf } from './trouble.ts';

/** Troubles that the kubelet keeps trying to get out of by itself: they count when they last. */
const PASSING = new Set<string>([
  'IMAGE_PULL_FAILED',
  'INSTANCE_UNSCHEDULABLE',
  'INSTANCE_REPLACED',
] satisfies ErrorCode[]);

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
  { set }: MemberAt,
  pod: Pod,
  target: ReplaceTarget,
): Promise<PodChange | null> {
  const images = pod.spec.containers.flatMap(({ name, image }) => {
    const wanted = target.images[name];
    return wanted === undefined || wanted === image ? [] : [{ name, image: wanted }];
  });
  if (images.length === 0 && revisionOf(pod) === target.revision) return null;
  // The revision that the pod claims tells which labels and annotations of it the target takes away.
  const from = await revisions.find(set.namespace, revisionOf(pod));
  const to = await revisions.find(set.namespace, target.revision);
  const labels = fieldChanges(from?.metadata?.labels, to?.metadata?.labels);
  const inService = pod.metadata.labels?.[LABEL.inService];
  const annotations = fieldChanges(from?.metadata?.annotations, to?.metadata?.annotations);
  return {
    metadata: {
      // Who is in service is not for a template to say while pods are handled.
      labels: { ...labels, [LABEL.inService]: inService ?? null, [LABEL.revision]: target.revision },
      annotations: {
        ...annotations,
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

function revisionOf(pod: Pod): string {
  return pod.metadata.labels?.[LABEL.revision] ?? '';
}

async function waitRunning(
  cluster: Cluster,
  at: MemberAt,
  patched: Pod,
  waiting: Waiting,
): Promise<InstanceObservation> {
  let since: { code: string; at: number } | null = null;
  const lasting = (trouble: Trouble): boolean => {
    if (since?.code !== trouble.code) since = { code: trouble.code, at: Date.now() };
    return !PASSING.has(trouble.code) || Date.now() - since.at >= PULL_GRACE_MS;
  };
  let known: Pod | null = patched;
  return until(waiting, {
    what: `${at.member} to run its new image`,
    timeoutMs: START_TIMEOUT_MS,
    late: () => new TransshipError('INSTANCE_NOT_STARTED', `${at.member} in ${at.set.cluster} does not start`),
    feed: cluster.feeds.of(paths.pods(at.set.namespace), LABEL.azSet),
    wakes: (object, gone) => object.metadata.name === at.member && (gone || isNews(object, at.uid)),
    look: async () => {
      // The answer to the PATCH is as fresh as a read.
      const pod = known ?? (await cluster.pods.held(at));
      known = null;
      if (podRuns(pod)) return observePod(pod);
      const trouble = troubleOf(pod);
      if (trouble === null) since = null;
      else if (lasting(trouble)) throw new TransshipError(trouble.code as ErrorCode, trouble.message);
      return undefined;
    },
  });
}

/** Steps in between (killed, pulling, created) are many and tell nothing. */
function isNews(object: Resource, uid: string): boolean {
  const pod = object as Pod;
  return (
    pod.metadata.uid !== uid || pod.metadata.deletionTimestamp !== undefined || podRuns(pod) || troubleOf(pod) !== null
  );
}

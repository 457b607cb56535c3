import { TransshipError } from '../../../domain/errors.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { Trouble } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { LABEL } from '../../kubernetes/labels.ts';
import { PULL_GRACE_MS, START_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { paths } from '../../kubernetes/paths.ts';
import type { Pod, Resource } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { InstanceObservation, MemberAt, Waiting } from '../index.ts';
import { observePod } from './observe.ts';
import { podRuns } from './proof.ts';
import { troubleOf } from './trouble.ts';

/** Troubles that the kubelet keeps trying to get out of by itself: they count when they last. */
const PASSING = new Set<string>([
  'IMAGE_PULL_FAILED',
  'INSTANCE_UNSCHEDULABLE',
  'INSTANCE_REPLACED',
] satisfies ErrorCode[]);

/**
 * Waits for the proof that the pod runs what its spec wants.
 * @param changed the pod as it is now, by an answer that is as fresh as a read
 * @throws INSTANCE_REPLACED; the trouble that keeps it from running; INSTANCE_NOT_STARTED
 */
export async function waitRunning(
  cluster: Cluster,
  at: MemberAt,
  changed: Pod,
  waiting: Waiting,
): Promise<InstanceObservation> {
  let since: { code: string; at: number } | null = null;
  const lasting = (trouble: Trouble): boolean => {
    if (since?.code !== trouble.code) since = { code: trouble.code, at: Date.now() };
    return !PASSING.has(trouble.code) || Date.now() - since.at >= PULL_GRACE_MS;
  };
  let known: Pod | null = changed;
  return until(waiting, {
    what: `${at.member} to run its new image`,
    timeoutMs: START_TIMEOUT_MS,
    late: () => new TransshipError('INSTANCE_NOT_STARTED', `${at.member} in ${at.set.cluster} does not start`),
    feed: cluster.feeds.of(paths.pods(at.set.namespace), LABEL.azSet),
    wakes: (object, gone) => object.metadata.name === at.member && (gone || isNews(object, at.uid)),
    look: async () => {
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

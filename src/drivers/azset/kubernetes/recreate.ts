import { TransshipError } from '../../../domain/errors.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { LABEL } from '../../kubernetes/labels.ts';
import { BUDGET_TIMEOUT_MS, REMOVE_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { paths } from '../../kubernetes/paths.ts';
import type { Pod } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { Guard, InstanceObservation, MemberAt, ReplaceTarget, Waiting } from '../index.ts';
import { evict } from './evict.ts';
import { isAlive, revisionOf } from './gate.ts';
import { checkOpen } from './open.ts';
import { waitRunning } from './runs.ts';
import { getSet } from './sets.ts';

/** What holds the place: still what was to be removed, nothing (or what is on its way out), or what was wanted. */
type Holder = { is: 'old'; pod: Pod } | { is: 'none'; ending: boolean } | { is: 'new'; pod: Pod };

/**
 * Removes one pod and waits for the proof that another one, of the target, runs in its place. A place that is held by a
 * pod of the target already is only waited for: a second attempt after a crash never removes it again.
 */
export function recreatePod(
  cluster: Cluster,
  at: MemberAt,
  target: ReplaceTarget,
  guard: Guard,
  waiting: Waiting,
): Promise<InstanceObservation> {
  const isOld = (pod: Pod): boolean => pod.metadata.uid === at.uid && revisionOf(pod) !== target.revision;
  return makeAnew(cluster, { ...at, isOld }, target, guard, waiting);
}

/** The same where the pod may be of the target already: it is known by its uid alone, which no other ever has. */
export function restartPod(
  cluster: Cluster,
  at: MemberAt,
  target: ReplaceTarget,
  guard: Guard,
  waiting: Waiting,
): Promise<InstanceObservation> {
  const isOld = (pod: Pod): boolean => pod.metadata.uid === at.uid;
  return makeAnew(cluster, { ...at, isOld }, target, guard, waiting);
}

/** A place, and what is to be removed from it. */
interface Place extends MemberAt {
  isOld: (pod: Pod) => boolean;
}

async function makeAnew(
  cluster: Cluster,
  at: Place,
  target: ReplaceTarget,
  guard: Guard,
  waiting: Waiting,
): Promise<InstanceObservation> {
  const held = await holder(cluster, at, target);
  if (held.is === 'old') await letGo(cluster, at, target, guard, waiting);
  const born = held.is === 'new' ? held.pod : await waitBorn(cluster, at, target, waiting);
  return waitRunning(cluster, { ...at, uid: born.metadata.uid }, born, waiting);
}

/** @throws INSTANCE_REPLACED when a pod that is neither the given one nor of the target holds the place */
async function holder({ name, pods }: Cluster, at: Place, target: ReplaceTarget): Promise<Holder> {
  const pod = await pods.find(at);
  if (pod === undefined || !isAlive(pod)) return { is: 'none', ending: pod !== undefined };
  if (at.isOld(pod)) return { is: 'old', pod };
  if (revisionOf(pod) === target.revision) return { is: 'new', pod };
  throw new TransshipError(
    'INSTANCE_REPLACED',
    `pod ${at.member} (${at.uid}) in ${name} was replaced by ${pod.metadata.uid} of ${revisionOf(pod)}`,
  );
}

/** Until the pod is on its way out, or gone, or another. */
async function letGo(
  cluster: Cluster,
  at: Place,
  target: ReplaceTarget,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  // Removed from a set that is not open, it would come back as what it was.
  checkOpen(await getSet(cluster.api, at.set), target.revision);
  let against = '';
  await until(waiting, {
    get what() {
      return against === '' ? `${at.member} to be evicted` : `a disruption budget to let ${at.member} go: ${against}`;
    },
    timeoutMs: BUDGET_TIMEOUT_MS,
    late: () =>
      new TransshipError('EVICTION_REFUSED', `${at.member} in ${at.set.cluster} may not be evicted: ${against}`),
    feed: podFeed(cluster, at),
    wakes: (object, gone) => gone || object.metadata.labels?.[LABEL.azSet] === at.set.name,
    look: async () => {
      const held = await holder(cluster, at, target);
      if (held.is !== 'old') return true;
      // It is out of traffic, which its budget was tightened for: of us it asks what its owner wants.
      const { labels = {} } = held.pod.metadata;
      await cluster.budgets.loosen(at.set.namespace, labels, guard);
      const refusal = await evict(cluster.api, held.pod, guard);
      await cluster.budgets.follow(at.set.namespace, labels, guard);
      against = refusal ?? '';
      return refusal === null && (await holder(cluster, at, target)).is !== 'old' ? true : undefined;
    },
  });
}

/** Until the controller has put a pod of the target in the place. */
async function waitBorn(cluster: Cluster, at: Place, target: ReplaceTarget, waiting: Waiting): Promise<Pod> {
  let ending = false;
  return until(waiting, {
    get what() {
      return ending ? `${at.member} to end` : `the controller of ${at.set.cluster} to make ${at.member} anew`;
    },
    timeoutMs: REMOVE_TIMEOUT_MS,
    late: () => {
      const why = ending
        ? 'does not end on its host'
        : 'is not made anew: see the events of the set for what the API server refuses';
      return new TransshipError('INSTANCE_NOT_STARTED', `${at.member} in ${at.set.cluster} ${why}`);
    },
    feed: podFeed(cluster, at),
    wakes: ({ metadata }) => metadata.name === at.member,
    look: async () => {
      const held = await holder(cluster, at, target);
      if (held.is === 'new') return held.pod;
      ending = held.is === 'old' || held.ending;
      return undefined;
    },
  });
}

function podFeed({ feeds }: Cluster, { set }: MemberAt): ReturnType<Cluster['feeds']['of']> {
  return feeds.of(paths.pods(set.namespace), LABEL.azSet);
}

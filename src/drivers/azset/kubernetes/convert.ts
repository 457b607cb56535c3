import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, Management, SavedSet } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { LABEL, PARKED } from '../../kubernetes/labels.ts';
import { CONTROLLER_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { paths } from '../../kubernetes/paths.ts';
import type { StatefulSet } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { Guard, Waiting } from '../index.ts';
import { barrier } from './barrier.ts';
import { atRest } from './detach.ts';
import { differenceOf } from './difference.ts';
import { getSet, managementOf, ownGroup, setFeed } from './sets.ts';

const POLICIES = { parallel: 'Parallel', ordered: 'OrderedReady' } as const satisfies Record<Management, string>;

/** @throws NOT_FOUND, FOREIGN_TEMPLATE, SET_NOT_AT_REST */
export async function saveSet(cluster: Cluster, ref: AzSetRef, waiting: Waiting): Promise<SavedSet> {
  const found = await getSet(cluster.api, ref);
  ownGroup(found);
  const revision = found.status?.updateRevision ?? '';
  const { set } = await barrier(cluster, ref, revision, waiting, { agreed: (now) => atRest(now, revision) });
  const { name, namespace, labels = {}, annotations = {}, ownerReferences = [] } = set.metadata;
  const metadata = { name, namespace, labels, annotations, ownerReferences };
  return { management: managementOf(set), revision, count: set.spec.replicas, metadata, spec: set.spec };
}

/**
 * Makes the set anew under its pods, which stay: deleted as an orphan and created again from what was saved, with the
 * policy that cannot be changed otherwise. Nothing brings a pod back in the moments between.
 */
export async function convertSet(
  cluster: Cluster,
  ref: AzSetRef,
  saved: SavedSet,
  to: Management,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const { api, feeds } = cluster;
  const path = paths.statefulSets(ref.namespace, ref.name);
  await until(waiting, {
    what: `${ref.name} to leave its pods`,
    timeoutMs: CONTROLLER_TIMEOUT_MS,
    late: () => new TransshipError('CONTROLLER_STALLED', `the garbage collector of ${ref.cluster} does not follow`),
    feed: setFeed(feeds, ref),
    wakes: ({ metadata }) => metadata.name === ref.name,
    look: async () => {
      const standing = await api.get<StatefulSet>(path);
      if (standing === null || managementOf(standing) === to || !isSaved(standing, ref, saved)) return true;
      const { uid, resourceVersion, deletionTimestamp } = standing.metadata;
      if (deletionTimestamp !== undefined) return undefined;
      if (standing.spec.replicas !== saved.count) {
        const message = `${ref.name} has ${String(standing.spec.replicas)} instances; it was saved with ${String(saved.count)}`;
        throw new TransshipError('SET_NOT_AT_REST', message);
      }
      await guard();
      // As it was read: whoever changes it meanwhile is not written over.
      await api.delete(path, uid, { orphan: true, resourceVersion });
      return undefined;
    },
  });
  if ((await api.get<StatefulSet>(path)) === null) await createFrom(cluster, ref, saved, to, guard);
  await adopted(cluster, ref, saved, to, waiting);
}

/** What was saved, or was made of it. */
function isSaved({ metadata, spec }: StatefulSet, ref: AzSetRef, saved: SavedSet): boolean {
  const template = (saved.spec as StatefulSet['spec']).template;
  return metadata.labels?.[LABEL.azSet] === ref.name && differenceOf(spec.template, template).change === 'none';
}

async function createFrom(
  { api }: Cluster,
  ref: AzSetRef,
  { metadata, spec }: SavedSet,
  to: Management,
  guard: Guard,
): Promise<void> {
  await guard();
  try {
    await api.create(paths.statefulSets(ref.namespace), {
      metadata,
      spec: { ...spec, podManagementPolicy: POLICIES[to], updateStrategy: PARKED },
    });
  } catch (error) {
    // An earlier attempt was faster.
    if (!isStatus(error, 409)) throw error;
  }
}

/** Until the new set owns the pods, on the revision of before. */
async function adopted(
  cluster: Cluster,
  ref: AzSetRef,
  saved: SavedSet,
  to: Management,
  waiting: Waiting,
): Promise<void> {
  const set = await getSet(cluster.api, ref);
  if (!isSaved(set, ref, saved) || managementOf(set) !== to) {
    throw new TransshipError('FOREIGN_TEMPLATE', `another set than the one that was saved stands at ${ref.name}`);
  }
  await until(waiting, {
    what: `the controller of ${ref.cluster} to take up ${ref.name}`,
    timeoutMs: CONTROLLER_TIMEOUT_MS,
    late: () =>
      new TransshipError('CONTROLLER_STALLED', `the controller of ${ref.cluster} does not follow ${ref.name}`),
    feed: setFeed(cluster.feeds, ref),
    look: async () => ((await getSet(cluster.api, ref)).status?.updateRevision === saved.revision ? true : undefined),
  });
  await barrier(cluster, ref, saved.revision, waiting, {
    agreed: (now) =>
      atRest(now, saved.revision) &&
      now.pods.every(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === now.set.metadata.uid)),
  });
}

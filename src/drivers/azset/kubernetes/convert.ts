import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { LABEL, PARKED } from '../../kubernetes/labels.ts';
import { CONTROLLER_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { paths } from '../../kubernetes/paths.ts';
import type { StatefulSet } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { Guard, SavedSet, Waiting } from '../index.ts';
import { barrier } from './barrier.ts';
import { atRest } from './detach.ts';
import { differenceOf } from './difference.ts';
import { getSet, ownGroup, setFeed } from './sets.ts';

/** @throws NOT_FOUND, FOREIGN_TEMPLATE, SET_NOT_AT_REST */
export async function saveSet(cluster: Cluster, ref: AzSetRef, waiting: Waiting): Promise<SavedSet> {
  const found = await getSet(cluster.api, ref);
  ownGroup(found);
  const revision = found.status?.updateRevision ?? '';
  const { set } = await barrier(cluster, ref, revision, waiting, { agreed: (now) => atRest(now, revision) });
  const { name, namespace, labels = {}, annotations = {} } = set.metadata;
  return { uid: set.metadata.uid, revision, metadata: { name, namespace, labels, annotations }, spec: set.spec };
}

/**
 * Makes the set anew under its pods, which stay: deleted as an orphan and created again from what was saved, with the
 * policy that cannot be changed otherwise. Nothing brings a pod back in the moments between.
 * @throws FOREIGN_TEMPLATE when another set than the saved one, or one made from it, stands there
 */
export async function convertSet(
  cluster: Cluster,
  ref: AzSetRef,
  saved: SavedSet,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const { api, feeds } = cluster;
  const path = paths.statefulSets(ref.namespace, ref.name);
  const standing = await api.get<StatefulSet>(path);
  if (standing !== null && standing.metadata.uid === saved.uid && standing.spec.podManagementPolicy !== 'Parallel') {
    if (standing.metadata.deletionTimestamp === undefined) {
      await guard();
      await api.delete(path, saved.uid, { orphan: true });
    }
    await until(waiting, {
      what: `${ref.name} to leave its pods`,
      timeoutMs: CONTROLLER_TIMEOUT_MS,
      late: () => new TransshipError('CONTROLLER_STALLED', `the garbage collector of ${ref.cluster} does not follow`),
      feed: setFeed(feeds, ref),
      wakes: ({ metadata }, gone) => gone && metadata.name === ref.name,
      look: async () => ((await api.get<StatefulSet>(path))?.metadata.uid === saved.uid ? undefined : true),
    });
  }
  if ((await api.get<StatefulSet>(path)) === null) await createFrom(cluster, ref, saved, guard);
  await adopted(cluster, ref, saved, waiting);
}

async function createFrom({ api }: Cluster, ref: AzSetRef, saved: SavedSet, guard: Guard): Promise<void> {
  await guard();
  try {
    await api.create(paths.statefulSets(ref.namespace), {
      metadata: saved.metadata,
      spec: { ...saved.spec, podManagementPolicy: 'Parallel', updateStrategy: PARKED },
    });
  } catch (error) {
    // An earlier attempt was faster.
    if (!isStatus(error, 409)) throw error;
  }
}

/** Until the new set owns the pods, on the revision of before. */
async function adopted(cluster: Cluster, ref: AzSetRef, saved: SavedSet, waiting: Waiting): Promise<void> {
  const set = await getSet(cluster.api, ref);
  const isSame = differenceOf(set.spec.template, (saved.spec as StatefulSet['spec']).template).change === 'none';
  if (!isSame || set.spec.podManagementPolicy !== 'Parallel' || set.metadata.labels?.[LABEL.azSet] !== ref.name) {
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

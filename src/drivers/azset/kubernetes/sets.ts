import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, GroupRef, Management } from '../../../domain/types.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import type { Feed, Feeds } from '../../kubernetes/feed.ts';
import { ANNOTATION, LABEL } from '../../kubernetes/labels.ts';
import { CONTROLLER_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { labelIn, paths } from '../../kubernetes/paths.ts';
import type { Pod, StatefulSet } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { Guard, Overwriting, Waiting } from '../index.ts';
import { foreignWriters } from './fingerprint.ts';

/** Where staging began, kept on the set while it is staged. */
export interface Previous {
  revision: string;
  images: Record<string, string>;
  /** Annotations of the set at that time. */
  version: string;
  spec: string;
  /** Revisions that its pods were of at that time; sets that were staged by an earlier Transship do not say. */
  held?: string[];
}

export function previousOf(set: StatefulSet): Previous | null {
  const text = set.metadata.annotations?.[ANNOTATION.previous];
  return text === undefined ? null : (JSON.parse(text) as Previous);
}

/** @throws NOT_FOUND */
export async function getSet(api: ApiServer, ref: AzSetRef): Promise<StatefulSet> {
  const set = await api.get<StatefulSet>(paths.statefulSets(ref.namespace, ref.name));
  if (set !== null) return set;
  throw new TransshipError('NOT_FOUND', `the set ${ref.name} is not in ${ref.cluster}/${ref.namespace}`);
}

/** The group that a set of ours belongs to; null for a stranger's. */
export function groupOf({ metadata: { labels = {} } }: StatefulSet): GroupRef | null {
  const { [LABEL.app]: app, [LABEL.group]: group, [LABEL.env]: env } = labels;
  return app === undefined || group === undefined || env === undefined ? null : { app, group, env };
}

/**
 * The group that the set belongs to.
 * @param options.overwrite its template may be one that somebody else wrote
 * @throws FOREIGN_TEMPLATE unless the template is one that we wrote
 */
export function ownGroup(set: StatefulSet, { overwrite = false }: Overwriting = {}): GroupRef {
  const writers = foreignWriters(set);
  const group = groupOf(set);
  if ((writers === null || overwrite) && group !== null) return group;
  throw new TransshipError(
    'FOREIGN_TEMPLATE',
    `the template of ${set.metadata.name} was changed by ${writers ?? 'somebody'}`,
  );
}

/** All pods of the given sets in one namespace, in one list; strangers that only carry the label are left out. */
export async function listPods(api: ApiServer, namespace: string, sets: StatefulSet[]): Promise<Pod[]> {
  const names = sets.map(({ metadata }) => metadata.name);
  return api.list<Pod>(paths.pods(namespace), labelIn(LABEL.azSet, names));
}

/** The controller has seen the set as it is now; before that its status speaks of another one. */
export function isObserved({ metadata, status }: StatefulSet): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

/** Kubernetes says OrderedReady where nothing is said. */
export function managementOf({ spec }: StatefulSet): Management {
  return spec.podManagementPolicy === 'Parallel' ? 'parallel' : 'ordered';
}

/** The controller agrees that every instance carries the one revision (rule of the barrier). */
export function isComplete({ spec, status }: StatefulSet, revision: string): boolean {
  return (
    status?.updateRevision === revision &&
    status.currentRevision === revision &&
    (status.updatedReplicas ?? 0) === spec.replicas &&
    (status.replicas ?? 0) === spec.replicas
  );
}

/**
 * Waits until the controller has seen the set at `generation` or later, and as it is now.
 * @throws CONTROLLER_STALLED, NOT_FOUND
 */
export async function waitObserved(
  { api, feeds }: Cluster,
  ref: AzSetRef,
  generation: number,
  waiting: Waiting,
): Promise<StatefulSet> {
  return until(waiting, {
    what: `the controller of ${ref.cluster} to see ${ref.name}`,
    timeoutMs: CONTROLLER_TIMEOUT_MS,
    late: () =>
      new TransshipError('CONTROLLER_STALLED', `the controller of ${ref.cluster} does not follow ${ref.name}`),
    feed: setFeed(feeds, ref),
    wakes: ({ metadata }) => metadata.name === ref.name,
    look: async () => {
      const set = await getSet(api, ref);
      return (set.metadata.generation ?? 0) >= generation && isObserved(set) ? set : undefined;
    },
  });
}

export function setFeed(feeds: Feeds, { namespace }: AzSetRef): Feed {
  return feeds.of(paths.statefulSets(namespace), LABEL.azSet);
}

/** Forgets where staging began. */
export async function forgetPrevious(cluster: Cluster, ref: AzSetRef, guard: Guard): Promise<void> {
  await annotate(cluster, ref, { [ANNOTATION.previous]: null }, guard);
}

/** Writes annotations of the set; null removes one. */
export async function annotate(
  { api }: Cluster,
  ref: AzSetRef,
  annotations: Record<string, string | null>,
  guard: Guard,
): Promise<void> {
  for (;;) {
    const set = await getSet(api, ref);
    const found = set.metadata.annotations ?? {};
    if (Object.entries(annotations).every(([key, value]) => (found[key] ?? null) === value)) return;
    const { uid, resourceVersion } = set.metadata;
    await guard();
    try {
      await api.patch(paths.statefulSets(ref.namespace, ref.name), 'merge', {
        metadata: { uid, resourceVersion, annotations },
      });
      return;
    } catch (error) {
      // Another version of it, or another one under its name.
      const isOther = isStatus(error, 409) || (isStatus(error, 422) && (await getSet(api, ref)).metadata.uid !== uid);
      if (!isOther) throw error;
    }
  }
}

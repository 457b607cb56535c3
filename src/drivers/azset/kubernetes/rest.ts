import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { ANNOTATION, LABEL, PARKED } from '../../kubernetes/labels.ts';
import { paths } from '../../kubernetes/paths.ts';
import { changePod, type PodChange } from '../../kubernetes/pods.ts';
import type { ControllerRevision, Pod, StatefulSet, Template } from '../../kubernetes/resources.ts';
import type { Guard, MemberAt, Waiting } from '../index.ts';
import { barrier } from './barrier.ts';
import { differenceOf } from './difference.ts';
import { gatedFor, isAlive, isClaimed, revisionOf } from './gate.ts';
import { listPods, waitObserved } from './sets.ts';

/** What is written of a set in one PATCH. */
interface Change {
  template: Template;
  /** Default: parked. */
  strategy?: StatefulSet['spec']['updateStrategy'];
  /** Of the set; null removes one. */
  annotations: Record<string, string | null>;
  labels?: Record<string, string | null>;
}

/**
 * Parks the set on a template, and lets every pod claim what it is of: whatever was half done there, afterwards the set
 * is at rest or staged, and nothing else.
 * @returns the set as its controller has seen it; null when somebody changed it since it was read: read again
 */
export async function restOn(
  cluster: Cluster,
  ref: AzSetRef,
  set: StatefulSet,
  change: Omit<Change, 'strategy'>,
  guard: Guard,
  waiting: Waiting,
): Promise<StatefulSet | null> {
  const written = await writeTemplate(cluster.api, set, change, guard);
  if (written === null) return null;
  // Before the controller has seen it, more may be born of the gated template.
  const observed = await waitObserved(cluster, ref, written.metadata.generation ?? 0, waiting);
  await disclaim(cluster, ref, observed, guard);
  return (await barrier(cluster, ref, observed.status?.updateRevision ?? '', waiting)).set;
}

/** Lets every pod claim what it is of, until a fresh list shows none that does not. */
async function disclaim(cluster: Cluster, ref: AzSetRef, set: StatefulSet, guard: Guard): Promise<void> {
  for (;;) {
    const claimed = (await listPods(cluster.api, ref.namespace, [set])).filter((pod) => isAlive(pod) && isClaimed(pod));
    if (claimed.length === 0) return;
    await Promise.all(
      claimed.map(({ metadata: { name, uid } }) => relabel(cluster, { set: ref, member: name, uid }, guard)),
    );
  }
}

async function relabel(cluster: Cluster, at: MemberAt, guard: Guard): Promise<void> {
  const change = (pod: Pod): PodChange | null => {
    if (!isClaimed(pod)) return null;
    return {
      metadata: { labels: { [LABEL.revision]: revisionOf(pod) }, annotations: { [ANNOTATION.revision]: null } },
    };
  };
  try {
    await changePod(cluster, at, change, guard);
  } catch (error) {
    // Gone meanwhile, or another: the next list tells.
    if (!(error instanceof TransshipError && error.code === 'INSTANCE_REPLACED')) throw error;
  }
}

/**
 * Writes to the set as it was read.
 * @returns the set; null when somebody changed it since the read
 */
export async function writeTemplate(
  api: ApiServer,
  set: StatefulSet,
  { template, strategy = PARKED, annotations, labels = {} }: Change,
  guard: Guard,
): Promise<StatefulSet | null> {
  const { namespace, name, resourceVersion } = set.metadata;
  const stands =
    hasAll(set.metadata.annotations, annotations) &&
    hasAll(set.metadata.labels, labels) &&
    hasStrategy(set, strategy) &&
    differenceOf(set.spec.template, template).change === 'none';
  if (stands) return set;
  await guard();
  try {
    return await api.patch<StatefulSet>(paths.statefulSets(namespace, name), 'json', [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'add', path: '/metadata/annotations', value: merged(set.metadata.annotations, annotations) },
      { op: 'add', path: '/metadata/labels', value: merged(set.metadata.labels, labels) },
      { op: 'replace', path: '/spec/template', value: template },
      { op: 'add', path: '/spec/updateStrategy', value: strategy },
    ]);
  } catch (error) {
    if (isStatus(error, 409)) return null;
    throw error;
  }
}

function hasAll(found: Record<string, string> = {}, wanted: Record<string, string | null>): boolean {
  return Object.entries(wanted).every(([key, value]) => (found[key] ?? null) === value);
}

function merged(
  found: Record<string, string> = {},
  changes: Record<string, string | null>,
): Record<string, string | null> {
  return Object.fromEntries(Object.entries({ ...found, ...changes }).filter(([, value]) => value !== null));
}

function hasStrategy({ spec: { updateStrategy } }: StatefulSet, wanted: Change['strategy']): boolean {
  return (
    updateStrategy?.type === wanted?.type &&
    updateStrategy?.rollingUpdate?.partition === wanted?.rollingUpdate?.partition
  );
}

/**
 * Removes the revisions of gated templates, of which no pod is any more: nobody is to go back to one, by
 * "kubectl rollout undo" or by being reborn.
 */
export async function dropGated(api: ApiServer, set: StatefulSet, guard: Guard): Promise<void> {
  const { namespace, name } = set.metadata;
  const labelSelector = `${LABEL.azSet}=${name}`;
  const found = await api.list<ControllerRevision>(paths.revisions(namespace), { labelSelector });
  for (const { metadata, data } of found) {
    if (gatedFor(data.spec.template) === null || metadata.name === set.status?.updateRevision) continue;
    await guard();
    await api.delete(paths.revisions(namespace, metadata.name), metadata.uid);
  }
}

/** The template as the server would store it. */
export async function defaulted(api: ApiServer, set: StatefulSet, template: Template): Promise<Template> {
  const { namespace, name } = set.metadata;
  const change = [{ op: 'replace', path: '/spec/template', value: template }];
  const answer = await api.patch<StatefulSet>(paths.statefulSets(namespace, name), 'json', change, { dryRun: true });
  return answer.spec.template;
}

import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, GroupRef, Spec } from '../../../domain/types.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { ANNOTATION, LABEL } from '../../kubernetes/labels.ts';
import { labelsAre, paths } from '../../kubernetes/paths.ts';
import { changePod, type PodChange } from '../../kubernetes/pods.ts';
import type { Pod, StatefulSet } from '../../kubernetes/resources.ts';
import { selects } from '../../kubernetes/services.ts';
import type { Examined, Guard, Waiting } from '../index.ts';
import { barrier } from './barrier.ts';
import { checkOwner } from './create.ts';
import { differenceOf } from './difference.ts';
import { fingerprint, foreignWriters } from './fingerprint.ts';
import { claimOf, isAlive } from './gate.ts';
import { defaulted, writeTemplate } from './rest.ts';
import { checkAdoptable, ensureService, narrowServices } from './service.ts';
import { annotate, getSet, groupOf, waitObserved } from './sets.ts';
import { wantedTemplate } from './stage.ts';
import { hasImages, instanceLabels, setLabels } from './template.ts';

/**
 * Takes over a set that somebody else made, whatever its strategy: parked, labelled, and with our labels in its template,
 * in one PATCH; then its pods are labelled as of that template. Those of another revision keep its name. Last the
 * Services follow, because from then on they route by our label.
 * @throws FOREIGN_TEMPLATE when it belongs to another group; SERVICE_UNFIT
 */
export async function adoptSet(
  cluster: Cluster,
  ref: AzSetRef,
  group: GroupRef,
  spec: Spec,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const { api } = cluster;
  const own = instanceLabels(ref, group);
  const set = await takeOver(cluster, ref, group, spec, guard, waiting);
  const revision = set.status?.updateRevision ?? '';
  const before = set.metadata.annotations?.[ANNOTATION.adopting] ?? revision;
  const relabel = (pod: Pod): PodChange | null => {
    const isOf = [revision, before].includes(claimOf(pod)) && hasImages(pod.spec, set.spec.template.spec);
    const labels = { ...own, ...pod.metadata.labels, ...setLabels(ref, group) };
    const wanted = { ...labels, ...(isOf ? { [LABEL.revision]: revision } : {}) };
    return selects(wanted, pod.metadata.labels ?? {}) ? null : { metadata: { labels: wanted } };
  };
  // One by one: reads of several are one list by our label, which they do not have yet.
  for (const { metadata } of await ownedPods(api, set)) {
    await changePod(cluster, { set: ref, member: metadata.name, uid: metadata.uid }, relabel, guard);
  }
  await barrier(cluster, ref, revision, waiting);
  await ensureService(api, ref, group, spec.ports, guard);
  await narrowServices(api, ref.namespace, set.spec.template.metadata?.labels ?? {}, guard);
  await annotate(cluster, ref, { [ANNOTATION.adopting]: null }, guard);
}

/** Reads what adoptSet would take over. */
export async function examineSet(
  api: ApiServer,
  imageHost: string,
  ref: AzSetRef,
  group: GroupRef,
  spec: Spec,
): Promise<Examined> {
  const set = await getSet(api, ref);
  if (groupOf(set) !== null) checkOwner(set, setLabels(ref, group));
  const { metadata, ...rest } = set.spec.template;
  const own = { ...metadata?.labels, ...instanceLabels(ref, group) };
  await checkAdoptable(api, ref.namespace, own);
  const revision = set.status?.updateRevision ?? '';
  const astray = (await ownedPods(api, set)).filter((pod) => claimOf(pod) !== revision);
  if (astray.length > 0 && set.metadata.annotations?.[ANNOTATION.adopting] === undefined) {
    const names = astray.map((pod) => pod.metadata.name).join(', ');
    throw new TransshipError('SET_NOT_AT_REST', `${ref.name} in ${ref.cluster}: ${names} is not on its revision`);
  }
  const wanted = await wantedTemplate(api, set, ref, group, spec, imageHost);
  const { change, reasons } = differenceOf({ ...rest, metadata: { ...metadata, labels: own } }, wanted);
  return { count: set.spec.replicas, difference: { change, reasons } };
}

/** @returns the set as its controller has seen it, ours */
async function takeOver(
  cluster: Cluster,
  ref: AzSetRef,
  group: GroupRef,
  spec: Spec,
  guard: Guard,
  waiting: Waiting,
): Promise<StatefulSet> {
  const labels = setLabels(ref, group);
  for (;;) {
    const set = await waitObserved(cluster, ref, 0, waiting);
    if (groupOf(set) !== null) checkOwner(set, labels);
    if (foreignWriters(set) === null) return set;
    const { metadata, ...rest } = set.spec.template;
    const merged = { ...metadata, labels: { ...metadata?.labels, ...instanceLabels(ref, group) } };
    const template = await defaulted(cluster.api, set, { ...rest, metadata: merged });
    await checkAdoptable(cluster.api, ref.namespace, merged.labels);
    const annotations = {
      [ANNOTATION.version]: spec.version,
      [ANNOTATION.spec]: String(spec.number),
      [ANNOTATION.template]: fingerprint(template),
      [ANNOTATION.adopting]: set.status?.updateRevision ?? '',
    };
    const written = await writeTemplate(cluster.api, set, { template, annotations, labels }, guard);
    if (written !== null) return waitObserved(cluster, ref, written.metadata.generation ?? 0, waiting);
  }
}

/** By the set's own selector: they may not have our labels yet. */
async function ownedPods(api: ApiServer, { metadata, spec }: StatefulSet): Promise<Pod[]> {
  const pods = await api.list<Pod>(paths.pods(metadata.namespace), labelsAre(spec.selector?.matchLabels ?? {}));
  return pods.filter((pod) => isAlive(pod) && pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid));
}

import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, GroupRef, Spec } from '../../../domain/types.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { ANNOTATION, LABEL, PARKED } from '../../kubernetes/labels.ts';
import { paths } from '../../kubernetes/paths.ts';
import type { StatefulSet, Template } from '../../kubernetes/resources.ts';
import type { Guard, StagedRevision, Waiting } from '../index.ts';
import { groupOf } from './create.ts';
import { differenceOf, type Difference } from './difference.ts';
import { fingerprint, foreignWriters } from './fingerprint.ts';
import { endPulls } from './prePull.ts';
import type { Revisions } from './revisions.ts';
import { checkServices } from './service.ts';
import { getSet, listPods, previousOf, waitObserved, type Previous } from './sets.ts';
import { imagesOf, renderTemplate } from './template.ts';

/** @throws NOT_FOUND, FOREIGN_TEMPLATE, SERVICE_UNFIT, APP_INVALID */
export async function compareSet(api: ApiServer, imageHost: string, ref: AzSetRef, spec: Spec): Promise<Difference> {
  const set = await getSet(api, ref);
  const wanted = await defaulted(api, set, renderTemplate(ref, ownGroup(set), spec, imageHost));
  await checkServices(api, ref.namespace, wanted.metadata?.labels ?? {});
  return differenceOf(set.spec.template, wanted);
}

/**
 * Writes the template, parked, in one PATCH together with where it came from. A repetition finds that and returns the
 * same origin, however far the first attempt got.
 */
export async function stageSet(
  cluster: Cluster,
  imageHost: string,
  ref: AzSetRef,
  spec: Spec,
  guard: Guard,
  waiting: Waiting,
): Promise<StagedRevision> {
  for (;;) {
    // Only a status that speaks of the present template names the revision to come back to.
    const set = await waitObserved(cluster, ref, 0, waiting);
    const template = await defaulted(cluster.api, set, renderTemplate(ref, ownGroup(set), spec, imageHost));
    const { change, reasons } = differenceOf(set.spec.template, template);
    if (change === 'recreate') {
      throw new TransshipError('RECREATE_UNSUPPORTED', `${ref.name} would need new pods: ${reasons.join(', ')}`);
    }
    const previous = previousOf(set) ?? origin(set);
    const annotations = {
      [ANNOTATION.version]: spec.version,
      [ANNOTATION.spec]: String(spec.number),
      [ANNOTATION.template]: fingerprint(template),
      [ANNOTATION.previous]: JSON.stringify(previous),
    };
    const written = await writeTemplate(cluster.api, set, template, annotations, guard);
    if (written === null) continue;
    const { status } = await waitObserved(cluster, ref, written.metadata.generation ?? 0, waiting);
    const { revision, images } = previous;
    return { revision: status?.updateRevision ?? '', images: imagesOf(template.spec), previous: { revision, images } };
  }
}

/** Writes the template of the revision that the set was staged from, and forgets that it was staged. */
export async function unstageSet(
  cluster: Cluster,
  revisions: Revisions,
  ref: AzSetRef,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  for (;;) {
    const set = await waitObserved(cluster, ref, 0, waiting);
    const previous = previousOf(set);
    if (previous === null) return;
    ownGroup(set);
    await endPulls(cluster, ref);
    await checkUnused(cluster.api, ref, set, previous);
    // With the server's defaults filled in, as it will stand there: that is what its fingerprint is of.
    const template = await defaulted(cluster.api, set, await revisions.get(ref.namespace, previous.revision));
    const annotations = {
      [ANNOTATION.version]: previous.version,
      [ANNOTATION.spec]: previous.spec,
      [ANNOTATION.template]: fingerprint(template),
      [ANNOTATION.previous]: null,
    };
    const written = await writeTemplate(cluster.api, set, template, annotations, guard);
    if (written === null) continue;
    await waitObserved(cluster, ref, written.metadata.generation ?? 0, waiting);
    return;
  }
}

function origin(set: StatefulSet): Previous {
  return {
    revision: set.status?.updateRevision ?? '',
    images: imagesOf(set.spec.template.spec),
    version: set.metadata.annotations?.[ANNOTATION.version] ?? '',
    spec: set.metadata.annotations?.[ANNOTATION.spec] ?? '',
  };
}

/** @throws FOREIGN_TEMPLATE unless the template is one that we wrote */
function ownGroup(set: StatefulSet): GroupRef {
  const writers = foreignWriters(set);
  const group = groupOf(set);
  if (writers === null && group !== null) return group;
  throw new TransshipError(
    'FOREIGN_TEMPLATE',
    `the template of ${set.metadata.name} was changed by ${writers ?? 'somebody'}`,
  );
}

/** @throws REVISION_IN_USE */
async function checkUnused(api: ApiServer, ref: AzSetRef, set: StatefulSet, previous: Previous): Promise<void> {
  const staged = set.status?.updateRevision;
  if (staged === previous.revision) return;
  const left = (await listPods(api, ref.namespace, [set]))
    .filter(({ metadata }) => metadata.labels?.[LABEL.revision] === staged && metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name);
  if (left.length === 0) return;
  throw new TransshipError('REVISION_IN_USE', `${left.join(', ')} of ${ref.name} still carry ${staged ?? ''}`);
}

/** The template as the server would store it. */
async function defaulted(api: ApiServer, set: StatefulSet, template: Template): Promise<Template> {
  const { namespace, name } = set.metadata;
  const change = [{ op: 'replace', path: '/spec/template', value: template }];
  const answer = await api.patch<StatefulSet>(paths.statefulSets(namespace, name), 'json', change, { dryRun: true });
  return answer.spec.template;
}

/**
 * Template, parking and annotations (null removes one) in one PATCH on the set as it was read.
 * @returns the set; null when somebody changed it since the read
 */
async function writeTemplate(
  api: ApiServer,
  set: StatefulSet,
  template: Template,
  annotations: Record<string, string | null>,
  guard: Guard,
): Promise<StatefulSet | null> {
  const before = set.metadata.annotations ?? {};
  const stands = Object.entries(annotations).every(([key, value]) => (before[key] ?? null) === value);
  if (stands && isParked(set) && differenceOf(set.spec.template, template).change === 'none') return set;
  const { namespace, name, resourceVersion } = set.metadata;
  const merged = Object.entries({ ...before, ...annotations }).filter(([, value]) => value !== null);
  await guard();
  try {
    return await api.patch<StatefulSet>(paths.statefulSets(namespace, name), 'json', [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'add', path: '/metadata/annotations', value: Object.fromEntries(merged) },
      { op: 'replace', path: '/spec/template', value: template },
      { op: 'add', path: '/spec/updateStrategy', value: PARKED },
    ]);
  } catch (error) {
    if (isStatus(error, 409)) return null;
    throw error;
  }
}

function isParked({ spec: { updateStrategy } }: StatefulSet): boolean {
  return (
    updateStrategy?.type === PARKED.type && updateStrategy.rollingUpdate?.partition === PARKED.rollingUpdate.partition
  );
}

import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, GroupRef, Spec } from '../../../domain/types.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { ANNOTATION } from '../../kubernetes/labels.ts';
import type { StatefulSet, Template } from '../../kubernetes/resources.ts';
import type { Guard, Overwriting, SetDifference, StagedRevision, Waiting } from '../index.ts';
import { differenceOf } from './difference.ts';
import { fingerprint, foreignWriters } from './fingerprint.ts';
import { isAlive, revisionOf } from './gate.ts';
import { endPulls } from './prePull.ts';
import { defaulted, dropGated, restOn } from './rest.ts';
import type { Revisions } from './revisions.ts';
import { checkServices } from './service.ts';
import { forgetPrevious, getSet, listPods, ownGroup, previousOf, waitObserved, type Previous } from './sets.ts';
import { imagesOf, renderTemplate } from './template.ts';

/** @throws NOT_FOUND, FOREIGN_TEMPLATE, SERVICE_UNFIT, APP_INVALID */
export async function compareSet(
  api: ApiServer,
  imageHost: string,
  ref: AzSetRef,
  spec: Spec,
  options?: Overwriting,
): Promise<SetDifference> {
  const set = await getSet(api, ref);
  const wanted = await wantedTemplate(api, set, ref, ownGroup(set, options), spec, imageHost);
  await checkServices(api, ref.namespace, wanted.metadata?.labels ?? {});
  return { ...differenceOf(set.spec.template, wanted), writers: foreignWriters(set) };
}

/**
 * Writes the template, parked, in one PATCH together with where it came from. A repetition finds that and returns the
 * same origin, however far the first attempt got. A set that was left open is closed by this.
 */
export async function stageSet(
  cluster: Cluster,
  revisions: Revisions,
  imageHost: string,
  ref: AzSetRef,
  spec: Spec,
  guard: Guard,
  waiting: Waiting,
  options?: Overwriting,
): Promise<StagedRevision> {
  const { api } = cluster;
  for (;;) {
    // Only a status that speaks of the present template names the revision to come back to.
    const set = await waitObserved(cluster, ref, 0, waiting);
    const template = await wantedTemplate(api, set, ref, ownGroup(set, options), spec, imageHost);
    await checkServices(api, ref.namespace, template.metadata?.labels ?? {});
    const held = new Set((await listPods(api, ref.namespace, [set])).filter(isAlive).map(revisionOf));
    const previous = previousOf(set) ?? (await origin(revisions, set, [...held]));
    const change = await changeFrom(api, revisions, set, new Set([previous.revision, ...held]), template);
    const annotations = {
      [ANNOTATION.version]: spec.version,
      [ANNOTATION.spec]: String(spec.number),
      [ANNOTATION.template]: fingerprint(template),
      [ANNOTATION.previous]: JSON.stringify(previous),
    };
    const staged = await restOn(cluster, ref, set, { template, annotations }, guard, waiting);
    if (staged === null) continue;
    return {
      revision: staged.status?.updateRevision ?? '',
      images: imagesOf(template.spec),
      previous: { revision: previous.revision, images: previous.images },
      change,
    };
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
    // What it came from is forgotten last: until then a repetition finds what is left to do.
    const annotations = {
      [ANNOTATION.version]: previous.version,
      [ANNOTATION.spec]: previous.spec,
      [ANNOTATION.template]: fingerprint(template),
    };
    const rested = await restOn(cluster, ref, set, { template, annotations }, guard, waiting);
    if (rested === null) continue;
    await dropGated(cluster.api, rested, guard);
    await forgetPrevious(cluster, ref, guard);
    return;
  }
}

/**
 * What the set's template is to be for the spec, with the labels that the set selects: one that was taken over selects
 * others than ours, and cannot be made to select anything else.
 * @throws APP_INVALID
 */
export async function wantedTemplate(
  api: ApiServer,
  set: StatefulSet,
  ref: AzSetRef,
  group: GroupRef,
  spec: Spec,
  imageHost: string,
): Promise<Template> {
  const { metadata, ...rest } = renderTemplate(ref, group, spec, imageHost);
  const labels = { ...metadata?.labels, ...set.spec.selector?.matchLabels };
  return defaulted(api, set, { ...rest, metadata: { ...metadata, labels } });
}

/** Where an undo goes back to. Nobody goes back to a template that somebody else wrote: what was current before it counts. */
async function origin(revisions: Revisions, set: StatefulSet, held: string[]): Promise<Previous> {
  const { updateRevision = '', currentRevision = '' } = set.status ?? {};
  const isOurs = foreignWriters(set) === null;
  const template = isOurs ? set.spec.template : await revisions.get(set.metadata.namespace, currentRevision);
  return {
    revision: isOurs ? updateRevision : currentRevision,
    images: imagesOf(template.spec),
    version: set.metadata.annotations?.[ANNOTATION.version] ?? '',
    spec: set.metadata.annotations?.[ANNOTATION.spec] ?? '',
    held,
  };
}

/**
 * What the release is for the pods: each of them, and the template to go back to, must be able to become the new one in
 * place, or all are recreated.
 * @param held revisions to come from
 */
async function changeFrom(
  api: ApiServer,
  revisions: Revisions,
  set: StatefulSet,
  held: Iterable<string>,
  template: Template,
): Promise<NonNullable<StagedRevision['change']>> {
  for (const revision of held) {
    const found = await revisions.find(set.metadata.namespace, revision);
    if (found === null) continue;
    const from = revision === set.status?.updateRevision ? set.spec.template : await defaulted(api, set, found);
    if (differenceOf(from, template).change === 'recreate') return 'recreate';
  }
  return 'in-place';
}

/** @throws REVISION_IN_USE naming pods of a revision that none was of when staging began */
async function checkUnused(api: ApiServer, ref: AzSetRef, set: StatefulSet, previous: Previous): Promise<void> {
  const staged = set.status?.updateRevision ?? '';
  const { held } = previous;
  const isLeft = (revision: string): boolean =>
    revision !== previous.revision && (held === undefined ? revision === staged : !held.includes(revision));
  const left = (await listPods(api, ref.namespace, [set]))
    .filter((pod) => isAlive(pod) && isLeft(revisionOf(pod)))
    .map((pod) => `${pod.metadata.name} (${revisionOf(pod)})`);
  if (left.length === 0) return;
  throw new TransshipError('REVISION_IN_USE', `not back on ${previous.revision} yet: ${left.join(', ')}`);
}

import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { ANNOTATION, LABEL } from '../../kubernetes/labels.ts';
import { CONTROLLER_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { paths } from '../../kubernetes/paths.ts';
import type { Pod, StatefulSet, Template } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { Guard, Waiting } from '../index.ts';
import { foreignWriters } from './fingerprint.ts';
import { endPulls } from './prePull.ts';
import { podReady } from './proof.ts';
import type { Revisions } from './revisions.ts';
import { getSet, isComplete, isObserved, listPods, previousOf, setFeed } from './sets.ts';
import { imagesOf } from './template.ts';

/**
 * The barrier: pods and sets reach the controller by separate watches, so what it makes of the pods is known only when
 * its status says so. Nothing may be built on the revision (a partition, another template) before.
 */
export async function settleSet(
  cluster: Cluster,
  revisions: Revisions,
  ref: AzSetRef,
  revision: string,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const { api, feeds } = cluster;
  const template = await revisions.get(ref.namespace, revision);
  let unready: string[] = [];
  await until(waiting, {
    what: `the controller of ${ref.cluster} to settle ${ref.name} on ${revision}`,
    timeoutMs: CONTROLLER_TIMEOUT_MS,
    late: () => {
      const why = unready.length === 0 ? 'the controller does not follow' : `not ready: ${unready.join(', ')}`;
      return new TransshipError(
        'CONTROLLER_STALLED',
        `${ref.name} in ${ref.cluster} does not settle on ${revision}: ${why}`,
      );
    },
    feed: setFeed(feeds, ref),
    wakes: ({ metadata }) => metadata.name === ref.name,
    look: async () => {
      const set = await getSet(api, ref);
      if (!isObserved(set)) return undefined;
      checkTemplate(set, revision);
      const pods = await listPods(api, ref.namespace, [set]);
      checkPods(pods, ref, revision, template);
      unready = pods.filter((pod) => !podReady(pod)).map(({ metadata }) => metadata.name);
      return isComplete(set, revision) && pods.length === set.spec.replicas ? true : undefined;
    },
  });
  await endPulls(cluster, ref);
  await forgetPrevious(cluster, ref, guard);
}

/** @throws FOREIGN_TEMPLATE when the template is not the one to settle on */
function checkTemplate(set: StatefulSet, revision: string): void {
  const now = set.status?.updateRevision ?? '';
  if (now === revision) return;
  const writers = foreignWriters(set) ?? 'transship itself';
  throw new TransshipError(
    'FOREIGN_TEMPLATE',
    `the template of ${set.metadata.name} is ${now}, not ${revision}; written by ${writers}`,
  );
}

/**
 * The controller trusts the label and never compares images: so we do.
 * @throws INSTANCE_REPLACED naming instances that claim, or run, something else: waiting would not change that
 */
function checkPods(pods: Pod[], ref: AzSetRef, revision: string, template: Template): void {
  const wanted = imagesOf(template.spec);
  const astray = pods.filter(({ metadata, spec }) => {
    if (metadata.deletionTimestamp !== undefined) return false;
    const images = imagesOf(spec);
    return (
      metadata.labels?.[LABEL.revision] !== revision ||
      Object.entries(wanted).some(([name, image]) => images[name] !== image)
    );
  });
  if (astray.length === 0) return;
  const names = astray.map(({ metadata }) => metadata.name).join(', ');
  throw new TransshipError('INSTANCE_REPLACED', `${names} in ${ref.cluster} are not on ${revision}`);
}

async function forgetPrevious({ api }: Cluster, ref: AzSetRef, guard: Guard): Promise<void> {
  for (;;) {
    const set = await getSet(api, ref);
    if (previousOf(set) === null) return;
    const { uid, resourceVersion } = set.metadata;
    await guard();
    try {
      await api.patch(paths.statefulSets(ref.namespace, ref.name), 'merge', {
        metadata: { uid, resourceVersion, annotations: { [ANNOTATION.previous]: null } },
      });
      return;
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
    }
  }
}

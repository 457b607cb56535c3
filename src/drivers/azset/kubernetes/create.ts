import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, GroupRef, Spec } from '../../../domain/types.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { ANNOTATION, LABEL, PARKED, setSelector } from '../../kubernetes/labels.ts';
import { REMOVE_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { labelsAre, paths } from '../../kubernetes/paths.ts';
import type { Pod, StatefulSet } from '../../kubernetes/resources.ts';
import { selects } from '../../kubernetes/services.ts';
import { until } from '../../kubernetes/until.ts';
import type { Guard, Waiting } from '../index.ts';
import { fingerprint } from './fingerprint.ts';
import { checkServices, dropService, ensureService } from './service.ts';
import { annotate, groupOf } from './sets.ts';
import { renderTemplate, setLabels } from './template.ts';

/** @throws FOREIGN_TEMPLATE when a set of another group stands under the name; APP_INVALID; SERVICE_UNFIT */
export async function createSet(
  api: ApiServer,
  imageHost: string,
  ref: AzSetRef,
  group: GroupRef,
  spec: Spec,
  count: number,
  guard: Guard,
): Promise<void> {
  const labels = setLabels(ref, group);
  const template = renderTemplate(ref, group, spec, imageHost);
  await checkServices(api, ref.namespace, template.metadata?.labels ?? {});
  const standing = await api.get<StatefulSet>(paths.statefulSets(ref.namespace, ref.name));
  if (standing !== null) {
    checkOwner(standing, labels);
    await ensureService(api, ref, group, spec.ports, guard);
    return;
  }

  const collection = paths.statefulSets(ref.namespace);
  const manifest = (annotations: Record<string, string>): object => ({
    metadata: {
      name: ref.name,
      labels,
      annotations: { ...annotations, [ANNOTATION.version]: spec.version, [ANNOTATION.spec]: String(spec.number) },
    },
    spec: {
      replicas: count,
      podManagementPolicy: 'Parallel',
      updateStrategy: PARKED,
      selector: { matchLabels: setSelector(group, ref) },
      template,
    },
  });
  try {
    // What the template looks like with the server's defaults is known before it is written: its fingerprint goes
    // along. And what the server refuses leaves nothing behind.
    const defaulted = await api.create<StatefulSet>(collection, manifest({}), { dryRun: true });
    await ensureService(api, ref, group, spec.ports, guard);
    await guard();
    await api.create(collection, manifest({ [ANNOTATION.template]: fingerprint(defaulted.spec.template) }));
  } catch (error) {
    if (!isStatus(error, 409)) throw error;
    const faster = await api.get<StatefulSet>(paths.statefulSets(ref.namespace, ref.name));
    if (faster !== null) checkOwner(faster, labels);
  }
}

/** @throws FOREIGN_TEMPLATE unless the set carries these labels */
export function checkOwner(set: StatefulSet, labels: Record<string, string>): void {
  const foreign = Object.entries(labels).find(([key, value]) => set.metadata.labels?.[key] !== value);
  if (foreign === undefined) return;
  const [key, value] = foreign;
  const found = set.metadata.labels?.[key] ?? 'nothing';
  throw new TransshipError(
    'FOREIGN_TEMPLATE',
    `a set ${set.metadata.name} stands there with ${key} ${found}, not ${value}`,
  );
}

/** Undo of createSet. */
export async function removeSet(
  cluster: Cluster,
  ref: AzSetRef,
  group: GroupRef,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const { api } = cluster;
  const labels = setLabels(ref, group);
  const path = paths.statefulSets(ref.namespace, ref.name);
  // As it was read: where somebody changed it meanwhile it is read again.
  for (;;) {
    const set = await api.get<StatefulSet>(path);
    // Somebody else's set under the name: then there is none of ours, and that one stays.
    if (set === null || !selects(labels, set.metadata.labels ?? {})) {
      if (set !== null && groupOf(set) === null) await annotate(cluster, ref, { [ANNOTATION.fence]: null }, guard);
      break;
    }
    const { uid, resourceVersion, deletionTimestamp } = set.metadata;
    if (deletionTimestamp !== undefined) break;
    await guard();
    await api.delete(path, uid, { resourceVersion });
  }
  await until(waiting, {
    what: `the instances of ${ref.name} to end`,
    timeoutMs: REMOVE_TIMEOUT_MS,
    late: () => new TransshipError('CONTROLLER_STALLED', `instances of ${ref.name} in ${ref.cluster} do not end`),
    feed: cluster.feeds.of(paths.pods(ref.namespace), LABEL.azSet),
    wakes: (pod, gone) => gone && pod.metadata.labels?.[LABEL.azSet] === ref.name,
    look: async () => {
      const set = await api.get<StatefulSet>(path);
      if (set !== null && selects(labels, set.metadata.labels ?? {})) return undefined;
      const pods = await api.list<Pod>(paths.pods(ref.namespace), labelsAre(labels));
      return pods.length === 0 ? true : undefined;
    },
  });
  await dropService(api, ref, group, guard);
}

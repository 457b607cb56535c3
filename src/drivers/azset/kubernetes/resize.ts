import { TransshipError } from '../../../domain/errors.ts';
import { ordinalOf } from '../../../domain/member.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { LABEL } from '../../kubernetes/labels.ts';
import { REMOVE_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { paths } from '../../kubernetes/paths.ts';
import type { Autoscaler, Pod, StatefulSet } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { Guard, Waiting } from '../index.ts';
import { isAlive } from './gate.ts';
import { listPods, ownGroup, waitObserved } from './sets.ts';

/** The HorizontalPodAutoscaler that targets the set: two who write its replicas would undo each other's for ever. */
export async function scalerOf({ api }: Cluster, { namespace, name }: AzSetRef): Promise<string | null> {
  const found = (await api.list<Autoscaler>(paths.autoscalers(namespace))).find(
    ({ spec: { scaleTargetRef: target } }) => target.kind === 'StatefulSet' && target.name === name,
  );
  return found === undefined ? null : `HorizontalPodAutoscaler ${found.metadata.name}`;
}

/** Writes the set's replicas, as the set was read, and waits until the controller has made and ended what that means. */
export async function resizeSet(
  cluster: Cluster,
  ref: AzSetRef,
  count: number,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  for (;;) {
    const set = await waitObserved(cluster, ref, 0, waiting);
    const { replicas } = set.spec;
    if (replicas === count) break;
    await refuseAutomatic(cluster, ref);
    // What comes is made of the template; what goes is not.
    if (count > replicas) ownGroup(set);
    else await refuseServing(cluster, set, count);
    if (await write(cluster, set, count, guard)) break;
  }
  await waitSize(cluster, ref, count, waiting);
}

async function refuseAutomatic(cluster: Cluster, ref: AzSetRef): Promise<void> {
  const scaler = await scalerOf(cluster, ref);
  if (scaler === null) return;
  throw new TransshipError(
    'SIZE_AUTOMATIC',
    `${scaler} in ${ref.cluster}/${ref.namespace} sets the size of ${ref.name}`,
  );
}

async function refuseServing({ api, name }: Cluster, set: StatefulSet, count: number): Promise<void> {
  const serving = (await listPods(api, set.metadata.namespace, [set])).find(
    (pod) => isBeyond(pod, count) && isAlive(pod) && pod.metadata.labels?.[LABEL.inService] === 'yes',
  );
  if (serving === undefined) return;
  const { name: pod, uid } = serving.metadata;
  throw new TransshipError(
    'INSTANCE_REPLACED',
    `pod ${pod} (${uid}) in ${name} takes traffic: it is not to go like that`,
  );
}

/** @returns false when somebody changed the set since it was read */
async function write({ api }: Cluster, set: StatefulSet, count: number, guard: Guard): Promise<boolean> {
  const { namespace, name, resourceVersion } = set.metadata;
  await guard();
  try {
    await api.patch<StatefulSet>(paths.statefulSets(namespace, name), 'json', [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path: '/spec/replicas', value: count },
    ]);
    return true;
  } catch (error) {
    if (isStatus(error, 409)) return false;
    throw error;
  }
}

async function waitSize(cluster: Cluster, ref: AzSetRef, count: number, waiting: Waiting): Promise<void> {
  let [made, more] = [0, 0];
  await until(waiting, {
    get what() {
      return more > 0
        ? `${String(more)} instances of ${ref.name} to end`
        : `${ref.name}: ${String(made)} of ${String(count)} instances made`;
    },
    timeoutMs: REMOVE_TIMEOUT_MS,
    late: () => {
      const why =
        more > 0
          ? `${String(more)} that are to go do not end`
          : `${String(count - made)} are not made: see the events of the set`;
      return new TransshipError('INSTANCE_NOT_STARTED', `${ref.name} in ${ref.cluster}: ${why}`);
    },
    feed: cluster.feeds.of(paths.pods(ref.namespace), LABEL.azSet),
    wakes: ({ metadata }) => metadata.labels?.[LABEL.azSet] === ref.name,
    look: async () => {
      const pods = await listPods(cluster.api, ref.namespace, [await waitObserved(cluster, ref, 0, waiting)]);
      more = pods.filter((pod) => isBeyond(pod, count)).length;
      made = pods.filter((pod) => !isBeyond(pod, count) && isAlive(pod)).length;
      return more === 0 && made === count ? true : undefined;
    },
  });
}

function isBeyond({ metadata }: Pod, count: number): boolean {
  return ordinalOf(metadata.name) >= count;
}

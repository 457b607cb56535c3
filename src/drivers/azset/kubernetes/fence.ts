import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { atOnce } from '../../at-once.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { ANNOTATION } from '../../kubernetes/labels.ts';
import { paths } from '../../kubernetes/paths.ts';
import { changePod, type PodChange } from '../../kubernetes/pods.ts';
import type { Pod, StatefulSet } from '../../kubernetes/resources.ts';
import type { Guard, Waiting } from '../index.ts';
import { annotate, listPods } from './sets.ts';

/** Pods that are marked at the same time. */
const AT_ONCE = 16;

/**
 * Every write of ours names the resourceVersion that it was made for. The mark changes that of the set and of every pod:
 * what was made before it, and arrives after it, is refused.
 */
export async function fenceSet(
  cluster: Cluster,
  ref: AzSetRef,
  mark: string,
  guard: Guard,
  { heartbeat }: Waiting,
): Promise<void> {
  const { api } = cluster;
  const set = await api.get<StatefulSet>(paths.statefulSets(ref.namespace, ref.name));
  if (set === null) return;
  try {
    await annotate(cluster, ref, { [ANNOTATION.fence]: mark }, guard);
  } catch (error) {
    // Gone meanwhile, as if it had not been there.
    if (error instanceof TransshipError && error.code === 'NOT_FOUND') return;
    throw error;
  }
  const pods = await listPods(api, ref.namespace, [set]);
  await atOnce(AT_ONCE, pods, async ({ metadata: { name, uid } }) => {
    heartbeat(`${name} to take its mark`);
    await markPod(cluster, ref, { name, uid }, mark, guard);
  });
}

async function markPod(
  cluster: Cluster,
  set: AzSetRef,
  { name, uid }: { name: string; uid: string },
  mark: string,
  guard: Guard,
): Promise<void> {
  const change = ({ metadata }: Pod): PodChange | null =>
    metadata.annotations?.[ANNOTATION.fence] === mark
      ? null
      : { metadata: { annotations: { [ANNOTATION.fence]: mark } } };
  try {
    await changePod(cluster, { set, member: name, uid }, change, guard);
  } catch (error) {
    // Gone, or on its way out: no write changes what becomes of it. Another in its place has another uid.
    if (!(error instanceof TransshipError && error.code === 'INSTANCE_REPLACED')) throw error;
  }
}

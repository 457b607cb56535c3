import { ordinalOf } from '../../../domain/member.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import { flagsOf } from '../../kubernetes/flags.ts';
import { LABEL } from '../../kubernetes/labels.ts';
import { labelIn, paths } from '../../kubernetes/paths.ts';
import type { Pod, StatefulSet } from '../../kubernetes/resources.ts';
import type { AzSetObservation, InstanceObservation } from '../index.ts';
import { claimOf, gatedFor, isAlive, isClaimed, revisionOf } from './gate.ts';
import { podReady, podRuns } from './proof.ts';
import { isComplete, isObserved, listPods, managementOf, previousOf } from './sets.ts';
import { imagesOf } from './template.ts';
import { troubleOf } from './trouble.ts';

/** Two lists per namespace, however many sets are asked for. */
export async function observeSets(api: ApiServer, refs: AzSetRef[]): Promise<(AzSetObservation | null)[]> {
  const found = new Map<string, AzSetObservation>();
  await Promise.all(
    [...new Set(refs.map(({ namespace }) => namespace))].map(async (namespace) => {
      const asked = refs.filter((ref) => ref.namespace === namespace);
      const selector = labelIn(
        LABEL.azSet,
        asked.map(({ name }) => name),
      );
      const sets = await api.list<StatefulSet>(paths.statefulSets(namespace), selector);
      if (sets.length === 0) return;
      const pods = await listPods(api, namespace, sets);
      for (const ref of asked) {
        const set = sets.find(({ metadata }) => metadata.name === ref.name);
        const own = pods.filter(({ metadata }) => metadata.labels?.[LABEL.azSet] === ref.name);
        if (set !== undefined) found.set(keyOf(ref), observeSet(ref, set, own));
      }
    }),
  );
  return refs.map((ref) => found.get(keyOf(ref)) ?? null);
}

function observeSet(ref: AzSetRef, set: StatefulSet, pods: Pod[]): AzSetObservation {
  const updateRevision = set.status?.updateRevision ?? '';
  const instances = pods.map(observePod).sort((a, b) => ordinalOf(a.member) - ordinalOf(b.member));
  return {
    ref,
    desired: set.spec.replicas,
    updateRevision,
    currentRevision: set.status?.currentRevision ?? '',
    management: managementOf(set),
    settled:
      isObserved(set) &&
      isComplete(set, updateRevision) &&
      previousOf(set) === null &&
      gatedFor(set.spec.template) === null &&
      pods.length === set.spec.replicas &&
      pods.every((pod) => claimOf(pod) === updateRevision && !isClaimed(pod) && isAlive(pod)),
    instances,
  };
}

export function observePod(pod: Pod): InstanceObservation {
  const { metadata, spec, status } = pod;
  const ready = podReady(pod);
  return {
    member: metadata.name,
    uid: metadata.uid,
    address: status?.podIP ?? null,
    host: spec.nodeName ?? null,
    revision: revisionOf(pod),
    images: imagesOf(spec),
    ready,
    running: podRuns(pod),
    terminating: !isAlive(pod),
    trouble: ready ? null : troubleOf(pod),
    inService: metadata.labels?.[LABEL.inService] === 'yes',
    outBy: flagsOf(metadata),
  };
}

function keyOf({ namespace, name }: AzSetRef): string {
  return `${namespace}/${name}`;
}

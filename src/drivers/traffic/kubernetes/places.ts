import { ordinalOf } from '../../../domain/member.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { coalesce } from '../../kubernetes/coalesce.ts';
import { LABEL } from '../../kubernetes/labels.ts';
import { labelIn, paths } from '../../kubernetes/paths.ts';
import type { Pod } from '../../kubernetes/resources.ts';
import type { Place, Places } from '../places.ts';

/** Instances of a Kubernetes cluster: pods and the labels that every pod of ours carries. */
export function kubernetesPlaces({ api, pods }: Cluster): Places {
  const lists = new Map<string, (set: string) => Promise<Pod[]>>();
  const listIn = (namespace: string): ((set: string) => Promise<Pod[]>) => {
    const known =
      lists.get(namespace) ??
      coalesce((asked) => api.list<Pod>(paths.pods(namespace), labelIn(LABEL.azSet, [...asked].sort())));
    lists.set(namespace, known);
    return known;
  };
  return {
    of: async (sets) => {
      const found = await Promise.all(
        sets.map(async (set) => {
          const listed = await listIn(set.namespace)(set.name);
          return listed.filter(({ metadata }) => metadata.labels?.[LABEL.azSet] === set.name).map(placeIn(set));
        }),
      );
      return found.flat();
    },
    held: async (at) => placeIn(at.set)(await pods.held(at)),
  };
}

function placeIn({ idc, az, cluster }: AzSetRef): (pod: Pod) => Place {
  return ({ metadata: { name: member, labels = {} }, status }) => ({
    member,
    values: {
      ...{ idc, az, cluster, member },
      app: labels[LABEL.app] ?? '',
      group: labels[LABEL.group] ?? '',
      env: labels[LABEL.env] ?? '',
      ordinal: String(ordinalOf(member)),
      address: status?.podIP ?? null,
    },
  });
}

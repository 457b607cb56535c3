import { TransshipError } from '../../../domain/errors.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { flagsOf } from '../../kubernetes/flags.ts';
import { LABEL, OUT_PREFIX } from '../../kubernetes/labels.ts';
import { PULL_IN_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { paths } from '../../kubernetes/paths.ts';
import { changePod, type PodChange } from '../../kubernetes/pods.ts';
import type { Pod } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { Guard, MemberAt, Waiting } from '../../azset/index.ts';
import type { TrafficOwner } from '../index.ts';
import { isServing, SERVICE_OF, type Routes } from './routes.ts';

/** Clears the owner's flag; where it was the last, waits until every selecting Service routes to the pod. */
export async function pullIn(
  cluster: Cluster,
  routes: Routes,
  at: MemberAt,
  owner: TrafficOwner,
  guard: Guard,
  waiting: Waiting,
): Promise<Record<string, string>> {
  const { namespace } = at.set;
  const pod = await changePod(cluster, at, (found) => clearFlag(found, owner), guard);
  const others = flagsOf(pod.metadata);
  if (Object.keys(others).length > 0) return others;

  const services = await routes.servicesOf(pod);
  let missing = ['any Service: none selects it'];
  const isIn = async (): Promise<boolean> => {
    if (services.length === 0) return false;
    const endpoints = await routes.endpointsOf(namespace, services);
    missing = services.filter((service) => {
      const listed = endpoints.get(service) ?? [];
      return !listed.some((endpoint) => endpoint.targetRef?.uid === at.uid && isServing(endpoint));
    });
    return missing.length === 0;
  };
  let looks = 0;
  await until(waiting, {
    what: `${at.member} to enter the endpoints`,
    timeoutMs: PULL_IN_TIMEOUT_MS,
    late: () =>
      new TransshipError(
        'PULL_IN_TIMEOUT',
        `${at.member} in ${at.set.cluster} is not routed to by ${missing.join(', ')}`,
      ),
    feed: cluster.feeds.of(paths.slices(namespace)),
    wakes: ({ metadata }) => metadata.labels?.[SERVICE_OF] !== undefined,
    look: async () => {
      if (await isIn()) return true;
      // It may be gone: a pod that is not there is not waited for.
      if (++looks % 4 === 0) await cluster.pods.held(at);
      return undefined;
    },
  });
  await cluster.budgets.follow(namespace, pod.metadata.labels ?? {}, guard);
  return {};
}

function clearFlag(pod: Pod, owner: TrafficOwner): PodChange | null {
  const key = OUT_PREFIX + owner;
  const { [owner]: own, ...others } = flagsOf(pod.metadata);
  const inService = Object.keys(others).length === 0 ? 'yes' : 'no';
  if (own === undefined && pod.metadata.labels?.[LABEL.inService] === inService) return null;
  return {
    metadata: {
      labels: { [LABEL.inService]: inService },
      ...(own === undefined ? {} : { annotations: { [key]: null } }),
    },
  };
}

import { TransshipError } from '../../../domain/errors.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { LABEL, OUT_PREFIX } from '../../kubernetes/labels.ts';
import { DRAIN_TIMEOUT_MS } from '../../kubernetes/limits.ts';
import { paths } from '../../kubernetes/paths.ts';
import { changePod, type PodChange } from '../../kubernetes/pods.ts';
import type { Endpoint, Pod } from '../../kubernetes/resources.ts';
import { pause } from '../../alive.ts';
import { until } from '../../kubernetes/until.ts';
import type { Guard, MemberAt, Waiting } from '../../azset/index.ts';
import type { OutFlag } from '../index.ts';
import { SERVICE_OF, type Routes } from './routes.ts';

/** Writes who took the pod out and why together with the label, then waits until no selecting Service lists it. */
export async function pullOut(
  cluster: Cluster,
  routes: Routes,
  at: MemberAt,
  flag: OutFlag,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const { namespace } = at.set;
  const pod = await changePod(cluster, at, (found) => flagOut(found, flag.owner, flag.reason), guard);
  await cluster.budgets.follow(namespace, pod.metadata.labels ?? {}, guard);
  const services = await routes.servicesOf(pod);
  let listing: string[] = [];
  await until(waiting, {
    what: `${at.member} to leave the endpoints`,
    timeoutMs: DRAIN_TIMEOUT_MS,
    late: () =>
      new TransshipError('DRAIN_TIMEOUT', `${at.member} in ${at.set.cluster} is still listed by ${listing.join(', ')}`),
    feed: cluster.feeds.of(paths.slices(namespace)),
    wakes: ({ metadata }) => metadata.labels?.[SERVICE_OF] !== undefined,
    look: async () => {
      const endpoints = await routes.endpointsOf(namespace, services);
      // Ready or not: an endpoint that is only unready may still be routed to.
      listing = services.filter((service) => endpoints.get(service)?.some((endpoint) => isOf(endpoint, pod)) === true);
      return listing.length === 0 ? true : undefined;
    },
  });
  await pause(waiting, flag.drainSeconds * 1000, `connections of ${at.member} to drain`);
}

function flagOut({ metadata }: Pod, owner: OutFlag['owner'], reason: string): PodChange | null {
  const key = OUT_PREFIX + owner;
  if (metadata.annotations?.[key] !== undefined && metadata.labels?.[LABEL.inService] === 'no') return null;
  return { metadata: { labels: { [LABEL.inService]: 'no' }, annotations: { [key]: reason } } };
}

function isOf({ targetRef, addresses }: Endpoint, { metadata, status }: Pod): boolean {
  return targetRef?.uid === metadata.uid || (status?.podIP !== undefined && addresses.includes(status.podIP));
}

import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api, DiscoveryV1Api, KubeConfig, ListWatch, Watch } from '@kubernetes/client-node';
import type { KubernetesListObject, KubernetesObject, V1EndpointSlice, V1Service } from '@kubernetes/client-node';

const RETRY_MS = 250;

/** One cluster's Services and EndpointSlices, kept up to date by one list and watch each. */
export interface ClusterView {
  services: ListWatch<V1Service>;
  slices: ListWatch<V1EndpointSlice>;
}

/**
 * Starts the watches of a cluster and resolves when both have listed. A broken watch goes on from the last version seen,
 * and lists anew where that is too old.
 * @param trouble called with every error; the watch is tried again by itself
 */
export async function watchCluster(kubeconfig: string, trouble: (error: unknown) => void): Promise<ClusterView> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const discovery = config.makeApiClient(DiscoveryV1Api);
  const [services, slices] = await Promise.all([
    follow(config, '/api/v1/services', () => core.listServiceForAllNamespaces(), trouble),
    follow(
      config,
      '/apis/discovery.k8s.io/v1/endpointslices',
      () => discovery.listEndpointSliceForAllNamespaces(),
      trouble,
    ),
  ]);
  return { services, slices };
}

async function follow<T extends KubernetesObject>(
  config: KubeConfig,
  path: string,
  list: () => Promise<KubernetesListObject<T>>,
  trouble: (error: unknown) => void,
): Promise<ListWatch<T>> {
  const watch = new ListWatch<T>(path, new Watch(config), list, false);
  // The library gives up at the first error that is not "too old" or a time-out. Nothing is lost by starting it again.
  watch.on('error', (error) => {
    trouble(error);
    setTimeout(() => void watch.start(), RETRY_MS);
  });
  await watch.start();
  while (watch.latestResourceVersion() === '') await sleep(RETRY_MS);
  return watch;
}

import { ApiServer } from './api.ts';
import { Budgets } from './budgets.ts';
import { Feeds } from './feed.ts';
import { PodReads } from './pods.ts';
import { Sessions } from './session.ts';
import { Silence } from './silence.ts';

/** One Kubernetes cluster, and what everybody who works on it in this process shares: connections, watches, reads. */
export interface Cluster {
  name: string;
  api: ApiServer;
  feeds: Feeds;
  pods: PodReads;
  budgets: Budgets;
  /** Ends watches and connections. */
  close(): Promise<void>;
}

/**
 * @param cluster.name for messages
 * @param cluster.kubeconfig path of a kubeconfig file
 * @param cluster.context which of its contexts; default: its current one
 * @param cluster.lostAfterSeconds without an answer for so long it counts as lost
 * @throws FLEET_INVALID when the file or the context is not there
 */
export function openCluster(cluster: {
  name: string;
  kubeconfig: string;
  context?: string | undefined;
  lostAfterSeconds?: number;
}): Cluster {
  const { name, kubeconfig, context, lostAfterSeconds = 60 } = cluster;
  const api = new ApiServer(name, new Sessions(kubeconfig, context), new Silence(lostAfterSeconds * 1_000));
  const feeds = new Feeds(api);
  return {
    name,
    api,
    feeds,
    pods: new PodReads(api),
    budgets: new Budgets(api),
    close: async () => {
      feeds.close();
      await api.close();
    },
  };
}

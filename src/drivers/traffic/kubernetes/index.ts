import type { Cluster } from '../../kubernetes/cluster.ts';
import { flagsOf } from '../../kubernetes/flags.ts';
import type { TrafficDriver } from '../index.ts';
import { pullIn } from './pullIn.ts';
import { pullOut } from './pullOut.ts';
import { Routes } from './routes.ts';
import { servingMembers } from './serving.ts';

/** Traffic by Kubernetes Services: they select the label of pods that nobody took out; EndpointSlices tell who gets it. */
export function kubernetesServiceTraffic({ cluster }: { cluster: Cluster }): TrafficDriver {
  const routes = new Routes(cluster.api);
  return {
    keepsOwners: true,
    flagsObserved: true,
    serving: (sets) => servingMembers(routes, sets),
    outBy: async (at) => flagsOf((await cluster.pods.held(at)).metadata),
    pullOut: (at, flag, guard, waiting) => pullOut(cluster, routes, at, flag, guard, waiting),
    pullIn: (at, owner, guard, waiting) => pullIn(cluster, routes, at, owner, guard, waiting),
  };
}

import { httpTraffic } from '../../src/drivers/traffic/http/index.ts';
import { kubernetesPlaces } from '../../src/drivers/traffic/kubernetes/places.ts';
import { balancerSettings, startHttpBalancer } from '../support/http-balancer.ts';
import { KUBERNETES, kubernetesWorld, type Beside } from '../support/kubernetes-world.ts';
import { trafficContract } from './traffic.ts';

async function httpBeside(): Promise<Beside> {
  const balancer = await startHttpBalancer();
  return {
    driver: (cluster) => {
      const settings = { ...balancerSettings(balancer), timeoutSeconds: 10 };
      return { name: 'slb', driver: httpTraffic({ settings, idc: 'north', places: kubernetesPlaces(cluster) }) };
    },
    register: async (service, member, address) => balancer.add(service, member, 8080, address),
    stop: () => balancer.stop(),
  };
}

trafficContract('Kubernetes Services and a load balancer with an HTTP API', KUBERNETES, async () =>
  kubernetesWorld(await httpBeside()),
);

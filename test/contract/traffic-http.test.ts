import { httpBeside } from '../support/beside.ts';
import { KUBERNETES, kubernetesWorld } from '../support/kubernetes-world.ts';
import { trafficContract } from './traffic.ts';

trafficContract('Kubernetes Services and a load balancer with an HTTP API', KUBERNETES, async () =>
  kubernetesWorld(await httpBeside()),
);

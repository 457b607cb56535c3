import { KUBERNETES, kubernetesWorld } from '../support/kubernetes-world.ts';
import { trafficContract } from './traffic.ts';

trafficContract('Kubernetes Services', KUBERNETES, kubernetesWorld);

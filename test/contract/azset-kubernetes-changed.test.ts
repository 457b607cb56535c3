import { kubernetesWorld } from '../support/kubernetes-world.ts';
import { azSetChangeContract } from './azset.ts';

azSetChangeContract('Kubernetes', kubernetesWorld);

import { kubernetesWorld } from '../support/kubernetes-world.ts';
import { azSetContract } from './azset.ts';

azSetContract('Kubernetes', kubernetesWorld);

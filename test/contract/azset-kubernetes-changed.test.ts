import { KUBERNETES, kubernetesWorld } from '../support/kubernetes-world.ts';
import { azSetChangeContract } from './azset.ts';

azSetChangeContract('Kubernetes', KUBERNETES, kubernetesWorld);

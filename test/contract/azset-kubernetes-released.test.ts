import { KUBERNETES, kubernetesWorld } from '../support/kubernetes-world.ts';
import { azSetReleaseContract } from './azset.ts';

azSetReleaseContract('Kubernetes', KUBERNETES, kubernetesWorld);

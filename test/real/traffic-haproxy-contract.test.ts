import { trafficContract } from '../contract/traffic.ts';
import { haproxyBeside } from '../support/beside.ts';
import { KUBERNETES, kubernetesWorld } from '../support/kubernetes-world.ts';
import { MARATHON, marathonWorld } from '../support/marathon-world.ts';

trafficContract('Kubernetes Services and HAProxy', KUBERNETES, async () => kubernetesWorld(await haproxyBeside()));
trafficContract('the record of sets on Marathon and HAProxy', MARATHON, async () =>
  marathonWorld(await haproxyBeside()),
);

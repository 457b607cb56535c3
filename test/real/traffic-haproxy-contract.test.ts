import { haproxyTraffic } from '../../src/drivers/traffic/haproxy/index.ts';
import { kubernetesPlaces } from '../../src/drivers/traffic/kubernetes/places.ts';
import { trafficContract } from '../contract/traffic.ts';
import { KUBERNETES, kubernetesWorld, type Beside } from '../support/kubernetes-world.ts';
import { startHaproxy } from './haproxy/process.ts';

/** More subjects than the contract makes. */
const SUBJECTS = 60;

/** Servers stand in the configuration, disabled, until service discovery gives them an address. */
function backendOf(app: string): string {
  const members = [...Array.from({ length: 10 }, (_, n) => `az-1-${n}`), 'az-2-0'];
  return `backend ${app}-web
  option httpchk GET /health
  default-server check inter 300 fastinter 100 downinter 100 rise 1 fall 1
${members.map((member) => `  server ${app}-web-${member} 127.0.0.1:1 disabled`).join('\n')}`;
}

async function haproxyBeside(): Promise<Beside> {
  const haproxy = await startHaproxy(Array.from({ length: SUBJECTS }, (_, n) => backendOf(`app${n + 1}`)).join('\n'));
  const known = new Map<string, string>();
  return {
    driver: (cluster) => ({
      name: 'edge',
      driver: haproxyTraffic({
        sockets: [haproxy.socket],
        templates: { backend: '{app}-{group}', server: '{member}' },
        places: kubernetesPlaces(cluster),
      }),
    }),
    register: async (service, member, address) => {
      const server = `${service}/${member}`;
      const before = known.get(server);
      if (before === address) return;
      known.set(server, address);
      await haproxy.say(`set server ${server} addr ${address} port 8080`);
      if (before === undefined) await haproxy.say(`set server ${server} state ready`);
    },
    stop: () => haproxy.stop(),
  };
}

trafficContract('Kubernetes Services and HAProxy', KUBERNETES, async () => kubernetesWorld(await haproxyBeside()));

import { haproxyTraffic } from '../../src/drivers/traffic/haproxy/index.ts';
import { httpTraffic } from '../../src/drivers/traffic/http/index.ts';
import type { NamedDriver } from '../../src/drivers/traffic/chain.ts';
import type { Places } from '../../src/drivers/traffic/places.ts';
import { startHaproxy } from '../real/haproxy/process.ts';
import type { Register } from './discovery.ts';
import { balancerSettings, startHttpBalancer } from './http-balancer.ts';

/** A load balancer beside a cluster, and the driver for it. */
export interface Beside {
  driver(places: Places): NamedDriver;
  /** It asks instances by itself whether they are well. */
  checksHealth: boolean;
  register: Register;
  stop(): Promise<void>;
}

/** One with an HTTP API of its own. */
export async function httpBeside(): Promise<Beside> {
  const balancer = await startHttpBalancer();
  const settings = { ...balancerSettings(balancer), timeoutSeconds: 10 };
  return {
    checksHealth: false,
    driver: (places) => ({ name: 'slb', driver: httpTraffic({ settings, idc: 'north', places }) }),
    register: async (service, member, address) => balancer.add(service, member, 8080, address),
    stop: () => balancer.stop(),
  };
}

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

/** A real HAProxy. */
export async function haproxyBeside(): Promise<Beside> {
  const haproxy = await startHaproxy(Array.from({ length: SUBJECTS }, (_, n) => backendOf(`app${n + 1}`)).join('\n'));
  const templates = { backend: '{app}-{group}', server: '{member}' };
  const known = new Map<string, string>();
  return {
    checksHealth: true,
    driver: (places) => ({ name: 'edge', driver: haproxyTraffic({ sockets: [haproxy.socket], templates, places }) }),
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

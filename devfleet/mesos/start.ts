import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { loopbackOf } from '../host/addresses.ts';
import { startMarathon, type Marathon, type MarathonOptions } from '../marathon/index.ts';
import { createAdmin } from './admin.ts';
import { masterListener } from './api/server.ts';
import { Cluster } from './cluster.ts';
import type { MesosConfig } from './config.ts';
import { createLinkServer } from './link/server.ts';
import { Registry } from './master/registry.ts';
import { Mishaps } from './mishaps.ts';

export interface RunningMesos {
  /** Frameworks register here. */
  cluster: Cluster;
  /** Of the masters' HTTP side. */
  mishaps: Mishaps;
  /** Base URLs of the masters, in the order of the config. */
  masters: string[];
  admin: string;
  /** Where agents come to. */
  agentPort: number;
  /** Null where the config wants none. */
  marathon: Marathon | null;
  close(): Promise<void>;
}

/**
 * Starts all masters of a cluster on 127.0.0.1, the first of them leading, and the Marathon on it, where there is one;
 * returns when they listen.
 */
export async function startMesos(config: MesosConfig): Promise<RunningMesos> {
  // An agent with a fault domain is turned away by a master without one, so the masters have one, in the agents' region.
  const domain = { region: config.cluster, zone: 'masters' };
  const identity = { name: config.cluster, masters: config.masterPorts.length, domain };
  const cluster = new Cluster(identity, new Registry(config.registryFile ?? null), config.clocks);
  const mishaps = new Mishaps();
  const servers = cluster.masters.map((master) =>
    createServer(mishaps.around(masterListener(cluster, master, config.credentials))),
  );
  for (const [index, master] of cluster.masters.entries()) {
    const server = servers[index];
    if (server !== undefined) master.port = await listen(server, config.masterPorts[index] ?? 0);
  }
  const links = createLinkServer(cluster);
  const agentPort = await listen(links, config.agentPort);
  const marathonMishaps = new Mishaps();
  const marathon =
    config.marathon === undefined
      ? null
      : await startMarathon({
          ...config.marathon,
          mesos: cluster,
          mesosUrl: `http://127.0.0.1:${cluster.masters[0]?.port ?? 0}/`,
          dial: dialled,
          around: through(marathonMishaps),
        });
  const admin = createAdmin({ cluster, mishaps, marathon, marathonMishaps });
  return {
    cluster,
    mishaps,
    masters: cluster.masters.map(({ hostname, port }) => `http://${hostname}:${port}`),
    admin: await admin.listen({ host: '127.0.0.1', port: config.adminPort }),
    agentPort,
    marathon,
    close: async () => {
      await marathon?.stop();
      cluster.close();
      links.close();
      for (const server of servers) closeNow(server);
      await admin.close();
    },
  };
}

/** Tasks are reached at the loopback addresses that stand for theirs; whatever else a check names, as it is. */
function dialled(host: string): string {
  return host.startsWith('10.') ? loopbackOf(host) : host;
}

/** Marathon's handler resolves when the answer is sent; that of the mishaps tells nobody. */
function through(mishaps: Mishaps): NonNullable<MarathonOptions['around']> {
  return (request, response, handle) => {
    const handler: RequestListener = (asked, answer) => void handle(asked, answer).catch(() => answer.destroy());
    mishaps.around(handler)(request, response);
    return Promise.resolve();
  };
}

async function listen(server: NetServer, port: number): Promise<number> {
  server.listen({ host: '127.0.0.1', port });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function closeNow(server: Server): void {
  server.close();
  server.closeAllConnections();
}

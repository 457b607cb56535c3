// The front door's process: node devfleet/frontdoor/main.ts CONFIG.json. Prints "ready" once it knows every cluster.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { V1EndpointSlice } from '@kubernetes/client-node';
import { createAdmin } from './admin.ts';
import { Backends } from './backends.ts';
import { createProxy } from './proxy.ts';
import { watchMarathon } from './marathon.ts';
import { endpointsOf, serviceKey, serviceOfSlice } from './routes.ts';
import { RoutingTable } from './table.ts';
import type { Endpoint, FrontDoorConfig } from './types.ts';
import { watchCluster } from './watch.ts';
import type { ClusterView } from './watch.ts';

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write('usage: node devfleet/frontdoor/main.ts CONFIG.json\n');
  process.exit(2);
}
const config = JSON.parse(readFileSync(path, 'utf8')) as FrontDoorConfig;
const table = new RoutingTable();
const backends = new Backends();

const trouble = (cluster: string) => (error: unknown) => process.stderr.write(`${cluster}: ${String(error)}\n`);

const views: [string, ClusterView][] = await Promise.all(
  Object.entries(config.kubeconfigs).map(async ([cluster, kubeconfig]): Promise<[string, ClusterView]> => {
    return [cluster, await watchCluster(kubeconfig, trouble(cluster))];
  }),
);

/** Marathon's cluster → Service → endpoints. */
const onMarathon = new Map<string, Map<string, Endpoint[]>>();

const reroute = (service: string) => {
  const isOf = (slice: V1EndpointSlice) => serviceOfSlice(slice) === service;
  const onKubernetes = views.flatMap(([cluster, view]) => {
    const object = view.services.list().find((candidate) => serviceKey(candidate) === service);
    return object === undefined ? [] : endpointsOf(cluster, object, view.slices.list().filter(isOf));
  });
  table.set(service, [...onKubernetes, ...[...onMarathon.values()].flatMap((routes) => routes.get(service) ?? [])]);
  backends.retain((address, port) => table.routes(address, port));
};

for (const [, { services, slices }] of views) {
  services.on('change', (service) => reroute(serviceKey(service)));
  slices.on('change', (slice) => {
    const service = serviceOfSlice(slice);
    if (service !== null) reroute(service);
  });
  for (const service of services.list()) reroute(serviceKey(service));
}

await Promise.all(
  Object.entries(config.marathons).map(([cluster, urls]) => {
    const changed = (routes: Map<string, Endpoint[]>) => {
      const before = onMarathon.get(cluster);
      onMarathon.set(cluster, routes);
      for (const service of new Set([...(before?.keys() ?? []), ...routes.keys()])) reroute(service);
    };
    return watchMarathon(cluster, urls, changed, trouble(cluster));
  }),
);

const listening = [
  createProxy(table, backends).listen(config.port, '127.0.0.1'),
  createAdmin(table).listen(config.adminPort, '127.0.0.1'),
];
await Promise.all(listening.map((server) => once(server, 'listening')));
process.stdout.write('ready\n');

import { TransshipError } from '../domain/errors.ts';
import type { Fleet } from '../domain/fleet.ts';
import type { HaproxyConfig, TrafficDriverConfig } from '../domain/traffic.ts';
import type { Cluster } from '../drivers/kubernetes/cluster.ts';
import { trafficChain } from '../drivers/traffic/chain.ts';
import { haproxyTraffic } from '../drivers/traffic/haproxy/index.ts';
import { httpTraffic } from '../drivers/traffic/http/index.ts';
import type { TrafficDriver } from '../drivers/traffic/index.ts';
import type { MarathonCluster } from '../drivers/marathon/cluster.ts';
import { kubernetesServiceTraffic } from '../drivers/traffic/kubernetes/index.ts';
import { kubernetesPlaces } from '../drivers/traffic/kubernetes/places.ts';
import { marathonTraffic } from '../drivers/traffic/marathon/index.ts';
import { marathonPlaces } from '../drivers/traffic/marathon/places.ts';
import type { Places } from '../drivers/traffic/places.ts';

/** What a cluster has of its own for traffic. */
export interface ClusterWays {
  /** Who is in traffic by what the cluster itself keeps: Services, or the record of a set. */
  service: () => TrafficDriver;
  /** What load balancers beside it are told of its instances. */
  places: Places;
}

export function kubernetesWays(cluster: Cluster): ClusterWays {
  return { service: () => kubernetesServiceTraffic({ cluster }), places: kubernetesPlaces(cluster) };
}

export function marathonWays(cluster: MarathonCluster): ClusterWays {
  return { service: () => marathonTraffic({ cluster }), places: marathonPlaces(cluster) };
}

/**
 * The traffic of one cluster's instances, by the drivers that a group lists.
 * @returns takes their names in order; left out (as workflows did that began before there were several): the first of
 * the fleet file. Throws FLEET_INVALID where the fleet file has no such driver, or none for this IDC
 */
export function clusterTraffic(
  { trafficDrivers }: Pick<Fleet, 'trafficDrivers'>,
  idc: string,
  { service, places }: ClusterWays,
): (names?: readonly string[]) => TrafficDriver {
  const make = (config: TrafficDriverConfig): TrafficDriver => {
    switch (config.kind) {
      case 'kubernetes-service':
        return service();
      case 'haproxy':
        return haproxyTraffic({ sockets: socketsOf(config, idc), templates: config, places });
      case 'http':
        return httpTraffic({ settings: config, idc, places });
    }
  };
  const made = new Map<string, TrafficDriver>();
  const driverOf = (name: string): TrafficDriver => {
    const config = trafficDrivers.find((candidate) => candidate.name === name);
    if (config === undefined) {
      const known = trafficDrivers.map((candidate) => candidate.name).join(', ');
      throw new TransshipError(
        'FLEET_INVALID',
        `there is no traffic driver "${name}" in the fleet file; it has ${known}`,
      );
    }
    // Kept: callers that ask at about the same time share reads.
    const driver = made.get(name) ?? make(config);
    made.set(name, driver);
    return driver;
  };
  const first = trafficDrivers.slice(0, 1).map(({ name }) => name);
  return (names = first) => trafficChain(names.map((name) => ({ name, driver: driverOf(name) })));
}

function socketsOf({ name, processes }: HaproxyConfig, idc: string): string[] {
  const sockets = processes.filter((process) => (process.idc ?? idc) === idc).map(({ socket }) => socket);
  if (sockets.length > 0) return sockets;
  throw new TransshipError('FLEET_INVALID', `traffic driver "${name}" has no HAProxy process for IDC ${idc}`);
}

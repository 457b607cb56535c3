import type { AzSetDrivers } from '../activities/azset.ts';
import type { InstanceDrivers } from '../activities/instance.ts';
import { TransshipError } from '../domain/errors.ts';
import type { Fleet, MarathonConfig } from '../domain/fleet.ts';
import type { AzSetDriver } from '../drivers/azset/index.ts';
import { kubernetesAzSetDriver } from '../drivers/azset/kubernetes/index.ts';
import { marathonAzSetDriver } from '../drivers/azset/marathon/index.ts';
import type { Credential } from '../drivers/elected/authorization.ts';
import { waitIgnited } from '../drivers/ignition/wait.ts';
import { openCluster, type Cluster } from '../drivers/kubernetes/cluster.ts';
import { openMarathonCluster, type MarathonCluster } from '../drivers/marathon/cluster.ts';
import type { TrafficDriver } from '../drivers/traffic/index.ts';
import { resolveReference } from '../registry/resolve.ts';
import { registryClient } from './registry-client.ts';
import { clusterTraffic, kubernetesWays, marathonWays } from './traffic.ts';

const REGISTRY_TIMEOUT_MS = 10_000;

/**
 * The drivers of one IDC: its clusters, its registry, its way to the instances. Holds credentials of that IDC only.
 * @returns beside them its Kubernetes clusters, which the keeper looks after
 */
export function idcDrivers(fleet: Fleet, name: string): AzSetDrivers & InstanceDrivers & { clusters: Cluster[] } {
  const idc = fleet.idcs.find((candidate) => candidate.name === name);
  if (idc === undefined) {
    const known = fleet.idcs.map((candidate) => candidate.name).join(', ');
    throw new TransshipError('FLEET_INVALID', `there is no IDC "${name}" in the fleet file; it has ${known}`);
  }
  const clusters: Cluster[] = [];
  const azSets = new Map<string, AzSetDriver>();
  const traffic = new Map<string, (names?: readonly string[]) => TrafficDriver>();
  const imageHost = idc.registry.host;
  // A second attempt is for a connection that was closed meanwhile; else Temporal tries again, and shows that it does.
  const registry = registryClient(idc.registry, { attempts: 2, answerMs: REGISTRY_TIMEOUT_MS });
  for (const config of idc.clusters) {
    const { name: cluster } = config;
    if (config.kind === 'marathon') {
      const opened = openMarathon(config);
      azSets.set(cluster, marathonAzSetDriver({ cluster: opened, imageHost }));
      traffic.set(cluster, clusterTraffic(fleet, idc.name, marathonWays(opened)));
    } else {
      const { kubeconfig, context, lostAfterSeconds } = config;
      const opened = openCluster({ name: cluster, kubeconfig, context, lostAfterSeconds });
      clusters.push(opened);
      azSets.set(cluster, kubernetesAzSetDriver({ cluster: opened, imageHost }));
      traffic.set(cluster, clusterTraffic(fleet, idc.name, kubernetesWays(opened)));
    }
  }
  const of = <T>(drivers: Map<string, T>, cluster: string): T => {
    const driver = drivers.get(cluster);
    if (driver === undefined) throw new TransshipError('FLEET_INVALID', `IDC ${name} has no cluster "${cluster}"`);
    return driver;
  };
  return {
    clusters,
    azSets: (cluster) => of(azSets, cluster),
    traffic: (cluster, names) => of(traffic, cluster)(names),
    resolveReference: async (repository, reference) =>
      (await resolveReference(registry, repository, reference))?.digest ?? null,
    waitIgnited: (address, health, since, waiting, stands) =>
      waitIgnited(address, health, since, waiting, { proxy: idc.probeProxy, stands }),
  };
}

function openMarathon(config: MarathonConfig): MarathonCluster {
  const { name, urls, network, zoneField, lostAfterSeconds, mesos } = config;
  const credential = credentialOf(config);
  const masters = mesos === undefined ? undefined : { urls: mesos.urls, credential: credentialOf(mesos) };
  return openMarathonCluster({ name, urls, credential, mesos: masters, network, zoneField, lostAfterSeconds });
}

function credentialOf({
  basicAuth,
  authorization,
}: Pick<MarathonConfig, 'basicAuth' | 'authorization'>): Credential | undefined {
  return basicAuth ?? (authorization === undefined ? undefined : { header: authorization });
}

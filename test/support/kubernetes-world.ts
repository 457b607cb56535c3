import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { V1StatefulSet } from '@kubernetes/client-node';
import { SimHostsClient } from '../../devfleet/host/client.ts';
import { startFleet } from '../../devfleet/index.ts';
import type { AzSetRef } from '../../src/domain/types.ts';
import { kubernetesAzSetDriver } from '../../src/drivers/azset/kubernetes/index.ts';
import { renderTemplate } from '../../src/drivers/azset/kubernetes/template.ts';
import { openCluster, type Cluster } from '../../src/drivers/kubernetes/cluster.ts';
import { trafficChain } from '../../src/drivers/traffic/chain.ts';
import { kubernetesServiceTraffic } from '../../src/drivers/traffic/kubernetes/index.ts';
import { kubernetesPlaces } from '../../src/drivers/traffic/kubernetes/places.ts';
import type { Abilities } from '../contract/abilities.ts';
import { eventually, type World } from '../contract/world.ts';
import { openApiLink } from './api-link.ts';
import { linkOf } from './contract-link.ts';
import type { Beside } from './beside.ts';
import { discover } from './discovery.ts';
import { KubernetesHands, serviceOf } from './kubernetes-hands.ts';
import { twice } from './twice.ts';
import { HEALTH, pushVersions, specOf } from './versions.ts';

const NAMESPACE = 'pro';

/** All of them. */
export const KUBERNETES: Abilities = {
  inPlace: true,
  rebornBySet: true,
  controllersApart: true,
  parksEdits: true,
  budgets: true,
  autoscalers: true,
  adopts: true,
  ordered: true,
  prePulls: true,
  consumers: true,
  probes: true,
};

interface RevisionData {
  spec: { template: { metadata: { labels?: Record<string, string> } } };
}

/** With what only Kubernetes has. */
export interface KubernetesWorld extends World {
  cluster: Cluster;
  hands: KubernetesHands;
}

/**
 * One IDC of a devfleet: a real control plane, sim hosts, a registry.
 * @param beside a load balancer that carries traffic, too: the driver under test is the chain of Services and it
 */
export async function kubernetesWorld(beside?: Beside): Promise<KubernetesWorld> {
  const azs = { 'az-1': { hosts: 3 }, 'az-2': { hosts: 2 } };
  const fleet = await twice(() =>
    startFleet({ shape: { idcs: { north: { azs } }, environments: [NAMESPACE] }, headless: true }),
  );
  const idc = fleet.idcs['north'];
  if (idc === undefined) throw new Error('no north');
  const folder = await mkdtemp(join(tmpdir(), 'transship-world-'));
  const digests = await pushVersions(idc.registry.directUrl);

  const link = await openApiLink(idc.kubeconfig, join(folder, 'kubeconfig'));
  const cluster = openCluster({ name: 'north-k8s', kubeconfig: link.kubeconfig });
  const hands = new KubernetesHands(idc.adminKubeconfig);
  const hosts = new SimHostsClient(idc.hostsAdmin);
  const controllers = idc.process('kube-controller-manager');
  const service = { name: 'service', driver: kubernetesServiceTraffic({ cluster }) };
  const discovery = beside === undefined ? null : discover(() => hands.addresses(NAMESPACE), beside.register);
  const azSets = kubernetesAzSetDriver({ cluster, imageHost: idc.registry.host });
  let subjects = 0;
  let budgets = 0;
  let marked = 0;

  return {
    cluster,
    hands,
    stranger: 'stranger',
    changesForTenFlags: 10,
    azSets,
    elsewhere: azSets,
    traffic: trafficChain(beside === undefined ? [service] : [service, beside.driver(kubernetesPlaces(cluster))]),
    checksHealth: beside?.checksHealth ?? false,
    link: linkOf([link]),
    health: HEALTH,
    probeProxy: idc.probeProxy,
    newSubject: ({ az = 'az-1', beside } = {}) => {
      const group = beside?.group ?? { env: NAMESPACE, app: `app${String(++subjects)}`, group: 'web' };
      const set: AzSetRef = {
        idc: 'north',
        az,
        cluster: cluster.name,
        namespace: NAMESPACE,
        name: `${serviceOf(group)}-${az}`,
      };
      return { set, group };
    },
    spec: (number, version, options) => specOf(number, version, digests[version] ?? '', options),
    rebirth: async (at) => {
      await hands.deletePod(at);
      await eventually(async () => ![at.uid, null].includes(await hands.podUid(at)));
    },
    hang: async (at) => {
      await hands.patchPod(at, { finalizers: ['stranger.example/hold'] });
      await hands.deletePod(at);
      return async () => {
        await hands.patchPod(at, { finalizers: null });
        await eventually(async () => ![at.uid, null].includes(await hands.podUid(at)));
      };
    },
    foreignChange: ({ set }) => hands.restartSet(set),
    touch: (at) => hands.patchPod(at, { annotations: { 'stranger.example/touched': 'yes' } }),
    mislabel: (at, revision) => hands.patchPod(at, { labels: { 'controller-revision-hash': revision } }),
    strangersSet: async ({ set, group }, count, { moves = 'all', ordered = false, headless = false } = {}) => {
      const { metadata, spec } = renderTemplate(set, group, specOf(1, 'v1', digests['v1'] ?? ''), idc.registry.host);
      const labels = { stranger: set.name };
      const body = {
        metadata: { name: set.name },
        spec: {
          replicas: count,
          serviceName: '',
          podManagementPolicy: ordered ? 'OrderedReady' : 'Parallel',
          updateStrategy:
            moves === 'on-delete'
              ? { type: 'OnDelete' }
              : { type: 'RollingUpdate', rollingUpdate: { partition: moves === 'all' ? 0 : 2 } },
          selector: { matchLabels: labels },
          template: { metadata: { ...metadata, labels }, spec },
        },
      };
      const consumer = headless ? { clusterIP: 'None' } : {};
      await hands.createService(set.namespace, `stranger-${set.name}`, labels, consumer);
      await hands.createSet(set.namespace, Object.assign(new V1StatefulSet(), body));
      await eventually(async () => (await hands.endpoints(set.namespace, `stranger-${set.name}`)).length === count);
    },
    strangersConsumer: ({ set }) => hands.endpoints(set.namespace, `stranger-${set.name}`),
    orphan: ({ set }) => hands.orphanSet(set),
    budget: async ({ set, group }, minAvailable) => {
      const name = `budget-${set.name}-${String(++budgets)}`;
      await hands.createBudget(set.namespace, name, { 'transship.dev/app': group.app }, { minAvailable });
      return () => hands.deleteBudget(set.namespace, name);
    },
    autoscaler: ({ set }) => hands.createAutoscaler(set),
    definition: async ({ set: ref }) => {
      const { set, revisions } = await hands.readSet(ref);
      const { template, updateStrategy } = set.spec ?? {};
      const { currentRevision, updateRevision } = set.status ?? {};
      const isGated = (labels?: Record<string, string>): boolean => labels?.['transship.dev/in-service'] === 'no';
      return {
        parked: updateStrategy?.rollingUpdate?.partition === 2_147_483_647,
        serves: !isGated(template?.metadata?.labels),
        leftovers: revisions
          .filter(({ data }) => isGated((data as RevisionData).spec.template.metadata.labels))
          .map(({ metadata }) => metadata?.name ?? ''),
        text: JSON.stringify([template, updateStrategy, set.metadata?.annotations, currentRevision, updateRevision]),
      };
    },
    pauseControllers: () => controllers.pause(),
    resumeControllers: () => controllers.resume(),
    freezeHost: (node, on) => hosts.fault({ kind: 'freeze', node, on }),
    hideObserved: (omit) => hosts.fault({ kind: 'observed-generation', omit }),
    bypass: async ({ set, group }) => {
      const name = `bypass-${set.name}`;
      await hands.createService(set.namespace, name, { 'transship.dev/app': group.app });
      return () => hands.deleteService(set.namespace, name);
    },
    hasConsumer: ({ set, group }) => hands.hasService(set.namespace, serviceOf(group)),
    hasImage: async (host, image) => {
      // A host tells what it holds from time to time only.
      const tells = async (): Promise<boolean> => (await hands.nodeImages(host)).includes(image);
      return eventually(tells).then(
        () => true,
        () => false,
      );
    },
    listed: ({ set, group }) => hands.endpoints(set.namespace, serviceOf(group)),
    starts: async ({ set }) => {
      const starts: Record<string, string[]> = {};
      for (const entry of await hosts.journal(marked)) {
        if (entry.kind !== 'container-started' || !isMember(set, entry.instance)) continue;
        (starts[entry.instance] ??= []).push(entry.version);
      }
      return starts;
    },
    mark: async () => {
      marked = (await hosts.journal(marked)).at(-1)?.n ?? marked;
    },
    fingerprint: ({ set }) => hands.setIdentity(set),
    stop: async () => {
      await discovery?.stop();
      await cluster.close();
      await link.close();
      await fleet.stop();
      await beside?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isMember({ name }: AzSetRef, instance: string): boolean {
  return instance.startsWith(`${name}-`) && /^\d+$/.test(instance.slice(name.length + 1));
}

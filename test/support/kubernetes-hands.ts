import {
  AppsV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  V1DeleteOptions,
  V1Service,
} from '@kubernetes/client-node';
import type { AzSetRef, GroupRef } from '../../src/domain/types.ts';
import type { MemberAt } from '../../src/drivers/azset/index.ts';

const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** Those who act on a cluster beside us: people with kubectl, drains, other controllers. */
export class KubernetesHands {
  readonly #core: CoreV1Api;
  readonly #apps: AppsV1Api;
  readonly #discovery: DiscoveryV1Api;

  /** @param kubeconfig path; with all rights */
  constructor(kubeconfig: string) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#apps = config.makeApiClient(AppsV1Api);
    this.#discovery = config.makeApiClient(DiscoveryV1Api);
  }

  async deletePod({ set: { namespace }, member, uid }: MemberAt): Promise<void> {
    const body = Object.assign(new V1DeleteOptions(), { preconditions: { uid } });
    await this.#core.deleteNamespacedPod({ namespace, name: member, body });
  }

  /** Null where there is none. */
  async podUid({ set: { namespace }, member }: MemberAt): Promise<string | null> {
    const { items } = await this.#core.listNamespacedPod({ namespace, fieldSelector: `metadata.name=${member}` });
    return items[0]?.metadata?.uid ?? null;
  }

  /** Pods of the namespace that have an address: their group and address by name. */
  async addresses(namespace: string): Promise<{ pod: string; service: string; address: string }[]> {
    const { items } = await this.#core.listNamespacedPod({ namespace });
    return items.flatMap(({ metadata, status }) => {
      const { 'transship.dev/app': app, 'transship.dev/group': group } = metadata?.labels ?? {};
      if (app === undefined || group === undefined || status?.podIP === undefined) return [];
      return [{ pod: metadata?.name ?? '', service: serviceOf({ env: '', app, group }), address: status.podIP }];
    });
  }

  async patchPod({ set: { namespace }, member }: MemberAt, metadata: object): Promise<void> {
    await this.#core.patchNamespacedPod(
      { namespace, name: member, body: { metadata }, fieldManager: 'stranger' },
      merge,
    );
  }

  /** Changes the template, as "kubectl rollout restart" does. */
  async restartSet({ namespace, name }: AzSetRef): Promise<void> {
    const template = { metadata: { annotations: { 'stranger.example/restarted': String(Math.random()) } } };
    await this.#apps.patchNamespacedStatefulSet(
      { namespace, name, body: { spec: { template } }, fieldManager: 'stranger' },
      merge,
    );
  }

  async setIdentity({ namespace, name }: AzSetRef): Promise<string> {
    const { metadata } = await this.#apps.readNamespacedStatefulSet({ namespace, name });
    return JSON.stringify([metadata?.uid, metadata?.generation, metadata?.labels, metadata?.annotations]);
  }

  async createService(namespace: string, name: string, selector: Record<string, string>): Promise<void> {
    const spec = { selector, ports: [{ port: 80, targetPort: 8080 }] };
    await this.#core.createNamespacedService({
      namespace,
      body: Object.assign(new V1Service(), { metadata: { name }, spec }),
    });
  }

  async deleteService(namespace: string, name: string): Promise<void> {
    await this.#core.deleteNamespacedService({ namespace, name });
  }

  async hasService(namespace: string, name: string): Promise<boolean> {
    const { items } = await this.#core.listNamespacedService({ namespace, fieldSelector: `metadata.name=${name}` });
    return items.length === 1;
  }

  /** Pods in the EndpointSlices of the Service, ready or not. */
  async endpoints(namespace: string, service: string): Promise<string[]> {
    const { items } = await this.#discovery.listNamespacedEndpointSlice({
      namespace,
      labelSelector: `kubernetes.io/service-name=${service}`,
    });
    return items.flatMap(({ endpoints }) => endpoints ?? []).map(({ targetRef }) => targetRef?.name ?? '');
  }

  async nodeImages(name: string): Promise<string[]> {
    const { status } = await this.#core.readNode({ name });
    return (status?.images ?? []).flatMap(({ names }) => names ?? []);
  }
}

/** Name of the Service that the group's traffic comes by. */
export function serviceOf({ app, group }: GroupRef): string {
  return `${app}-${group}`;
}

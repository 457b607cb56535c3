import {
  ApiException,
  AppsV1Api,
  AutoscalingV2Api,
  CoreV1Api,
  DiscoveryV1Api,
  KubeConfig,
  PolicyV1Api,
  PatchStrategy,
  setHeaderOptions,
  V1DeleteOptions,
  V1Eviction,
  V1PodDisruptionBudget,
  V1Service,
  V2HorizontalPodAutoscaler,
  type V1ControllerRevision,
  type V1StatefulSet,
} from '@kubernetes/client-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { AzSetRef, GroupRef } from '../../src/domain/types.ts';
import type { Addressed } from './discovery.ts';
import type { MemberAt } from '../../src/drivers/azset/index.ts';
import type { Allowance } from '../../src/drivers/kubernetes/budgets.ts';

const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** Those who act on a cluster beside us: people with kubectl, drains, other controllers. */
export class KubernetesHands {
  readonly #core: CoreV1Api;
  readonly #apps: AppsV1Api;
  readonly #discovery: DiscoveryV1Api;
  readonly #policy: PolicyV1Api;
  readonly #scaling: AutoscalingV2Api;

  /** @param kubeconfig path; with all rights */
  constructor(kubeconfig: string) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#apps = config.makeApiClient(AppsV1Api);
    this.#discovery = config.makeApiClient(DiscoveryV1Api);
    this.#policy = config.makeApiClient(PolicyV1Api);
    this.#scaling = config.makeApiClient(AutoscalingV2Api);
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
  async addresses(namespace: string): Promise<Addressed[]> {
    const { items } = await this.#core.listNamespacedPod({ namespace });
    return items.flatMap(({ metadata, status }) => {
      const { 'transship.dev/app': app, 'transship.dev/group': group } = metadata?.labels ?? {};
      if (app === undefined || group === undefined || status?.podIP === undefined) return [];
      return [{ member: metadata?.name ?? '', service: serviceOf({ env: '', app, group }), address: status.podIP }];
    });
  }

  async patchPod({ set: { namespace }, member }: Pick<MemberAt, 'set' | 'member'>, metadata: object): Promise<void> {
    await this.#core.patchNamespacedPod(
      { namespace, name: member, body: { metadata }, fieldManager: 'stranger' },
      merge,
    );
  }

  /** An operation called "server" takes the pod out of traffic, for that reason; null: it puts it in again. */
  async flag(at: Pick<MemberAt, 'set' | 'member'>, reason: string | null): Promise<void> {
    await this.patchPod(at, {
      labels: { 'transship.dev/in-service': reason === null ? 'yes' : 'no' },
      annotations: { 'out.transship.dev/server': reason },
    });
  }

  /** As an autoscaler, or `kubectl scale`. */
  async scaleSet({ namespace, name }: Pick<AzSetRef, 'namespace' | 'name'>, replicas: number): Promise<void> {
    await this.#apps.patchNamespacedStatefulSet(
      { namespace, name, body: { spec: { replicas } }, fieldManager: 'autoscaler' },
      merge,
    );
  }

  /** One that asks for what is there. @returns the way to remove it */
  async createAutoscaler({ namespace, name }: Pick<AzSetRef, 'namespace' | 'name'>): Promise<() => Promise<void>> {
    const own = `stranger-${name}`;
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', name };
    const spec = { scaleTargetRef, minReplicas: 1, maxReplicas: 9 };
    const body = Object.assign(new V2HorizontalPodAutoscaler(), { metadata: { name: own }, spec });
    await this.#scaling.createNamespacedHorizontalPodAutoscaler({ namespace, body });
    return async () => {
      await this.#scaling.deleteNamespacedHorizontalPodAutoscaler({ namespace, name: own });
    };
  }

  /** With all its pods. */
  async deleteSet({ namespace, name }: Pick<AzSetRef, 'namespace' | 'name'>): Promise<void> {
    await this.#apps.deleteNamespacedStatefulSet({ namespace, name });
  }

  /** Changes the template, as "kubectl rollout restart" does. */
  async restartSet({ namespace, name }: AzSetRef): Promise<void> {
    const template = { metadata: { annotations: { 'stranger.example/restarted': String(Math.random()) } } };
    await this.#apps.patchNamespacedStatefulSet(
      { namespace, name, body: { spec: { template } }, fieldManager: 'stranger' },
      merge,
    );
  }

  /** Returns when all of its pods are ready. */
  async createSet(namespace: string, body: V1StatefulSet): Promise<void> {
    await this.#apps.createNamespacedStatefulSet({ namespace, body });
    const name = body.metadata?.name ?? '';
    const isReady = async (): Promise<boolean> => {
      const { spec, status } = await this.#apps.readNamespacedStatefulSet({ namespace, name });
      return status?.readyReplicas === spec?.replicas;
    };
    while (!(await isReady())) await delay(100);
  }

  /** Returns when it is gone; its pods stay. */
  async orphanSet({ namespace, name }: AzSetRef): Promise<void> {
    const body = Object.assign(new V1DeleteOptions(), { propagationPolicy: 'Orphan' });
    await this.#apps.deleteNamespacedStatefulSet({ namespace, name, body });
    const fieldSelector = `metadata.name=${name}`;
    while ((await this.#apps.listNamespacedStatefulSet({ namespace, fieldSelector })).items.length > 0) await delay(50);
  }

  async setIdentity({ namespace, name }: AzSetRef): Promise<string> {
    const { metadata } = await this.#apps.readNamespacedStatefulSet({ namespace, name });
    return JSON.stringify([metadata?.uid, metadata?.generation, metadata?.labels, metadata?.annotations]);
  }

  /** The set, and the revisions of it that are kept. */
  async readSet({ namespace, name }: AzSetRef): Promise<{ set: V1StatefulSet; revisions: V1ControllerRevision[] }> {
    const set = await this.#apps.readNamespacedStatefulSet({ namespace, name });
    const { items } = await this.#apps.listNamespacedControllerRevision({ namespace });
    const uid = set.metadata?.uid;
    const isOf = ({ metadata }: V1ControllerRevision): boolean =>
      metadata?.ownerReferences?.some((owner) => owner.uid === uid) === true;
    return { set, revisions: items.filter(isOf) };
  }

  /** Resolves when the budget is in force. */
  async createBudget(
    namespace: string,
    name: string,
    matchLabels: Record<string, string>,
    allowance: Allowance,
  ): Promise<void> {
    const body = Object.assign(new V1PodDisruptionBudget(), {
      metadata: { name },
      spec: { selector: { matchLabels }, ...allowance },
    });
    await this.#policy.createNamespacedPodDisruptionBudget({ namespace, body });
    const isCounted = async (): Promise<boolean> => {
      const { status } = await this.#policy.readNamespacedPodDisruptionBudget({ namespace, name });
      return (status?.expectedPods ?? 0) > 0;
    };
    while (!(await isCounted())) await delay(50);
  }

  /** What it says, and what was noted on it of ours. */
  async readBudget(namespace: string, name: string): Promise<Allowance & { noted: boolean }> {
    const { metadata, spec } = await this.#policy.readNamespacedPodDisruptionBudget({ namespace, name });
    const minAvailable = spec?.minAvailable;
    const maxUnavailable = spec?.maxUnavailable;
    const keys = [...Object.keys(metadata?.annotations ?? {}), ...Object.keys(metadata?.labels ?? {})];
    return {
      ...(minAvailable === undefined ? {} : { minAvailable }),
      ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
      noted: keys.some((key) => key.startsWith('transship.dev/')),
    };
  }

  /** Its owner wants something else. */
  async changeBudget(namespace: string, name: string, allowance: Allowance): Promise<void> {
    const body = { spec: allowance };
    await this.#policy.patchNamespacedPodDisruptionBudget({ namespace, name, body, fieldManager: 'stranger' }, merge);
  }

  /** May somebody who drains its node evict it now? Only asked. */
  async mayEvict({ set: { namespace }, member }: Pick<MemberAt, 'set' | 'member'>): Promise<boolean> {
    try {
      const body = Object.assign(new V1Eviction(), { metadata: { name: member, namespace } });
      await this.#core.createNamespacedPodEviction({ namespace, name: member, body, dryRun: 'All' });
      return true;
    } catch (error) {
      if (error instanceof ApiException && error.code === 429) return false;
      throw error;
    }
  }

  async deleteBudget(namespace: string, name: string): Promise<void> {
    await this.#policy.deleteNamespacedPodDisruptionBudget({ namespace, name });
  }

  async createService(
    namespace: string,
    name: string,
    selector: Record<string, string>,
    more: object = {},
  ): Promise<void> {
    const spec = { selector, ports: [{ port: 80, targetPort: 8080 }], ...more };
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

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Machine } from '../machine.ts';
import { ApiError, MERGE, STRATEGIC } from './api.ts';
import type { NodeApi } from './node-api.ts';
import { apiTime, type Condition } from './pod.ts';

interface Node {
  metadata: { uid: string };
  spec?: { taints?: { key: string }[] };
  status?: { conditions?: Condition[]; images?: { names: string[] }[] };
}

const HEALTHY: [type: string, status: 'True' | 'False', reason: string, message: string][] = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
];
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** Keeps one Node registered: its lease renewed, its conditions true, Ready said again after an outage. */
export class NodeAgent {
  readonly #machine: Machine;
  readonly #api: NodeApi;
  readonly #log: Logger;
  readonly #every: number;
  readonly #podCapacity: number;
  #timer: NodeJS.Timeout | null = null;
  #beating: Promise<void> | null = null;
  #stopped = false;

  /** @param leaseSeconds between two renewals */
  constructor(machine: Machine, api: NodeApi, options: { leaseSeconds: number; podsPerHost: number }, log: Logger) {
    this.#machine = machine;
    this.#api = api;
    this.#every = options.leaseSeconds * 1000;
    this.#podCapacity = options.podsPerHost;
    this.#log = log;
  }

  /** Registers the Node and starts the heartbeat. Resolves when the Node is Ready and takes pods. */
  async start(): Promise<void> {
    await this.#register();
    await this.beat();
    // Without a node lifecycle controller the taint never goes; then a scheduler has to be told by hand anyway.
    const patience = Date.now() + 8000;
    while (Date.now() < patience) {
      const node = await this.#read();
      if (!node?.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready')) return;
      await sleep(50);
    }
    this.#log.warn({ node: this.#machine.name }, 'the Node keeps its not-ready taint: no node lifecycle controller?');
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Renews the lease and re-asserts the status now; the next beat follows in its time. */
  async beat(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#beating ??= this.#renew()
      .catch((error: unknown) => {
        this.#log.warn({ node: this.#machine.name, err: String(error) }, 'heartbeat failed');
      })
      .finally(() => {
        this.#beating = null;
        if (this.#timer !== null) clearTimeout(this.#timer);
        if (!this.#stopped) this.#timer = setTimeout(() => void this.beat(), this.#every);
      });
    await this.#beating;
  }

  get #path(): string {
    return `/api/v1/nodes/${this.#machine.name}`;
  }

  async #register(): Promise<void> {
    const { name, az, idc } = this.#machine;
    const labels = {
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': process.arch === 'arm64' ? 'arm64' : 'amd64',
      'topology.kubernetes.io/zone': az,
      'topology.kubernetes.io/region': idc,
    };
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
    try {
      await this.#api.request({ method: 'POST', path: '/api/v1/nodes', body: node });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
      await this.#api.request({
        method: 'PATCH',
        path: this.#path,
        contentType: MERGE,
        body: { metadata: { labels } },
      });
    }
  }

  async #renew(): Promise<void> {
    await this.#renewLease();
    const node = await this.#read();
    if (node === null) {
      await this.#register();
      return this.#renew();
    }
    const images = this.#machine.images.list();
    const same =
      HEALTHY.every(([type, status]) => node.status?.conditions?.some((c) => c.type === type && c.status === status)) &&
      (node.status?.images?.length ?? 0) === images.length;
    if (!same) await this.#patchStatus(node);
  }

  async #renewLease(): Promise<void> {
    const { name } = this.#machine;
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: 40,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    };
    try {
      await this.#api.request({ method: 'PATCH', path: `${LEASES}/${name}`, contentType: MERGE, body: { spec } });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      await this.#api.request({
        method: 'POST',
        path: LEASES,
        body: { metadata: { name, namespace: 'kube-node-lease' }, spec },
      });
    }
  }

  async #read(): Promise<Node | null> {
    try {
      return await this.#api.request<Node>({ method: 'GET', path: `${this.#path}?resourceVersion=0` });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  async #patchStatus(node: Node): Promise<void> {
    const now = apiTime(new Date());
    const resources = { cpu: '64', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: String(this.#podCapacity) };
    const status = {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: this.#machine.address },
        { type: 'Hostname', address: this.#machine.name },
      ],
      nodeInfo: {
        kubeletVersion: 'v1.35.4',
        containerRuntimeVersion: 'sim://1.0.0',
        operatingSystem: 'linux',
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        osImage: 'sim host',
        kernelVersion: '',
        kubeProxyVersion: '',
        machineID: this.#machine.name,
        systemUUID: this.#machine.name,
        bootID: '',
      },
      images: this.#machine.images
        .list()
        .map(({ name, imageId, bytes }) => ({ names: [imageId, name], sizeBytes: bytes })),
      conditions: HEALTHY.map(([type, value, reason, message]) => {
        const before = node.status?.conditions?.find((condition) => condition.type === type);
        const lastTransitionTime = before?.status === value ? before.lastTransitionTime : now;
        return { type, status: value, reason, message, lastHeartbeatTime: now, lastTransitionTime };
      }),
    };
    await this.#api.request({
      method: 'PATCH',
      path: `${this.#path}/status`,
      contentType: STRATEGIC,
      body: { status },
    });
  }
}

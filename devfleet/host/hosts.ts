import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { AddressTable } from './addresses.ts';
import { MesosAgent } from './agent/agent.ts';
import { TaskIpam } from './agent/ipam.ts';
import { MESOS_NAMESPACE } from './agent/task.ts';
import type { HostsConfig } from './config.ts';
import { Faults } from './faults.ts';
import { ImageStore } from './images.ts';
import { Journal } from './journal.ts';
import { Api } from './kubelet/api.ts';
import { Events } from './kubelet/events.ts';
import { Ipam } from './kubelet/ipam.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import { NodeApi } from './kubelet/node-api.ts';
import type { Pod } from './kubelet/pod.ts';
import type { PodWorker } from './kubelet/pod-worker.ts';
import { Reservations } from './kubelet/reservations.ts';
import { PodWatch } from './kubelet/watch.ts';
import { Machine } from './machine.ts';
import type { Fault, InstanceView } from './types.ts';

/** A fault names a node or pod that is not here. */
export class UnknownTarget extends Error {}

/** The start does not wait longer for the Mesos master: agents try on. */
const MASTER_PATIENCE_MS = 10_000;

/** All sim hosts of one IDC, the kubelets on them, behind one watch of the cluster, and the Mesos agents. */
export class SimHosts {
  readonly journal: Journal;
  readonly #faults: Faults;
  readonly #names = new Set<string>();
  readonly #kubelets = new Map<string, Kubelet>();
  readonly #agents: MesosAgent[] = [];
  /** Null where no AZ runs Kubernetes. */
  readonly #cluster: { api: Api; reservations: Reservations; watch: PodWatch } | null;

  constructor(config: HostsConfig, log: Logger) {
    this.journal = new Journal(config.journalFile);
    this.journal.append({ kind: 'hosts-started', idc: config.idc });
    const api = config.kubeconfig === undefined ? null : new Api(config.kubeconfig);
    this.#faults = new Faults(config.observedGenerationLagMs, config.backOff);
    const ipam = new Ipam(config.octet);
    const taskIpam = new TaskIpam(config.octet);
    const addresses = new AddressTable(this.journal);
    for (const [index, [az, { hosts, runs }]] of Object.entries(config.azs).entries()) {
      for (let n = 1; n <= hosts; n++) {
        const name = `${config.idc}-${az}-${n}`;
        const images = new ImageStore(name, config.registryHosts, this.#faults);
        const identity = { name, az, idc: config.idc, address: `10.${config.octet}.${16 * index}.${n}` };
        const machine = new Machine(identity, { images, addresses, journal: this.journal, faults: this.#faults });
        const parts = { machine, faults: this.#faults, azNumber: index + 1, log };
        this.#names.add(name);
        if (runs !== 'mesos' && api !== null) {
          const nodeApi = new NodeApi(api, this.#faults, name);
          const events = new Events(nodeApi, 'kubelet', name, log);
          this.#kubelets.set(name, new Kubelet({ ...parts, api: nodeApi, events, ipam }, config));
        }
        if (runs !== 'kubernetes' && config.mesos !== undefined)
          this.#agents.push(new MesosAgent({ ...parts, ipam: taskIpam }, config.mesos));
      }
    }
    if (api === null) {
      this.#cluster = null;
      return;
    }
    const controller = 'kube-ovn-controller';
    const direct = new NodeApi(api, this.#faults, controller);
    const reservations = new Reservations(ipam, direct, new Events(direct, controller, '', log), log);
    const watch = new PodWatch(api, { seen: (pod) => this.#seen(pod), gone: (pod) => this.#gone(pod) }, log);
    this.#cluster = { api, reservations, watch };
    this.#faults.events.on('healed', (node) => this.#kubelets.get(node)?.resync(watch.pods.values()));
  }

  /** Resolves when all Nodes are Ready and their pods are followed, and the agents are registered, or no master is there. */
  async start(): Promise<void> {
    for (const agent of this.#agents) agent.start();
    const registered = Promise.all(this.#agents.map((agent) => agent.registered));
    await Promise.all([...this.#kubelets.values()].map(({ node }) => node.start()));
    await this.#cluster?.watch.start();
    await Promise.race([registered, sleep(MASTER_PATIENCE_MS, undefined, { ref: false })]);
  }

  instances(): InstanceView[] {
    return [...this.#kubelets.values(), ...this.#agents].flatMap((one) => one.views());
  }

  /** @throws UnknownTarget */
  setFault(fault: Fault): void {
    if ('node' in fault && fault.node !== undefined && !this.#names.has(fault.node))
      throw new UnknownTarget(`no node ${fault.node}`);
    this.journal.append({ kind: 'fault-set', fault });
    switch (fault.kind) {
      case 'evict':
        this.#pod(fault).evict(fault.message);
        return;
      case 'crash':
        if (!this.#crash(fault)) throw new UnknownTarget(`${fault.namespace}/${fault.pod} runs no such container`);
        return;
      case 'break-watch':
        this.#cluster?.watch.break();
        return;
      default:
        this.#faults.set(fault);
    }
  }

  async close(): Promise<void> {
    this.#cluster?.watch.stop();
    for (const { node } of this.#kubelets.values()) node.stop();
    for (const agent of this.#agents) agent.close();
    await this.#cluster?.api.close();
    this.journal.close();
  }

  /** False when there is no such container. @throws UnknownTarget */
  #crash(fault: Extract<Fault, { kind: 'crash' }>): boolean {
    if (fault.namespace !== MESOS_NAMESPACE) return this.#pod(fault).crash(fault.container, fault.exitCode);
    const runners = this.#agents.flatMap((agent) => agent.find(fault.pod) ?? []);
    if (runners.length === 0) throw new UnknownTarget(`no Mesos task ${fault.pod} on these hosts`);
    return runners.some((runner) => runner.crash(fault.exitCode));
  }

  #pod({ namespace, pod }: { namespace: string; pod: string }): PodWorker {
    for (const kubelet of this.#kubelets.values()) {
      const found = kubelet.find(namespace, pod);
      if (found !== undefined) return found;
    }
    throw new UnknownTarget(`no pod ${namespace}/${pod} on these hosts`);
  }

  #seen(pod: Pod): void {
    this.#cluster?.reservations.seen(pod);
    this.#kubelets.get(pod.spec.nodeName ?? '')?.seen(pod);
  }

  #gone(pod: Pod): void {
    this.#cluster?.reservations.gone(pod.metadata.uid);
    this.#kubelets.get(pod.spec.nodeName ?? '')?.gone(pod.metadata.uid);
  }
}

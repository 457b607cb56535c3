import pino from 'pino';
import { request } from 'undici';
import { vi } from 'vitest';
import { AddressTable } from '../../devfleet/host/addresses.ts';
import { MesosAgent } from '../../devfleet/host/agent/agent.ts';
import { TaskIpam } from '../../devfleet/host/agent/ipam.ts';
import { readBehaviour } from '../../devfleet/host/behaviour.ts';
import { Faults } from '../../devfleet/host/faults.ts';
import { ImageStore, type StoredImage } from '../../devfleet/host/images.ts';
import { Journal } from '../../devfleet/host/journal.ts';
import { Machine } from '../../devfleet/host/machine.ts';
import { parseMesosConfig, type MesosConfigInput } from '../../devfleet/mesos/config.ts';
import type { FrameworkDriver } from '../../devfleet/mesos/framework.ts';
import { startMesos, type RunningMesos } from '../../devfleet/mesos/start.ts';
import type { MesosOffer, MesosResources, MesosTaskInfo, MesosTaskStatus } from '../../devfleet/mesos/types.ts';

/** Images by name → labels (`transship.dev/sim.*` without the prefix); what is not there cannot be pulled. */
class Shelf extends ImageStore {
  readonly images: Record<string, Record<string, string>> = {};
  /** Pulls wait for this. */
  gate: Promise<void> = Promise.resolve();

  override get(): undefined {
    return undefined;
  }

  override async pull(name: string): Promise<StoredImage> {
    await this.gate;
    const labels = this.images[name];
    if (labels === undefined) throw new Error(`manifest of ${name} unknown`);
    const prefixed = Object.fromEntries(
      Object.entries(labels).map(([key, value]) => [`transship.dev/sim.${key}`, value]),
    );
    return { name, imageId: `${name}@sha256:0`, behaviour: readBehaviour(prefixed), bytes: 1 };
  }
}

export const IMAGE = 'registry.north/shop/web:v1';

const TOTAL: MesosResources = { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, ports: [[31_000, 31_099]] };

/** So that nobody waits for offers. */
const FAST = { allocation: 0.02 };

/** A host with its agent. */
interface Host {
  machine: Machine;
  agent: MesosAgent;
  shelf: Shelf;
}

/** A Mesos cluster and sim hosts with agents, all in this process. */
export class MesosWorld {
  readonly mesos: RunningMesos;
  readonly faults: Faults;
  readonly journal = new Journal();
  readonly hosts: Host[] = [];
  readonly octet: number;
  readonly #updateRetrySeconds: number;
  readonly #addresses = new AddressTable(this.journal);
  readonly #ipam: TaskIpam;
  readonly #frameworks: TestFramework[] = [];

  private constructor(mesos: RunningMesos, faults: Faults, octet: number, updateRetrySeconds: number) {
    this.mesos = mesos;
    this.faults = faults;
    this.octet = octet;
    this.#updateRetrySeconds = updateRetrySeconds;
    this.#ipam = new TaskIpam(octet);
  }

  /**
   * @param hosts how many there are at the start, registered in order
   * @param updateRetrySeconds of their agents; that of Mesos by default, so that no update comes twice on a busy machine
   */
  static async start(config: Partial<MesosConfigInput> = {}, hosts = 1, updateRetrySeconds = 10): Promise<MesosWorld> {
    const mesos = await startMesos(
      parseMesosConfig({
        cluster: 'north',
        masterPorts: [0, 0],
        agentPort: 0,
        adminPort: 0,
        ...config,
        clocks: { ...FAST, ...config.clocks },
      }),
    );
    const faults = new Faults(0, { startSeconds: 10, maxSeconds: 300 });
    const world = new MesosWorld(mesos, faults, 100 + Math.floor(Math.random() * 150), updateRetrySeconds);
    while (world.hosts.length < hosts) await world.addHost();
    return world;
  }

  /** One more, in AZ 1; resolves when its agent is registered. */
  async addHost(resources: Partial<MesosResources> = {}, name = `north-az-1-${this.hosts.length + 1}`): Promise<Host> {
    const shelf = new Shelf(name, {}, this.faults);
    shelf.images[IMAGE] = { version: 'v1' };
    const identity = { name, az: 'az-1', idc: 'north', address: `10.${this.octet}.0.${this.hosts.length + 1}` };
    const { faults, journal } = this;
    const machine = new Machine(identity, { images: shelf, addresses: this.#addresses, journal, faults });
    const log = pino({ level: 'silent' });
    const agent = new MesosAgent(
      { machine, ipam: this.#ipam, azNumber: 1, faults, log },
      {
        masterPort: this.mesos.agentPort,
        resources: { ...TOTAL, ...resources },
        updateRetrySeconds: this.#updateRetrySeconds,
        reconnectSeconds: 0.02,
      },
    );
    const host = { machine, agent, shelf };
    this.hosts.push(host);
    agent.start();
    await agent.registered;
    return host;
  }

  host(index = 0): Host {
    const host = this.hosts[index];
    if (host === undefined) throw new Error(`there is no host ${index}`);
    return host;
  }

  /** Id by which the master knows the agent of a host now. */
  agentId(index = 0): string {
    const { name } = this.host(index).machine;
    const agents = this.mesos.cluster.master?.state.agents.values() ?? [];
    const found = [...agents].find(({ info }) => info.hostname === name);
    if (found === undefined) throw new Error(`${name} is not registered`);
    return found.id;
  }

  /** The machine id of a host, as maintenance calls take it. */
  machineId(index = 0): { hostname: string; ip: string } {
    const { name, address } = this.host(index).machine;
    return { hostname: name, ip: address };
  }

  framework(role = 'web', id: string | null = null): TestFramework {
    const framework = new TestFramework(this, role, id);
    this.#frameworks.push(framework);
    return framework;
  }

  /** Calls the v1 API of a master, the first by default. Redirects are not followed. */
  async call(
    body: object | string,
    options: { master?: number; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = options.headers ?? { 'content-type': 'application/json' };
    return this.http('POST', '/api/v1', text, { ...options, headers });
  }

  async http(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body: string | null = null,
    { master = 0, headers = {} }: { master?: number; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const response = await request(`${this.mesos.masters[master] ?? ''}${path}`, { method, headers, body });
    const text = await response.body.text();
    const { statusCode: status } = response;
    return { status, text, headers: response.headers, json: () => JSON.parse(text) as Record<string, never> };
  }

  async close(): Promise<void> {
    for (const { agent } of this.hosts) agent.close();
    for (const { machine } of this.hosts) for (const one of machine.containers) await one.kill();
    await this.mesos.close();
  }
}

interface Answer {
  status: number;
  text: string;
  headers: Record<string, string | string[] | undefined>;
  json(): Record<string, never>;
}

/** Waits for what is about to be so. */
export async function soon<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 40_000, interval: 10 });
}

/** A framework that keeps what it is told, and acknowledges updates unless it is told not to. */
export class TestFramework {
  readonly driver: FrameworkDriver;
  offers: MesosOffer[] = [];
  readonly rescinded: string[] = [];
  readonly updates: MesosTaskStatus[] = [];
  readonly connections: boolean[] = [];
  acknowledges = true;
  readonly #world: MesosWorld;
  #tasks = 0;

  constructor(world: MesosWorld, role: string, id: string | null) {
    this.#world = world;
    this.driver = world.mesos.cluster.register(
      { id, name: 'marathon', role },
      {
        offers: (offers) => void this.offers.push(...offers),
        rescinded: (offerId) => {
          this.rescinded.push(offerId);
          this.offers = this.offers.filter((offer) => offer.id !== offerId);
        },
        update: (status) => {
          this.updates.push(status);
          if (this.acknowledges) this.driver.acknowledge(status);
        },
        connected: (connected) => {
          this.connections.push(connected);
          if (!connected) this.offers = [];
        },
      },
    );
  }

  /** Waits for an offer of a host, and takes it out of those at hand. */
  async offer(host = 0): Promise<MesosOffer> {
    const { name } = this.#world.host(host).machine;
    return soon(() => {
      const found = this.offers.findLast(({ hostname }) => hostname === name);
      if (found === undefined) throw new Error(`no offer of ${name}`);
      this.offers = this.offers.filter((one) => one !== found);
      return found;
    });
  }

  /** Launches a task on the next offer of a host. @returns its id */
  async launch(more: Partial<MesosTaskInfo> = {}, host = 0): Promise<string> {
    const offer = await this.offer(host);
    const task = this.task(offer, more);
    this.driver.accept([offer.id], [task]);
    return task.taskId;
  }

  task({ agentId }: Pick<MesosOffer, 'agentId'>, more: Partial<MesosTaskInfo> = {}): MesosTaskInfo {
    return {
      taskId: `web.${++this.#tasks}`,
      name: 'web',
      agentId,
      resources: { cpus: 1, mem: 128, disk: 0, gpus: 0, ports: [] },
      image: IMAGE,
      command: null,
      environment: {},
      labels: {},
      ports: [{ container: 8080, host: null, name: 'http' }],
      network: 'overlay',
      networkLabels: {},
      killGraceSeconds: 5,
      ...more,
    };
  }

  /** States that a task was told to be in, in order. */
  states(taskId: string): string[] {
    return this.updates.filter((update) => update.taskId === taskId).map(({ state }) => state);
  }

  /** Waits until a task is told to be in a state. */
  async until(taskId: string, state: string): Promise<MesosTaskStatus> {
    return soon(() => {
      const found = this.updates.findLast((update) => update.taskId === taskId && update.state === state);
      if (found === undefined) throw new Error(`${taskId} is ${this.states(taskId).join(', ')}, not ${state}`);
      return found;
    });
  }
}

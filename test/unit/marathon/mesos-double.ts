import type { FrameworkDriver, FrameworkEvents, MesosFrameworks } from '../../../devfleet/mesos/framework.ts';
import type {
  MesosOffer,
  MesosResources,
  MesosTaskInfo,
  MesosTaskState,
  MesosTaskStatus,
} from '../../../devfleet/mesos/types.ts';

export interface Agent {
  id: string;
  hostname: string;
  region: string | null;
  zone: string | null;
  attributes: Record<string, string>;
  free: MesosResources;
  role: string;
  unavailability: MesosOffer['unavailability'];
}

/** A Mesos cluster as far as Marathon can tell: agents with resources, offers, launches, and whatever a test says of tasks. */
export class MesosDouble implements MesosFrameworks {
  readonly agents = new Map<string, Agent>();
  readonly tasks = new Map<string, MesosTaskInfo>();
  /** What Marathon asked for: `revive`, `kill <id>`, `accept <agent> <n>`, … */
  readonly calls: string[] = [];
  readonly registered: (string | null)[] = [];
  /** What becomes of a launched task by itself. */
  onLaunch: (task: MesosTaskInfo) => void = ({ taskId }) => this.say(taskId, 'TASK_RUNNING');
  /** What becomes of a task that is killed. */
  onKill: (taskId: string) => void = (taskId) => this.say(taskId, 'TASK_KILLED');
  #events: FrameworkEvents | null = null;
  #connection = 0;
  readonly #offers = new Map<string, string>();
  readonly #refused = new Set<string>();
  #wanted = true;
  #count = 0;

  agent(hostname: string, fields: Partial<Omit<Agent, 'free'>> & { free?: Partial<MesosResources> } = {}): Agent {
    const free: MesosResources = { cpus: 8, mem: 8192, disk: 0, gpus: 0, ports: [[31_000, 31_099]], ...fields.free };
    const id = fields.id ?? `agent-${hostname}`;
    const agent = {
      region: null,
      zone: null,
      attributes: {},
      role: '*',
      unavailability: null,
      ...fields,
      id,
      hostname,
      free,
    };
    this.agents.set(id, agent);
    return agent;
  }

  register(framework: { id: string | null }, events: FrameworkEvents): FrameworkDriver {
    this.registered.push(framework.id);
    this.#events = events;
    this.#connection += 1;
    const connection = this.#connection;
    const call = (what: string, act: () => void) => {
      if (connection !== this.#connection) return;
      this.calls.push(what);
      act();
    };
    events.connected(true);
    this.offer();
    return {
      frameworkId: framework.id ?? 'framework-1',
      accept: (offers, launches) => call(`accept ${offers.length}`, () => this.#accept(offers, launches)),
      decline: (offers, seconds) => call(`decline ${seconds}`, () => this.#decline(offers)),
      revive: () => {
        call('revive', () => {
          this.#wanted = true;
          this.#refused.clear();
          this.offer();
        });
      },
      suppress: () => call('suppress', () => (this.#wanted = false)),
      kill: (taskId) => call(`kill ${taskId}`, () => this.onKill(taskId)),
      acknowledge: (status) => call(`acknowledge ${status.taskId} ${status.state}`, () => undefined),
      reconcile: (ids) => call(`reconcile ${ids.length}`, () => undefined),
      close: () => call('close', () => (this.#events = null)),
    };
  }

  /** Offers what is free and not refused. */
  offer(): void {
    if (!this.#wanted) return;
    const open = new Set(this.#offers.values());
    const offers = [...this.agents.values()].filter(({ id }) => !open.has(id) && !this.#refused.has(id));
    if (offers.length === 0) return;
    this.#events?.offers(offers.map((agent) => this.#offerOf(agent)));
  }

  say(taskId: string, state: MesosTaskState, fields: Partial<MesosTaskStatus> = {}): void {
    const info = this.tasks.get(taskId);
    this.#count += 1;
    this.#events?.update({
      uuid: `update-${this.#count}`,
      taskId,
      agentId: info?.agentId ?? 'agent-unknown',
      state,
      message: '',
      reason: null,
      source: 'SOURCE_EXECUTOR',
      timestamp: Date.now() / 1000,
      addresses: [],
      ...fields,
    });
    const ended = [
      'TASK_KILLED',
      'TASK_FAILED',
      'TASK_FINISHED',
      'TASK_ERROR',
      'TASK_GONE',
      'TASK_LOST',
      'TASK_DROPPED',
    ];
    if (info === undefined || !ended.includes(state)) return;
    this.tasks.delete(taskId);
    const agent = this.agents.get(info.agentId);
    if (agent) agent.free = sum(agent.free, info.resources, 1);
    this.offer();
  }

  connected(connected: boolean): void {
    this.#events?.connected(connected);
  }

  /** Ids of the tasks of an app, by its name in Mesos. */
  running(name: string): string[] {
    return [...this.tasks.values()].filter((task) => task.name === name).map(({ taskId }) => taskId);
  }

  #offerOf(agent: Agent): MesosOffer {
    this.#count += 1;
    const id = `offer-${this.#count}`;
    this.#offers.set(id, agent.id);
    const { id: agentId, hostname, region, zone, attributes, free: resources, role, unavailability } = agent;
    return { id, agentId, hostname, region, zone, attributes, resources, role, unavailability };
  }

  #accept(offers: string[], launches: MesosTaskInfo[]): void {
    for (const offer of offers) this.#offers.delete(offer);
    for (const task of launches) {
      this.tasks.set(task.taskId, task);
      const agent = this.agents.get(task.agentId);
      if (agent) agent.free = sum(agent.free, task.resources, -1);
      this.onLaunch(task);
    }
    this.offer();
  }

  #decline(offers: string[]): void {
    for (const offer of offers) {
      this.#refused.add(this.#offers.get(offer) ?? '');
      this.#offers.delete(offer);
    }
  }
}

/** Ports are never taken out: no test runs out of them by launching. */
function sum(free: MesosResources, other: MesosResources, sign: 1 | -1): MesosResources {
  return {
    cpus: free.cpus + sign * other.cpus,
    mem: free.mem + sign * other.mem,
    disk: free.disk + sign * other.disk,
    gpus: free.gpus + sign * other.gpus,
    ports: free.ports,
  };
}

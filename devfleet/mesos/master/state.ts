import { EventEmitter } from 'node:events';
import type { Clocks } from '../clocks.ts';
import type { FrameworkEvents } from '../framework.ts';
import type { AgentInfo, ToAgent } from '../link/messages.ts';
import { subtract, sum } from '../resources.ts';
import type { MesosOffer, MesosResources, MesosTaskInfo, MesosTaskState, MesosTaskStatus } from '../types.ts';
import { machineKey, type Machine, type Registry } from './registry.ts';
import { Timers } from './timers.ts';

/** The connection to an agent. */
export interface AgentLink {
  send(message: ToAgent): void;
  /** Sends what was said before, then closes. */
  end(): void;
}

/** A registered agent. */
export interface Agent {
  id: string;
  info: AgentInfo;
  /** Null while it is disconnected. */
  link: AgentLink | null;
  /** Its resources are offered: connected, and not deactivated. */
  active: boolean;
  /** ms since 1970. */
  registeredAt: number;
  reregisteredAt: number | null;
  drainStartedAt: number | null;
  tasks: Map<string, Task>;
  /** Tasks to kill that may not have heard of it. */
  killed: Set<string>;
  /** Dynamic reservations by role. */
  reserved: Map<string, MesosResources>;
  /** Ends the pings. */
  stopWatch: () => void;
}

export interface Task {
  info: MesosTaskInfo;
  frameworkId: string;
  role: string;
  /** Address of its agent. */
  agentIp: string;
  /** Latest that the master knows; the statuses may lag behind. */
  state: MesosTaskState;
  /** One for each state told, the last of a state where it was told twice. */
  statuses: MesosTaskStatus[];
  /** What was forwarded last, and waits for an acknowledgement. */
  told: { state: MesosTaskState; uuid: string } | null;
}

export interface OutstandingOffer extends MesosOffer {
  frameworkId: string;
}

export interface Framework {
  id: string;
  name: string;
  role: string;
  /** Null: not connected. */
  events: FrameworkEvents | null;
  /** Known from an agent's tasks only: it has not subscribed to this leader yet. */
  recovered: boolean;
  suppressed: boolean;
  /** Offers that it declined: what there was, of which agent, until when (ms). */
  refused: { agentId: string; resources: MesosResources; until: number }[];
  registeredAt: number;
  reregisteredAt: number | null;
  tasks: Map<string, Task>;
  unreachable: Map<string, Task>;
  completed: Task[];
  /** Takes back its removal. */
  stopFailover: () => void;
}

/** What happens, for subscribers of the operator API. */
export type MasterEvent =
  | { type: 'TASK_ADDED'; task: Task }
  | { type: 'TASK_UPDATED'; task: Task; status: MesosTaskStatus }
  | { type: 'AGENT_ADDED'; agent: Agent }
  | { type: 'AGENT_REMOVED'; agentId: string }
  | { type: 'FRAMEWORK_ADDED' | 'FRAMEWORK_UPDATED' | 'FRAMEWORK_REMOVED'; framework: Framework };

/** --max_completed_tasks_per_framework */
const MAX_COMPLETED_TASKS = 1000;

const TERMINAL = new Set<MesosTaskState>([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
]);

export function isTerminal(state: MesosTaskState): boolean {
  return TERMINAL.has(state);
}

/** What a leading master has in memory; all but the registry is lost with it. */
export class MasterState {
  /** Of this master process; first part of the ids that it gives. */
  readonly id: string;
  readonly domain: { region: string; zone: string } | null;
  readonly clocks: Clocks;
  readonly registry: Registry;
  readonly agents = new Map<string, Agent>();
  /** Let in by an earlier leader, and not back yet. */
  readonly recovered = new Map<string, AgentInfo>();
  readonly frameworks = new Map<string, Framework>();
  readonly completedFrameworks: Framework[] = [];
  readonly offers = new Map<string, OutstandingOffer>();
  /** Every machine that was named in a schedule or carries an agent, by key. */
  readonly machines = new Map<string, Machine>();
  readonly events = new EventEmitter<{ event: [MasterEvent] }>();
  readonly timers = new Timers();
  #agents = 0;
  #offers = 0;
  #frameworks = 0;

  constructor(id: string, domain: MasterState['domain'], registry: Registry, clocks: Clocks) {
    this.id = id;
    this.domain = domain;
    this.registry = registry;
    this.clocks = clocks;
    this.events.setMaxListeners(0);
    for (const [agentId, info] of registry.state.admitted) this.recovered.set(agentId, info);
    for (const machine of registry.state.machines) this.machines.set(machineKey(machine.id), { ...machine });
  }

  nextAgentId(): string {
    return `${this.id}-S${this.#agents++}`;
  }

  nextOfferId(): string {
    return `${this.id}-O${this.#offers++}`;
  }

  nextFrameworkId(): string {
    return `${this.id}-${String(this.#frameworks++).padStart(4, '0')}`;
  }

  machineOf({ hostname, ip }: AgentInfo): Machine {
    const key = machineKey({ hostname, ip });
    const machine = this.machines.get(key) ?? { id: { hostname, ip }, mode: 'UP', unavailability: null };
    this.machines.set(key, machine);
    return machine;
  }

  offersOf(agentId: string): OutstandingOffer[] {
    return [...this.offers.values()].filter((offer) => offer.agentId === agentId);
  }

  /** What tasks use; those that ended no more. */
  usedOf(agent: Agent): MesosResources {
    return sum([...agent.tasks.values()].filter(({ state }) => !isTerminal(state)).map(({ info }) => info.resources));
  }

  offeredOf(agentId: string): MesosResources {
    return sum(this.offersOf(agentId).map(({ resources }) => resources));
  }

  /** What is free for a role: what others reserved, and do not use, is not. */
  freeFor(agent: Agent, role: string): MesosResources {
    let free = subtract(subtract(agent.info.resources, this.usedOf(agent)), this.offeredOf(agent.id));
    for (const [owner, reserved] of agent.reserved) {
      if (owner === role) continue;
      const used = sum(
        [...agent.tasks.values()].filter((task) => task.role === owner).map(({ info }) => info.resources),
      );
      free = subtract(free, subtract(reserved, used));
    }
    return free;
  }

  /** Sends to a framework, after what was said before; into the void where it is not connected, or no more. */
  tell(framework: Framework, say: (events: FrameworkEvents) => void): void {
    const { events } = framework;
    if (events === null) return;
    // Not within the call: a framework that calls back at once would find the master in the middle of a change.
    setImmediate(() => {
      if (framework.events === events) say(events);
    });
  }

  complete(framework: Framework, task: Task): void {
    framework.completed.push(task);
    if (framework.completed.length > MAX_COMPLETED_TASKS) framework.completed.shift();
  }
}

import type { AgentTask, AgentUpdate, FromAgent, ToAgent } from '../link/messages.ts';
import type { Departures } from './departures.ts';
import { durationText } from './duration.ts';
import type { Offers } from './offers.ts';
import { isTerminal, type Agent, type AgentLink, type Framework, type MasterState, type Task } from './state.ts';
import { applyStatus, masterStatus } from './tasks.ts';

type Registration = Extract<FromAgent, { kind: 'register' }>;

/** Agents that come, answer pings, tell of their tasks, and go (src/master/master.cpp). */
export class Agents {
  readonly #state: MasterState;
  readonly #offers: Offers;
  readonly #departures: Departures;
  readonly #pongs = new WeakSet<Agent>();

  constructor(state: MasterState, offers: Offers, departures: Departures) {
    this.#state = state;
    this.#offers = offers;
    this.#departures = departures;
    for (const agentId of state.registry.state.unreachable.keys()) departures.expireUnreachable(agentId);
    const awaited = [...state.recovered.keys()];
    state.timers.after(state.clocks.agentReregister, () => {
      const message = `did not reregister within ${durationText(state.clocks.agentReregister)} after master failover`;
      for (const id of awaited) if (state.recovered.has(id)) departures.markUnreachable(id, message);
    });
  }

  /** An agent comes, or comes back. Null, after it was told to shut down or ignored, where it may not. */
  register(link: AgentLink, message: Registration): Agent | null {
    const { agent: info, agentId } = message;
    const refuse = (why: string): null => {
      link.send({ kind: 'shutdown', message: why });
      link.end();
      return null;
    };
    if (agentId !== null && this.#state.registry.state.gone.has(agentId)) return refuse('Agent has been marked gone');
    if (this.#state.machineOf(info).mode === 'DOWN') return refuse('Machine is `DOWN`');
    // The master cannot tell whether such an agent is in its own region. It is not shut down: its tasks run on.
    if (info.domain !== null && this.#state.domain === null) {
      link.end();
      return null;
    }
    const known = agentId === null ? undefined : this.#state.agents.get(agentId);
    if (known === undefined) return this.#admit(link, message);
    if (known.info.hostname !== info.hostname || known.info.ip !== info.ip)
      return refuse('Agent attempted to reregister with different IP / hostname');
    return this.#reconnect(known, link, message);
  }

  /** Its connection broke. It is unreachable only when it does not come back before the pings run out. */
  disconnected(agent: Agent, link: AgentLink): void {
    if (agent.link !== link) return;
    agent.link = null;
    agent.active = false;
    this.#offers.rescind(agent.id);
  }

  pong(agent: Agent): void {
    this.#pongs.add(agent);
  }

  /** An update of a task: forwarded where its framework is connected, else the agent says it again. */
  update(agent: Agent, { frameworkId, status, latest }: AgentUpdate): void {
    const framework = this.#state.frameworks.get(frameworkId);
    const task = agent.tasks.get(status.taskId);
    if (framework !== undefined && framework.events !== null) {
      if (task !== undefined && status.uuid !== null) task.told = { state: status.state, uuid: status.uuid };
      this.#state.tell(framework, (events) => events.update(status));
    }
    if (task !== undefined) applyStatus(this.#state, task, status, latest);
  }

  /** New to this master, or unreachable until now, or known from an earlier leader. */
  #admit(link: AgentLink, { agent: info, agentId, tasks }: Registration): Agent {
    // It lost its memory, and with it the tasks.
    const before = [...this.#state.agents.values()].find(
      (one) => one.info.hostname === info.hostname && one.info.ip === info.ip,
    );
    if (before !== undefined) this.#departures.remove(before, 'a new agent registered at the same address');

    const now = Date.now();
    const id = agentId ?? this.#state.nextAgentId();
    const agent: Agent = {
      id,
      info,
      link,
      active: !this.#state.registry.state.deactivated.has(id),
      registeredAt: now,
      reregisteredAt: agentId === null ? null : now,
      drainStartedAt: null,
      tasks: new Map(),
      killed: new Set(),
      reserved: new Map(),
      stopWatch: () => undefined,
    };
    const awaited = this.#state.recovered.delete(id);
    const wasUnreachable = this.#state.registry.state.unreachable.has(id);
    this.#state.registry.change((registry) => {
      registry.unreachable.delete(id);
      registry.admitted.set(id, info);
    });
    this.#state.agents.set(id, agent);
    for (const one of tasks) {
      const why = wasUnreachable ? 'Unreachable agent re-reregistered' : 'Unknown agent reregistered';
      this.#recoverTask(agent, one, awaited ? null : why);
    }
    for (const framework of this.#state.frameworks.values())
      for (const [taskId, task] of framework.unreachable)
        if (task.info.agentId === id) framework.unreachable.delete(taskId);
    agent.stopWatch = this.#watch(agent);
    link.send({ kind: 'registered', agentId: id, unknown: [] });
    this.#state.events.emit('event', { type: 'AGENT_ADDED', agent });
    this.#resumeDrain(agent);
    this.#offers.allocate();
    return agent;
  }

  /** The same agent at a new connection. */
  #reconnect(agent: Agent, link: AgentLink, { agent: info, tasks }: Registration): Agent {
    const old = agent.link;
    agent.link = link;
    old?.end();
    agent.info = info;
    agent.reregisteredAt = Date.now();
    const has = new Map(tasks.map((one) => [one.task.taskId, one]));
    const unknown = [...agent.tasks.values()]
      .filter(({ info: { taskId } }) => !has.has(taskId))
      .map(({ frameworkId, info: { taskId } }) => ({ frameworkId, taskId }));
    link.send({ kind: 'registered', agentId: agent.id, unknown });
    for (const { frameworkId, task, state } of tasks) {
      if (agent.killed.has(task.taskId) && !isTerminal(state))
        link.send({ kind: 'kill', frameworkId, taskId: task.taskId, graceSeconds: null });
    }
    agent.active = !this.#state.registry.state.deactivated.has(agent.id);
    this.#resumeDrain(agent);
    this.#offers.allocate();
    return agent;
  }

  #resumeDrain(agent: Agent): void {
    const drain = this.#state.registry.state.draining.get(agent.id);
    if (drain === undefined) return;
    agent.link?.send(drainMessage(drain.config));
    this.#departures.checkDrained(agent);
  }

  /** @param message told to the framework; null: the change of the leader was no news of the task */
  #recoverTask(
    agent: Agent,
    { frameworkId, role, task: info, state, statuses }: AgentTask,
    message: string | null,
  ): void {
    if (this.#state.completedFrameworks.some(({ id }) => id === frameworkId)) {
      agent.link?.send({ kind: 'kill', frameworkId, taskId: info.taskId, graceSeconds: null });
      return;
    }
    const framework = this.#state.frameworks.get(frameworkId) ?? this.#recoverFramework(frameworkId);
    framework.unreachable.delete(info.taskId);
    framework.completed = framework.completed.filter((one) => one.info.taskId !== info.taskId);
    const agentIp = agent.info.ip;
    const task: Task = { info, frameworkId, role, agentIp, state, statuses: [...statuses], told: null };
    framework.tasks.set(info.taskId, task);
    agent.tasks.set(info.taskId, task);
    if (message === null) return;
    const addresses = statuses.at(-1)?.addresses;
    const status = masterStatus(info.taskId, agent.id, state, message, 'REASON_AGENT_REREGISTERED', addresses);
    this.#state.tell(framework, (events) => events.update(status));
  }

  #recoverFramework(id: string): Framework {
    const framework: Framework = {
      id,
      name: '',
      role: '*',
      events: null,
      recovered: true,
      suppressed: false,
      refused: [],
      registeredAt: Date.now(),
      reregisteredAt: null,
      tasks: new Map(),
      unreachable: new Map(),
      completed: [],
      stopFailover: () => undefined,
    };
    this.#state.frameworks.set(id, framework);
    return framework;
  }

  /** Pings until too many in a row were lost. */
  #watch(agent: Agent): () => void {
    let lost = 0;
    const ping = (): void => agent.link?.send({ kind: 'ping' });
    ping();
    return this.#state.timers.every(this.#state.clocks.agentPing, () => {
      lost = this.#pongs.delete(agent) ? 0 : lost + 1;
      if (lost < this.#state.clocks.maxAgentPings) ping();
      else this.#departures.markUnreachable(agent.id, 'health check timed out');
    });
  }
}

/** What an agent is told that is to drain. */
export function drainMessage(config: { max_grace_period?: { nanoseconds: number }; mark_gone: boolean }): ToAgent {
  const maxGraceSeconds = config.max_grace_period === undefined ? null : config.max_grace_period.nanoseconds / 1e9;
  return { kind: 'drain', maxGraceSeconds, markGone: config.mark_gone };
}

import type { FrameworkEvents } from '../framework.ts';
import type { MesosTaskState, MesosTaskStatus } from '../types.ts';
import type { Departures } from './departures.ts';
import type { Offers } from './offers.ts';
import { isTerminal, type Framework, type MasterState } from './state.ts';
import { applyStatus, masterStatus, removeTask } from './tasks.ts';

/**
 * Frameworks and what they ask but for offers (src/master/master.cpp). All are taken as PARTITION_AWARE and
 * TASK_KILLING_STATE, as Marathon 1.9 and later subscribe.
 */
export class Frameworks {
  readonly #state: MasterState;
  readonly #offers: Offers;
  readonly #departures: Departures;

  constructor(state: MasterState, offers: Offers, departures: Departures) {
    this.#state = state;
    this.#offers = offers;
    this.#departures = departures;
  }

  /** @throws Error where the framework was removed */
  subscribe({ id, name, role }: { id: string | null; name: string; role: string }, events: FrameworkEvents): Framework {
    if (this.#state.completedFrameworks.some((one) => one.id === id)) throw new Error('Framework has been removed');
    const now = Date.now();
    const known = id === null ? undefined : this.#state.frameworks.get(id);
    const framework: Framework = known ?? {
      id: id ?? this.#state.nextFrameworkId(),
      name,
      role,
      events,
      recovered: false,
      suppressed: false,
      refused: [],
      registeredAt: now,
      reregisteredAt: null,
      tasks: new Map(),
      unreachable: new Map(),
      completed: [],
      stopFailover: () => undefined,
    };
    framework.stopFailover();
    this.#offers.forget(framework);
    Object.assign(framework, { name, role, events, recovered: false, suppressed: false, refused: [] });
    if (known !== undefined) framework.reregisteredAt = now;
    this.#state.frameworks.set(framework.id, framework);
    this.#state.events.emit('event', {
      type: known === undefined ? 'FRAMEWORK_ADDED' : 'FRAMEWORK_UPDATED',
      framework,
    });
    this.#state.tell(framework, (to) => to.connected(true));
    this.#offers.allocate();
    return framework;
  }

  /** It is gone for now; its tasks run on until the failover timeout. */
  disconnected(framework: Framework): void {
    framework.events = null;
    this.#offers.forget(framework);
    framework.stopFailover = this.#state.timers.after(this.#state.clocks.frameworkFailover, () =>
      this.#remove(framework),
    );
  }

  /** @param graceSeconds null: the task's own */
  kill(framework: Framework, taskId: string, graceSeconds: number | null): void {
    const task = framework.tasks.get(taskId);
    if (task === undefined) {
      this.reconcile(framework, [taskId]);
      return;
    }
    const agent = this.#state.agents.get(task.info.agentId);
    // Its agent may be away, and nobody knows yet: it is told again when it comes back.
    agent?.killed.add(taskId);
    agent?.link?.send({ kind: 'kill', frameworkId: framework.id, taskId, graceSeconds });
  }

  /** Updates of the master itself need none; one to an agent that is away is lost, and the agent says it again. */
  acknowledge(framework: Framework, { uuid, taskId, agentId }: MesosTaskStatus): void {
    const agent = this.#state.agents.get(agentId);
    if (uuid === null || agent === undefined || agent.link === null) return;
    const task = agent.tasks.get(taskId);
    if (task?.frameworkId === framework.id) {
      // Not sent by this leader.
      if (task.told === null) return;
      if (isTerminal(task.told.state) && task.told.uuid === uuid) {
        removeTask(this.#state, task, 'completed');
        agent.killed.delete(taskId);
      }
    }
    agent.link.send({ kind: 'acknowledge', taskId, uuid });
    this.#departures.checkDrained(agent);
  }

  reconcile(framework: Framework, tasks: (string | { taskId: string; agentId: string })[]): void {
    const asked = tasks.length > 0 ? tasks : [...framework.tasks.keys()];
    for (const one of asked) {
      const status = this.#reconciled(framework, typeof one === 'string' ? { taskId: one, agentId: null } : one);
      if (status !== null) this.#state.tell(framework, (events) => events.update(status));
    }
  }

  #reconciled(framework: Framework, asked: { taskId: string; agentId: string | null }): MesosTaskStatus | null {
    const { taskId } = asked;
    const say = (agentId: string, state: MesosTaskState, message: string, addresses: string[] = []) =>
      masterStatus(taskId, agentId, state, `Reconciliation: ${message}`, 'REASON_RECONCILIATION', addresses);
    const task = framework.tasks.get(taskId);
    if (task !== undefined) {
      const addresses = task.statuses.findLast((status) => status.addresses.length > 0)?.addresses;
      return say(task.info.agentId, task.told?.state ?? task.state, 'Latest task state', addresses);
    }
    const past =
      framework.unreachable.get(taskId) ?? framework.completed.findLast(({ info }) => info.taskId === taskId);
    const agentId = asked.agentId ?? past?.info.agentId ?? null;
    const { recovered, agents, registry } = this.#state;
    // It may be on an agent that has not come back yet.
    if (agentId === null ? recovered.size > 0 : recovered.has(agentId)) return null;
    if (agentId === null) return say('', 'TASK_UNKNOWN', 'Task is unknown');
    if (agents.has(agentId)) return say(agentId, 'TASK_GONE', 'Task is unknown to the agent');
    if (registry.state.unreachable.has(agentId)) return say(agentId, 'TASK_UNREACHABLE', 'Task is unreachable');
    if (registry.state.gone.has(agentId)) return say(agentId, 'TASK_GONE_BY_OPERATOR', 'Task is gone');
    return say(agentId, 'TASK_UNKNOWN', 'Task is unknown');
  }

  #remove(framework: Framework): void {
    for (const task of [...framework.tasks.values()]) {
      const { taskId, agentId } = task.info;
      const agent = this.#state.agents.get(agentId);
      agent?.link?.send({ kind: 'kill', frameworkId: framework.id, taskId, graceSeconds: null });
      const message = `Framework ${framework.id} removed`;
      applyStatus(this.#state, task, masterStatus(taskId, agentId, 'TASK_KILLED', message, 'REASON_FRAMEWORK_REMOVED'));
      removeTask(this.#state, task, 'completed');
      if (agent !== undefined) this.#departures.checkDrained(agent);
    }
    this.#state.frameworks.delete(framework.id);
    this.#state.completedFrameworks.push(framework);
    this.#state.events.emit('event', { type: 'FRAMEWORK_REMOVED', framework });
  }
}

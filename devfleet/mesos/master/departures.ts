import type { MesosTaskState } from '../types.ts';
import type { Offers } from './offers.ts';
import type { Agent, Framework, MasterState, Task } from './state.ts';
import { applyStatus, masterStatus, removeTask } from './tasks.ts';

/** How agents leave: unreachable, gone, removed; and what becomes of their tasks (src/master/master.cpp). */
export class Departures {
  readonly #state: MasterState;
  readonly #offers: Offers;

  constructor(state: MasterState, offers: Offers) {
    this.#state = state;
    this.#offers = offers;
  }

  /**
   * A registered agent does not answer, or one of an earlier leader did not come back. Its tasks become unreachable: it may
   * come back with them.
   */
  markUnreachable(agentId: string, message: string): void {
    const since = Date.now();
    this.#state.registry.change((registry) => {
      registry.admitted.delete(agentId);
      registry.unreachable.set(agentId, since);
    });
    this.#state.recovered.delete(agentId);
    this.expireUnreachable(agentId);
    const agent = this.#state.agents.get(agentId);
    // No AGENT_REMOVED event: the real master sends one only where an agent is removed for good.
    if (agent !== undefined) this.#take(agent, 'TASK_UNREACHABLE', 'REASON_AGENT_REMOVED', message);
  }

  /** Sets the clock after which an unreachable agent is expunged. */
  expireUnreachable(agentId: string): void {
    const since = this.#state.registry.state.unreachable.get(agentId);
    if (since === undefined) return;
    const left = since / 1000 + this.#state.clocks.unreachableMaxAge - Date.now() / 1000;
    this.#state.timers.after(Math.max(0, left), () => {
      if (this.#state.registry.state.unreachable.get(agentId) !== since) return;
      this.#state.registry.change((registry) => registry.unreachable.delete(agentId));
    });
  }

  /** For ever: an agent with this id is shut down when it shows up. Of an agent that is here, unreachable or awaited. */
  markGone(agentId: string): void {
    const message = 'Agent has been marked gone';
    const agent = this.#state.agents.get(agentId);
    this.#state.registry.change((registry) => {
      registry.admitted.delete(agentId);
      registry.unreachable.delete(agentId);
      registry.draining.delete(agentId);
      registry.deactivated.delete(agentId);
      registry.gone.set(agentId, Date.now());
    });
    this.#state.recovered.delete(agentId);
    if (agent !== undefined) {
      agent.link?.send({ kind: 'shutdown', message });
      this.#take(agent, 'TASK_GONE_BY_OPERATOR', 'REASON_AGENT_REMOVED_BY_OPERATOR', message);
      return;
    }
    for (const framework of this.#state.frameworks.values()) {
      for (const [taskId, task] of framework.unreachable) {
        if (task.info.agentId !== agentId) continue;
        framework.unreachable.delete(taskId);
        this.#end(framework, task, 'TASK_GONE_BY_OPERATOR', 'REASON_AGENT_REMOVED_BY_OPERATOR', message);
        this.#state.complete(framework, task);
      }
    }
  }

  /** At once, with TASK_LOST for all its tasks. @param cause ends the message of those */
  remove(agent: Agent, cause: string): void {
    this.#state.registry.change((registry) => {
      registry.admitted.delete(agent.id);
      registry.draining.delete(agent.id);
      registry.deactivated.delete(agent.id);
    });
    this.#take(agent, 'TASK_LOST', 'REASON_AGENT_REMOVED', `Agent ${agent.info.hostname} removed: ${cause}`);
    this.#state.events.emit('event', { type: 'AGENT_REMOVED', agentId: agent.id });
  }

  /** A draining agent without tasks is drained; and gone, where that was asked for. */
  checkDrained(agent: Agent): void {
    const drain = this.#state.registry.state.draining.get(agent.id);
    if (drain?.state !== 'DRAINING' || agent.tasks.size > 0) return;
    if (drain.config.mark_gone) this.markGone(agent.id);
    else this.#state.registry.change((registry) => registry.draining.set(agent.id, { ...drain, state: 'DRAINED' }));
  }

  #take(agent: Agent, taskState: MesosTaskState, reason: string, message: string): void {
    for (const task of [...agent.tasks.values()]) {
      const framework = this.#state.frameworks.get(task.frameworkId);
      if (framework !== undefined) this.#end(framework, task, taskState, reason, message);
      removeTask(this.#state, task, taskState === 'TASK_UNREACHABLE' ? 'unreachable' : 'completed');
    }
    agent.stopWatch();
    agent.active = false;
    this.#offers.rescind(agent.id);
    this.#state.agents.delete(agent.id);
    agent.link?.end();
    agent.link = null;
  }

  #end(framework: Framework, task: Task, state: MesosTaskState, reason: string, message: string): void {
    const status = masterStatus(task.info.taskId, task.info.agentId, state, message, reason);
    applyStatus(this.#state, task, status);
    this.#state.tell(framework, (events) => events.update(status));
  }
}

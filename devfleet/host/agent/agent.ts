import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { Logger } from 'pino';
import { VERSION } from '../../mesos/api/flags.ts';
import type { AgentInfo, AgentTask, FromAgent, ToAgent } from '../../mesos/link/messages.ts';
import type { Task } from '../../mesos/master/state.ts';
import type { MesosTaskStatus } from '../../mesos/types.ts';
import { loopbackOf } from '../addresses.ts';
import type { AgentsConfig } from '../config.ts';
import type { Faults } from '../faults.ts';
import type { InstanceView } from '../types.ts';
import { agentListener } from './api.ts';
import { MasterLink } from './link.ts';
import { TaskRunner, type TaskParts, type TaskReport } from './task.ts';
import { StatusUpdates } from './updates.ts';

interface Drain {
  maxGraceSeconds: number | null;
  markGone: boolean;
}

interface Held {
  runner: TaskRunner;
  role: string;
  statuses: MesosTaskStatus[];
}

/** So many of those that ended and were acknowledged are remembered. */
const MAX_COMPLETED = 100;

const PORT = 5051;

/**
 * The Mesos agent of one machine. Its tasks run on whatever becomes of the master. It remembers in memory only: an agent of
 * a new process is a new agent, as one whose work directory was lost.
 */
export class MesosAgent {
  readonly name: string;
  readonly #parts: TaskParts;
  readonly #log: Logger;
  readonly #info: AgentInfo;
  readonly #link: MasterLink;
  readonly #updates: StatusUpdates;
  readonly #held = new Map<string, Held>();
  readonly #completed: Task[] = [];
  readonly #api: Server;
  #id: string | null = null;
  #drain: Drain | null = null;
  #shutDown = false;
  #registered!: () => void;
  /** Resolves when it is registered for the first time. */
  readonly registered = new Promise<void>((resolve) => (this.#registered = resolve));

  constructor(parts: TaskParts & { faults: Faults; log: Logger }, options: AgentsConfig) {
    const { name, az, idc, address } = parts.machine;
    this.name = name;
    this.#parts = parts;
    this.#log = parts.log;
    this.#info = {
      hostname: name,
      ip: address,
      port: PORT,
      domain: { region: idc, zone: az },
      attributes: { idc, az },
      resources: options.resources,
      version: VERSION,
    };
    this.#updates = new StatusUpdates(options.updateRetrySeconds, (update) => {
      const latest = this.#held.get(update.status.taskId)?.runner.state ?? update.status.state;
      this.#link.send({ kind: 'update', ...update, latest });
    });
    this.#link = new MasterLink(name, options.masterPort, options.reconnectSeconds, parts.faults, {
      greeting: () => this.#greeting(),
      receive: (message) => this.#receive(message),
      lost: () => this.#log.warn({ agent: name }, 'the connection to the Mesos master is gone'),
    });
    this.#api = createServer(agentListener(this, parts.machine));
    this.#api.on('error', (error) =>
      this.#log.error({ agent: name, err: error }, 'the API of the agent does not listen'),
    );
  }

  start(): void {
    this.#api.listen({ host: loopbackOf(this.#info.ip), port: PORT });
    void this.#link.run();
  }

  /** Leaves; its containers end with the process. */
  close(): void {
    this.#link.close();
    this.#updates.close();
    this.#api.close();
    this.#api.closeAllConnections();
  }

  /** What it says of itself; the id is empty before it is registered. */
  get info(): { id: string; info: AgentInfo } {
    return { id: this.#id ?? '', info: this.#info };
  }

  /** Its tasks, by how far they are. */
  tasks(): { queued: Task[]; launched: Task[]; terminated: Task[]; completed: Task[] } {
    const all = [...this.#held.values()].map((held) => this.#task(held));
    const active = all.filter((task) => !hasEnded(task));
    return {
      queued: active.filter(({ state }) => state === 'TASK_STAGING'),
      launched: active.filter(({ state }) => state !== 'TASK_STAGING'),
      terminated: all.filter((task) => hasEnded(task)),
      completed: this.#completed,
    };
  }

  find(taskId: string): TaskRunner | undefined {
    return this.#held.get(taskId)?.runner;
  }

  views(): InstanceView[] {
    return [...this.#held.values()].map(({ runner }) => runner.view());
  }

  #greeting(): FromAgent {
    const tasks = [...this.#held.values()].map(({ runner, role, statuses }): AgentTask => {
      const { frameworkId, info: task, state } = runner;
      return { frameworkId, role, task, state, statuses };
    });
    return { kind: 'register', agent: this.#info, agentId: this.#id, tasks };
  }

  #receive(message: ToAgent): void {
    switch (message.kind) {
      case 'registered':
        this.#id = message.agentId;
        this.#registered();
        for (const { frameworkId, taskId } of message.unknown) {
          if (this.#held.has(taskId)) continue;
          const text = 'Reconciliation: task unknown to the agent';
          this.#dropped(frameworkId, taskId, text, 'REASON_RECONCILIATION');
        }
        this.#updates.resume();
        return;
      case 'ping':
        this.#link.send({ kind: 'pong' });
        return;
      case 'run':
        this.#run(message);
        return;
      case 'kill':
        this.#kill(message);
        return;
      case 'acknowledge':
        this.#acknowledged(message.taskId, message.uuid);
        return;
      case 'drain':
        this.#startDrain(message);
        return;
      case 'shutdown':
        this.#shutdown(message.message);
    }
  }

  #run({ frameworkId, role, task }: Extract<ToAgent, { kind: 'run' }>): void {
    const { taskId } = task;
    if (this.#drain !== null) {
      const text = 'Task was received while agent was already draining';
      this.#dropped(frameworkId, taskId, text, 'REASON_AGENT_DRAINING');
      return;
    }
    // Said twice: the task is here already.
    if (this.#held.has(taskId) || this.#shutDown) return;
    const held: Held = {
      runner: new TaskRunner(frameworkId, task, this.#parts, (report) => this.#reported(held, report)),
      role,
      statuses: [],
    };
    this.#held.set(taskId, held);
    void held.runner.run();
  }

  #kill({
    frameworkId,
    taskId,
    graceSeconds,
  }: {
    frameworkId: string;
    taskId: string;
    graceSeconds: number | null;
  }): void {
    const runner = this.find(taskId);
    if (runner === undefined) this.#dropped(frameworkId, taskId, 'Cannot find executor', 'REASON_EXECUTOR_TERMINATED');
    else runner.kill(graceSeconds ?? runner.info.killGraceSeconds);
  }

  #startDrain({ maxGraceSeconds, markGone }: Drain): void {
    // Nothing to drain: done already.
    if (this.#held.size === 0) return;
    this.#drain = { maxGraceSeconds, markGone };
    for (const { runner } of this.#held.values())
      runner.kill(Math.min(runner.info.killGraceSeconds, maxGraceSeconds ?? Infinity));
  }

  /** Ends all tasks, and comes back as a new agent, as its service manager would start it again. */
  #shutdown(reason: string): void {
    this.#log.warn({ agent: this.name, reason }, 'the master shut this agent down');
    this.#shutDown = true;
    this.#id = null;
    this.#updates.close();
    for (const { runner } of [...this.#held.values()]) {
      if (hasEnded(runner)) this.#forget(runner.info.taskId);
      else runner.kill(runner.info.killGraceSeconds);
    }
    this.#leaveWhenEmpty();
  }

  #reported(held: Held, report: TaskReport): void {
    const { runner } = held;
    const status = this.#status(runner.info.taskId, this.#whileDraining(report));
    held.statuses.push(status);
    if (!this.#shutDown) this.#updates.push(runner.frameworkId, status);
    else if (hasEnded(report)) {
      // Nobody waits for this update: the master said goodbye to the task.
      this.#forget(runner.info.taskId);
      this.#leaveWhenEmpty();
    }
  }

  /** src/slave/slave.cpp, statusUpdate: that a task about to be killed is gone already stands there, too. */
  #whileDraining(report: TaskReport): TaskReport {
    if (this.#drain === null || (report.state !== 'TASK_KILLING' && report.state !== 'TASK_KILLED')) return report;
    const state = this.#drain.markGone ? 'TASK_GONE_BY_OPERATOR' : report.state;
    return { ...report, state, reason: 'REASON_AGENT_DRAINING' };
  }

  #acknowledged(taskId: string, uuid: string): void {
    const status = this.#updates.acknowledge(taskId, uuid);
    if (status === null) return;
    const held = this.#held.get(taskId);
    const last = held === undefined || (hasEnded(held.runner) && held.statuses.at(-1)?.uuid === uuid);
    if (last) {
      if (held !== undefined) this.#completed.push(this.#task(held));
      if (this.#completed.length > MAX_COMPLETED) this.#completed.shift();
      this.#forget(taskId);
    }
    if (this.#held.size === 0) this.#drain = null;
  }

  #task({ runner, role, statuses }: Held): Task {
    const { info, frameworkId, state } = runner;
    return { info, frameworkId, role, agentIp: this.#info.ip, state, statuses, told: null };
  }

  #forget(taskId: string): void {
    this.#updates.forget(taskId);
    this.#held.delete(taskId);
  }

  #leaveWhenEmpty(): void {
    if (!this.#shutDown || this.#held.size > 0) return;
    this.#shutDown = false;
    this.#drain = null;
    this.#link.drop();
  }

  /** An update of a task that is not here. */
  #dropped(frameworkId: string, taskId: string, message: string, reason: string): void {
    const report: TaskReport = { state: 'TASK_DROPPED', message, reason, source: 'SOURCE_AGENT', addresses: [] };
    this.#updates.push(frameworkId, this.#status(taskId, report));
  }

  #status(taskId: string, report: TaskReport): MesosTaskStatus {
    return { uuid: randomUUID(), taskId, agentId: this.#id ?? '', timestamp: Date.now() / 1000, ...report };
  }
}

function hasEnded({ state }: { state: MesosTaskStatus['state'] }): boolean {
  return !['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING'].includes(state);
}

import type { FrameworkDriver } from '../../mesos/framework.ts';
import { parseTaskId } from '../ids.ts';
import type { Condition, Instance } from '../types.ts';
import { isActive, isOver, isTerminal } from './condition.ts';
import type { InstanceTracker } from './tracker.ts';

/** KillConfig: so many kills at a time wait for their answer. */
const CHUNK = 100;
const WILL_NOT_ANSWER = new Set<Condition>(['Unknown', 'Unreachable', 'UnreachableInactive', 'Dropped', 'Gone']);

/** Kills tasks, and again until Mesos says that they ended (KillServiceActor.scala). */
export class Kills {
  readonly #driver: FrameworkDriver;
  readonly #tracker: InstanceTracker;
  readonly #retryAfter: number;
  /** Task to kill, by instance; in order. */
  readonly #queued = new Map<string, string>();
  readonly #inFlight = new Map<string, { taskId: string; at: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** @param retryAfter milliseconds */
  constructor(driver: FrameworkDriver, tracker: InstanceTracker, retryAfter: number) {
    this.#driver = driver;
    this.#tracker = tracker;
    this.#retryAfter = retryAfter;
    tracker.onChange(({ instance, deleted }) => {
      if (deleted || isOver(instance.condition)) this.ended(instance.id);
      else if (instance.goal === 'Decommissioned') this.kill([instance]);
    });
  }

  /** Takes up what the last leader had to kill. */
  start(): void {
    this.kill(this.#tracker.all().filter((instance) => instance.goal === 'Decommissioned' && isActive(instance)));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The instance's goal stays as it is: one that should run gets a new task. */
  kill(instances: Instance[]): void {
    for (const { id, task } of instances) {
      if (task !== null && !isTerminal(task.condition) && !this.#inFlight.has(id)) this.#queued.set(id, task.id);
    }
    this.#process();
  }

  /** A task that runs, of which Marathon knows nothing. */
  killUnknown(taskId: string): void {
    const { instanceId } = parseTaskId(taskId);
    if (this.#inFlight.has(instanceId)) return;
    this.#queued.set(instanceId, taskId);
    this.#process();
  }

  /** Mesos said that the instance's task ended. */
  ended(instanceId: string): void {
    if (!this.#queued.delete(instanceId) && !this.#inFlight.has(instanceId)) return;
    this.#inFlight.delete(instanceId);
    this.#process();
  }

  #process(): void {
    for (const [id, taskId] of [...this.#queued].slice(0, Math.max(0, CHUNK - this.#inFlight.size))) {
      this.#queued.delete(id);
      this.#send(id, taskId);
    }
    if (this.#inFlight.size > 0) {
      this.#timer ??= setInterval(() => this.#retry(), this.#retryAfter);
    } else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #send(id: string, taskId: string): void {
    const instance = this.#tracker.get(id);
    // Nobody would answer: the instance is given up instead, and its app gets another.
    if (instance?.goal === 'Running' && WILL_NOT_ANSWER.has(instance.condition)) {
      this.#tracker.setGoal(id, 'Decommissioned');
      return;
    }
    this.#inFlight.set(id, { taskId, at: Date.now() });
    this.#driver.kill(taskId, null);
  }

  #retry(): void {
    for (const [id, { taskId, at }] of this.#inFlight) {
      if (at + this.#retryAfter <= Date.now()) this.#send(id, taskId);
    }
  }
}

import type { FrameworkDriver, FrameworkEvents } from '../mesos/framework.ts';
import type { MesosTaskStatus } from '../mesos/types.ts';
import type { EventBus } from './events/bus.ts';
import { NoTaskId, parseTaskId } from './ids.ts';
import { conditionOf, isTerminal } from './instances/condition.ts';
import type { Kills } from './instances/kills.ts';
import type { InstanceTracker } from './instances/tracker.ts';
import type { LaunchQueue } from './launch/queue.ts';

interface SchedulerParts {
  driver: FrameworkDriver;
  tracker: InstanceTracker;
  queue: LaunchQueue;
  kills: Kills;
  bus: EventBus;
  /** The master is gone. */
  disconnected(): void;
}

/**
 * Hears what the master says. Everything is taken up a moment later, as from another thread: a master that answers within
 * a call would find Marathon half way through it.
 */
export class Scheduler implements FrameworkEvents {
  #parts: SchedulerParts | null = null;
  readonly #before: (() => void)[] = [];
  #connected = false;

  /** What came before is taken up now. */
  begin(parts: SchedulerParts): void {
    this.#parts = parts;
    for (const act of this.#before.splice(0)) this.#later(act);
  }

  end(): void {
    this.#parts = null;
    this.#before.length = 0;
    this.#later = () => undefined;
  }

  offers(offers: Parameters<FrameworkEvents['offers']>[0]): void {
    this.#later(() => this.#parts?.queue.offers(offers));
  }

  /** A task that was launched on it comes back as lost; one that was not: nothing to do. */
  rescinded(): void {
    return;
  }

  connected(connected: boolean): void {
    this.#later(() => {
      const was = this.#connected;
      this.#connected = connected;
      if (!was || connected) return;
      this.#parts?.bus.publish('scheduler_disconnected_event');
      this.#parts?.disconnected();
    });
  }

  update(status: MesosTaskStatus): void {
    this.#later(() => {
      if (this.#parts === null) return;
      this.#handle(status, this.#parts);
      if (status.uuid !== null) this.#parts.driver.acknowledge(status);
    });
  }

  /** TaskStatusUpdateProcessorImpl.scala */
  #handle(status: MesosTaskStatus, { tracker, kills, bus }: SchedulerParts): void {
    const id = parse(status.taskId);
    if (id === null) return;
    const condition = conditionOf(status);
    const instance = tracker.get(id.instanceId);
    const runs = !isTerminal(condition) && condition !== 'Unreachable' && condition !== 'Killing';
    if (instance?.task?.id === status.taskId) {
      tracker.update(instance, status);
    } else if (instance !== undefined) {
      if (runs) kills.killUnknown(status.taskId);
    } else if (isTerminal(condition) || condition === 'Unreachable') {
      bus.publish('unknown_instance_terminated_event', { instanceId: id.instanceId, runSpecId: id.appId, condition });
      kills.ended(id.instanceId);
    } else if (runs) {
      kills.killUnknown(status.taskId);
    }
  }

  #later = (act: () => void): void => {
    if (this.#parts === null) this.#before.push(act);
    else queueMicrotask(act);
  };
}

function parse(taskId: string): ReturnType<typeof parseTaskId> | null {
  try {
    return parseTaskId(taskId);
  } catch (error) {
    if (error instanceof NoTaskId || error instanceof RangeError) return null;
    throw error;
  }
}

import type { MesosTaskStatus } from '../../mesos/types.ts';
import type { App } from '../app/types.ts';
import type { EventBus } from '../events/bus.ts';
import { newInstanceId } from '../ids.ts';
import type { Store } from '../store.ts';
import type { AgentInfo, Goal, Instance, Task } from '../types.ts';
import { isTerminal } from './condition.ts';
import { instanceChanged, instanceHealthChanged, statusUpdate } from './events.ts';
import { afterStatus, unreachableFor } from './transition.ts';

/** What happened to one instance. `before` is null for a new one. */
export interface Change {
  instance: Instance;
  before: Instance | null;
  deleted: boolean;
}

/** The only one that changes instances. Tells listeners of each change, then publishes its events. */
export class InstanceTracker {
  readonly #store: Store;
  readonly #bus: EventBus;
  readonly #second: number;
  readonly #listeners = new Set<(change: Change) => void>();

  /** @param second length of a second of `unreachableStrategy`, in milliseconds */
  constructor(store: Store, bus: EventBus, second: number) {
    this.#store = store;
    this.#bus = bus;
    this.#second = second;
  }

  /** Returns what ends it. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  all(): Instance[] {
    return [...this.#store.instances.values()];
  }

  of(appId: string): Instance[] {
    return this.all().filter(({ app }) => app.id === appId);
  }

  get(id: string): Instance | undefined {
    return this.#store.instances.get(id);
  }

  /** New instances, for which offers are wanted. */
  schedule(app: App, count: number): void {
    for (let left = count; left > 0; left -= 1) {
      const instance: Instance = {
        id: newInstanceId(app.id),
        app,
        agent: null,
        condition: 'Scheduled',
        since: Date.now(),
        activeSince: null,
        healthy: null,
        goal: 'Running',
        task: null,
      };
      this.#save({ instance, before: null, deleted: false });
    }
  }

  /** The task is about to be sent to Mesos. */
  provision(before: Instance, agent: AgentInfo, task: Task): void {
    const instance: Instance = {
      ...before,
      agent,
      task,
      condition: 'Provisioned',
      since: Date.now(),
      activeSince: null,
      healthy: null,
    };
    this.#save({ instance, before, deleted: false });
  }

  update(before: Instance, status: MesosTaskStatus): void {
    const now = Date.now();
    const instance = afterStatus(before, status, now, this.#second);
    if (instance === before || instance.task === null) return;
    const ended = isTerminal(instance.condition) && instance.goal === 'Decommissioned';
    const expired = unreachableFor(instance, instance.task, 'expungeAfterSeconds', now, this.#second);
    this.#save({ instance, before, deleted: ended || expired }, status);
  }

  /** Decommissioned instances are killed, and forgotten when their task has ended; at once where there is none. */
  setGoal(id: string, goal: Goal): void {
    const before = this.get(id);
    if (before === undefined || before.goal === goal) return;
    const instance = { ...before, goal };
    const ended = instance.task === null || isTerminal(instance.task.condition);
    this.#save({ instance, before, deleted: goal === 'Decommissioned' && ended });
  }

  /** Forgets an instance, whatever its task does (kill with wipe; unreachable for too long). */
  expunge(id: string): void {
    const before = this.get(id);
    if (before) this.#save({ instance: { ...before, condition: 'Killed' }, before, deleted: true });
  }

  #save(change: Change, status?: MesosTaskStatus): void {
    const { instance, before, deleted } = change;
    if (deleted) this.#store.instances.delete(instance.id);
    else this.#store.instances.set(instance.id, instance);

    if (status) this.#bus.publish('status_update_event', statusUpdate(instance, status));
    if (before?.condition !== instance.condition || before.goal !== instance.goal) {
      this.#bus.publish('instance_changed_event', instanceChanged(instance));
    }
    if ((before?.healthy ?? null) !== instance.healthy) {
      this.#bus.publish('instance_health_changed_event', instanceHealthChanged(instance, instance.healthy));
    }
    for (const listener of [...this.#listeners]) listener(change);
  }
}

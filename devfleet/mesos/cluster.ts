import { randomUUID } from 'node:crypto';
import type { Clocks } from './clocks.ts';
import type { FrameworkDriver, FrameworkEvents, MesosFrameworks } from './framework.ts';
import { Master } from './master/master.ts';
import { Registry } from './master/registry.ts';
import type { Framework } from './master/state.ts';

/** A master process, leading or not. */
export interface MasterProcess {
  readonly id: string;
  readonly hostname: string;
  port: number;
  /** ms since 1970. */
  readonly startedAt: number;
}

interface Subscription {
  id: string;
  framework: { name: string; role: string };
  events: FrameworkEvents;
  /** At the present leader; null while there is none. */
  current: Framework | null;
}

/**
 * The masters of one Mesos cluster and who of them leads. ZooKeeper's part is played by `elect`. Frameworks find the leader
 * by themselves, as Marathon's scheduler driver does: after a change they are disconnected and connected again.
 */
export class Cluster implements MesosFrameworks {
  readonly name: string;
  readonly masters: MasterProcess[];
  readonly clocks: Clocks;
  readonly domain: { region: string; zone: string } | null;
  readonly #registry: Registry;
  readonly #subscriptions = new Map<string, Subscription>();
  #leader: MasterProcess | null = null;
  #master: Master | null = null;
  #recovering: NodeJS.Timeout | null = null;

  constructor(
    { name, masters, domain }: { name: string; masters: number; domain: Cluster['domain'] },
    registry: Registry,
    clocks: Clocks,
  ) {
    this.name = name;
    this.domain = domain;
    this.#registry = registry;
    this.clocks = clocks;
    this.masters = Array.from({ length: masters }, () => ({
      id: randomUUID(),
      hostname: '127.0.0.1',
      port: 0,
      startedAt: Date.now(),
    }));
    this.elect(0);
  }

  /** Null while nobody leads. */
  get leader(): MasterProcess | null {
    return this.#leader;
  }

  /** Null while nobody leads, or the leader has not read the registry yet. */
  get master(): Master | null {
    return this.#master;
  }

  /**
   * Makes a master the leader, or none. The one before loses all but the registry; that it is the same again is as if it
   * had been restarted.
   * @param recoveryMs so long it is leader and knows nothing yet: it answers 503
   */
  elect(index: number | null, recoveryMs = 0): void {
    const leader = index === null ? null : this.masters[index];
    if (leader === undefined) throw new Error(`there is no master ${index ?? ''}; there are ${this.masters.length}`);
    if (this.#recovering !== null) clearTimeout(this.#recovering);
    this.#recovering = null;
    this.#master?.stop();
    this.#master = null;
    this.#leader = leader;
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.current !== null) setImmediate(() => subscription.events.connected(false));
      subscription.current = null;
    }
    if (leader === null) return;
    if (recoveryMs > 0) this.#recovering = setTimeout(() => this.#lead(leader), recoveryMs);
    else this.#lead(leader);
  }

  register(framework: { id: string | null; name: string; role: string }, events: FrameworkEvents): FrameworkDriver {
    const { name, role } = framework;
    const before = framework.id === null ? undefined : this.#subscriptions.get(framework.id);
    // An id is the leader's to give; one that comes while there is none gets it from the process.
    const current = this.#master?.frameworks.subscribe(framework, events) ?? null;
    const id = current?.id ?? framework.id ?? `${this.masters[0]?.id ?? ''}-${randomUUID()}`;
    const subscription: Subscription = { id, framework: { name, role }, events, current };
    this.#subscriptions.set(id, subscription);
    if (before !== undefined) {
      before.current = null;
      setImmediate(() => before.events.connected(false));
    }
    return this.#driver(subscription);
  }

  /** A leader that has not read the registry yet, as it sees itself. */
  blank(): Master {
    const master = new Master(this.#leader?.id ?? '', this.domain, new Registry(null), this.clocks);
    master.stop();
    return master;
  }

  close(): void {
    this.elect(null);
  }

  #lead(leader: MasterProcess): void {
    const master = new Master(leader.id, this.domain, this.#registry, this.clocks);
    this.#master = master;
    for (const subscription of this.#subscriptions.values()) {
      const { id, framework, events } = subscription;
      subscription.current = master.frameworks.subscribe({ id, ...framework }, events);
    }
  }

  /** Calls of a framework that is not connected come to nothing, as those of the scheduler driver do. */
  #driver(subscription: Subscription): FrameworkDriver {
    const call = (act: (master: Master, framework: Framework) => void): void => {
      if (this.#master !== null && subscription.current !== null) act(this.#master, subscription.current);
    };
    return {
      frameworkId: subscription.id,
      accept: (offerIds, launches) => call(({ offers }, framework) => offers.accept(framework, offerIds, launches)),
      decline: (offerIds, seconds) => call(({ offers }, framework) => offers.decline(framework, offerIds, seconds)),
      revive: () => call(({ offers }, framework) => offers.revive(framework)),
      suppress: () => call((_, framework) => void (framework.suppressed = true)),
      kill: (taskId, grace) => call(({ frameworks }, framework) => frameworks.kill(framework, taskId, grace)),
      acknowledge: (status) => call(({ frameworks }, framework) => frameworks.acknowledge(framework, status)),
      reconcile: (tasks) => call(({ frameworks }, framework) => frameworks.reconcile(framework, tasks)),
      close: () => {
        call(({ frameworks }, framework) => frameworks.disconnected(framework));
        subscription.current = null;
        if (this.#subscriptions.get(subscription.id) === subscription) this.#subscriptions.delete(subscription.id);
      },
    };
  }
}

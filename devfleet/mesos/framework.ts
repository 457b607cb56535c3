import type { MesosOffer, MesosTaskInfo, MesosTaskStatus } from './types.ts';

/** What the master tells a framework: the events of the v1 scheduler API that Marathon lives on. */
export interface FrameworkEvents {
  offers(offers: MesosOffer[]): void;
  rescinded(offerId: string): void;
  /** To be acknowledged; said again until it is, and after a reconciliation. */
  update(status: MesosTaskStatus): void;
  /** The master is gone, or back: a framework that is not connected gets no offers and its calls come to nothing. */
  connected(connected: boolean): void;
}

/** What a framework asks the master for: the calls of the v1 scheduler API that Marathon makes. */
export interface FrameworkDriver {
  readonly frameworkId: string;
  /** Launches tasks on offers of one agent; what is not used returns to the pool. An offer that is gone: TASK_DROPPED. */
  accept(offerIds: string[], launches: MesosTaskInfo[]): void;
  decline(offerIds: string[], refuseSeconds: number): void;
  /** Filters are dropped: all that is free is offered again. */
  revive(): void;
  suppress(): void;
  kill(taskId: string, gracePeriodSeconds: number | null): void;
  acknowledge(status: MesosTaskStatus): void;
  /**
   * An update is sent for each of these, or (empty list) for all that the framework has. Of a task that is not active, by
   * its agent: TASK_GONE (registered), TASK_UNREACHABLE, TASK_GONE_BY_OPERATOR, else TASK_UNKNOWN; nothing while the agent
   * is still awaited after a change of the leader. An agent that is not named is the one that the master last knew.
   */
  reconcile(tasks: (string | { taskId: string; agentId: string })[]): void;
  /** This process stops to speak for the framework; its tasks run on until the failover timeout. */
  close(): void;
}

/** One Mesos cluster, as the process that holds its master offers it to frameworks. */
export interface MesosFrameworks {
  /** The same id again takes the framework over: the earlier connection is closed. */
  register(framework: { id: string | null; name: string; role: string }, events: FrameworkEvents): FrameworkDriver;
}

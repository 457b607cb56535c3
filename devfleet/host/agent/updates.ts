import type { AgentUpdate } from '../../mesos/link/messages.ts';
import type { MesosTaskStatus } from '../../mesos/types.ts';

/** Mesos doubles the wait between two tries up to this (STATUS_UPDATE_RETRY_INTERVAL_MAX, src/slave/constants.hpp). */
const MAX_RETRY_SECONDS = 600;

interface Stream {
  frameworkId: string;
  /** The first is under way. */
  pending: MesosTaskStatus[];
  timer: NodeJS.Timeout | null;
  waitSeconds: number;
}

/**
 * Status updates of an agent's tasks on their way to the frameworks: those of a task one after the other, each said again
 * until it is acknowledged, over any change of master and connection (src/status_update_manager).
 */
export class StatusUpdates {
  readonly #streams = new Map<string, Stream>();
  readonly #retrySeconds: number;
  readonly #send: (update: Omit<AgentUpdate, 'latest'>) => void;

  /** @param retrySeconds before an update is said again, the first time */
  constructor(retrySeconds: number, send: (update: Omit<AgentUpdate, 'latest'>) => void) {
    this.#retrySeconds = retrySeconds;
    this.#send = send;
  }

  push(frameworkId: string, status: MesosTaskStatus): void {
    const { taskId } = status;
    const stream = this.#streams.get(taskId) ?? { frameworkId, pending: [], timer: null, waitSeconds: 0 };
    this.#streams.set(taskId, stream);
    stream.pending.push(status);
    if (stream.pending.length === 1) this.#first(stream);
  }

  /** @returns the update that was acknowledged; null when another one, or none, is under way */
  acknowledge(taskId: string, uuid: string): MesosTaskStatus | null {
    const stream = this.#streams.get(taskId);
    const status = stream?.pending[0];
    if (stream === undefined || status?.uuid !== uuid) return null;
    stream.pending.shift();
    this.#first(stream);
    return status;
  }

  /** Says all that are under way again, now: the master is another, or did not hear. */
  resume(): void {
    for (const stream of this.#streams.values()) this.#first(stream);
  }

  forget(taskId: string): void {
    const stream = this.#streams.get(taskId);
    if (stream !== undefined && stream.timer !== null) clearTimeout(stream.timer);
    this.#streams.delete(taskId);
  }

  close(): void {
    for (const taskId of [...this.#streams.keys()]) this.forget(taskId);
  }

  #first(stream: Stream): void {
    stream.waitSeconds = this.#retrySeconds;
    this.#tell(stream);
  }

  #tell(stream: Stream): void {
    if (stream.timer !== null) clearTimeout(stream.timer);
    stream.timer = null;
    const [status] = stream.pending;
    if (status === undefined) return;
    this.#send({ frameworkId: stream.frameworkId, status });
    stream.timer = setTimeout(() => {
      stream.waitSeconds = Math.min(stream.waitSeconds * 2, MAX_RETRY_SECONDS);
      this.#tell(stream);
    }, stream.waitSeconds * 1000);
  }
}

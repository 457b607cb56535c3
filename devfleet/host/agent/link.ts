import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lines } from '../../mesos/link/lines.ts';
import type { FromAgent, ToAgent } from '../../mesos/link/messages.ts';
import type { Faults } from '../faults.ts';

/** What a connection is used by. */
interface User {
  /** It is up: what to say first. */
  greeting(): FromAgent;
  receive(message: ToAgent): void;
  lost(): void;
}

/**
 * An agent's connection to the leading master, made again whenever it breaks. While the machine is frozen or cut off,
 * messages wait on the way, as in TCP; when the connection breaks meanwhile, they are lost.
 */
export class MasterLink {
  readonly #node: string;
  readonly #port: number;
  readonly #retrySeconds: number;
  readonly #faults: Faults;
  readonly #user: User;
  #lines: Lines<ToAgent, FromAgent> | null = null;
  #outbox = Promise.resolve();
  readonly #closed = new AbortController();

  /** @param port on 127.0.0.1, where agents come to */
  constructor(node: string, port: number, retrySeconds: number, faults: Faults, user: User) {
    this.#node = node;
    this.#port = port;
    this.#retrySeconds = retrySeconds;
    this.#faults = faults;
    this.#user = user;
  }

  /** Stays connected until it is closed. */
  async run(): Promise<void> {
    const { signal } = this.#closed;
    for (;;) {
      await this.#reachable();
      if (this.#isClosed()) return;
      await this.#connection();
      await sleep(this.#retrySeconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Into the void while there is no connection. */
  send(message: FromAgent): void {
    const lines = this.#lines;
    if (lines === null) return;
    this.#outbox = this.#outbox.then(async () => {
      await this.#reachable();
      lines.send(message);
    });
  }

  /** Breaks the connection; it is made again. */
  drop(): void {
    this.#lines?.destroy();
  }

  close(): void {
    this.#closed.abort();
    this.#lines?.destroy();
  }

  /** Resolves when it is over. */
  async #connection(): Promise<void> {
    await new Promise<void>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: this.#port });
      let inbox = Promise.resolve();
      const lines = new Lines<ToAgent, FromAgent>(
        socket,
        (message) => {
          inbox = inbox.then(async () => {
            await this.#reachable();
            if (this.#lines === lines) this.#user.receive(message);
          });
        },
        () => {
          // What came before the end is still read; what waits for a machine that is away is lost.
          void (this.#isCut() ? Promise.resolve() : inbox).then(() => {
            if (this.#lines === lines) {
              this.#lines = null;
              this.#user.lost();
            }
            resolve();
          });
        },
      );
      socket.once('connect', () => {
        this.#lines = lines;
        this.send(this.#user.greeting());
      });
    });
  }

  #isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  #isCut(): boolean {
    return this.#faults.isFrozen(this.#node) || this.#faults.isPartitioned(this.#node);
  }

  async #reachable(): Promise<void> {
    while (this.#isCut() && !this.#isClosed())
      await once(this.#faults.events, 'changed', { signal: this.#closed.signal }).catch(() => undefined);
  }
}

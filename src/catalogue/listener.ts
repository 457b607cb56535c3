import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type CatalogueAddress, unreachable } from './connection.ts';

const CHANNEL = 'transship_events';
const RETRY_MS = { first: 100, most: 5000 };
const PING_MS = 10_000;

/**
 * One connection per process that LISTENs for appended events, shared by all watchers; opened by the first of them.
 * It reconnects by itself, and wakes every watcher when it is back, for what was notified meanwhile is lost.
 */
export class Listener {
  readonly #address: CatalogueAddress;
  readonly #watchers = new Map<string, Set<() => void>>();
  /** The connection that listens or is about to; null when there is none to wait for. */
  #connection: Promise<pg.Client> | null = null;
  readonly #closing = new AbortController();

  constructor(address: CatalogueAddress) {
    this.#address = address;
  }

  async watch(root: string, wake: () => void): Promise<() => Promise<void>> {
    // A fresh function, so that two watchers may hand in the same one.
    const watcher = (): void => wake();
    const watchers = this.#watchers.get(root) ?? new Set();
    this.#watchers.set(root, watchers.add(watcher));
    const stop = async (): Promise<void> => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(root) === watchers) this.#watchers.delete(root);
    };
    try {
      await this.#connected();
    } catch (error) {
      await stop();
      throw unreachable(this.#address.label, error);
    }
    return stop;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#watchers.clear();
    const client = await this.#connection?.catch(() => null);
    this.#connection = null;
    await client?.end();
  }

  async #connected(): Promise<pg.Client> {
    this.#connection ??= this.#open();
    try {
      return await this.#connection;
    } catch (error) {
      this.#connection = null;
      throw error;
    }
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.#address.config, query_timeout: PING_MS / 2 });
    client.on('error', () => undefined); // 'end' follows
    client.on('notification', ({ payload }) => this.#wake(payload ?? ''));
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    const pinging = setInterval(() => {
      // A connection that was cut silently would stay quiet for ever.
      client.query('SELECT').catch(() => client.connection.stream.destroy());
    }, PING_MS);
    client.once('end', () => {
      clearInterval(pinging);
      this.#connection = null;
      if (!this.#closing.signal.aborted) void this.#reopen();
    });
    return client;
  }

  async #reopen(): Promise<void> {
    for (let delay = RETRY_MS.first; !this.#closing.signal.aborted; delay = Math.min(delay * 2, RETRY_MS.most)) {
      try {
        await this.#connected();
        for (const root of this.#watchers.keys()) this.#wake(root);
        return;
      } catch {
        await sleep(delay, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
  }

  #wake(root: string): void {
    for (const wake of this.#watchers.get(root) ?? []) wake();
  }
}

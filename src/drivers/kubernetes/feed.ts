import { setTimeout as delay } from 'node:timers/promises';
import type { ApiServer } from './api.ts';
import { WATCH_IDLE_MS, WATCH_RETRY_MS } from './limits.ts';
import type { Resource } from './resources.ts';

/** Told of every change; `gone` when the object was deleted. */
export type Listener = (object: Resource, gone: boolean) => void;

interface Event {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: Resource;
}

/**
 * One watch on a kind of resource, shared by all who wait for it, open while somebody does. It only wakes them: it
 * stores nothing and may be late, so what they decide on is a read of their own.
 */
export class Feed {
  readonly #api: ApiServer;
  readonly #path: string;
  readonly #query: Record<string, string>;
  readonly #listeners = new Set<Listener>();
  #watch: AbortController | null = null;
  #idle: NodeJS.Timeout | undefined;
  #live = false;

  constructor(api: ApiServer, path: string, labelSelector: string | undefined) {
    this.#api = api;
    this.#path = path;
    this.#query = labelSelector === undefined ? {} : { labelSelector };
  }

  /** Changes arrive now. */
  get live(): boolean {
    return this.#live;
  }

  /** @returns the way to stop listening */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    clearTimeout(this.#idle);
    if (this.#watch === null) {
      this.#watch = new AbortController();
      void this.#follow(this.#watch.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#idle = setTimeout(() => this.close(), WATCH_IDLE_MS).unref();
    };
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#watch?.abort();
    this.#watch = null;
    this.#live = false;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    // From the cache's present: the objects that are there come first, so what changed just before is not missed.
    let resourceVersion = '0';
    while (!signal.aborted) {
      try {
        const opened = (): void => {
          this.#live = true;
        };
        for await (const line of this.#api.watch(this.#path, { ...this.#query, resourceVersion }, signal, opened)) {
          if (line === '') continue;
          const { type, object } = JSON.parse(line) as Event;
          if (type === 'ERROR') {
            resourceVersion = '0';
            break;
          }
          resourceVersion = object.metadata.resourceVersion;
          if (type !== 'BOOKMARK') this.#tell(object, type === 'DELETED');
        }
      } catch {
        // Whatever broke it: waits go on by looking from time to time, and it is opened again.
      }
      // A feed closed and opened again has another watch by now.
      if (this.#watch?.signal === signal) this.#live = false;
      await delay(WATCH_RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  #tell(object: Resource, gone: boolean): void {
    for (const listener of [...this.#listeners]) listener(object, gone);
  }
}

/** The feeds of one cluster, one for each path and selector. */
export class Feeds {
  readonly #api: ApiServer;
  readonly #feeds = new Map<string, Feed>();

  constructor(api: ApiServer) {
    this.#api = api;
  }

  of(path: string, labelSelector?: string): Feed {
    const key = `${path}?${labelSelector ?? ''}`;
    let feed = this.#feeds.get(key);
    if (feed === undefined) {
      feed = new Feed(this.#api, path, labelSelector);
      this.#feeds.set(key, feed);
    }
    return feed;
  }

  close(): void {
    for (const feed of this.#feeds.values()) feed.close();
  }
}

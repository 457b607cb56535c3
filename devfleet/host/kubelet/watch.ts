import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ApiError, type Api } from './api.ts';
import type { Pod } from './pod.ts';

export interface PodEvents {
  /** New or changed. */
  seen(pod: Pod): void;
  /** Gone from the API. `pod` is its last known state. */
  gone(pod: Pod): void;
}

const WATCH_SECONDS = 240;
const RETRY_MS = [50, 100, 250, 500, 1000];

/** The one watch of all pods of the cluster: lists, then follows; lists again after a break. */
export class PodWatch {
  readonly pods = new Map<string, Pod>();
  readonly #api: Api;
  readonly #events: PodEvents;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  #current = new AbortController();

  constructor(api: Api, events: PodEvents, log: Logger) {
    this.#api = api;
    this.#events = events;
    this.#log = log;
  }

  /** Resolves after the first list; goes on in the background until stopped. */
  async start(): Promise<void> {
    const version = await this.#list();
    void this.#follow(version);
  }

  stop(): void {
    this.#stop.abort();
    this.#current.abort();
  }

  /** Breaks the watch off, as a lost connection does. */
  break(): void {
    this.#current.abort(new Error('broken on purpose'));
  }

  async #follow(version: string): Promise<void> {
    let from: string | null = version;
    let failures = 0;
    for (;;) {
      try {
        from ??= await this.#list();
        from = await this.#watch(from);
        failures = 0;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        // What was missed is unknown: list again.
        from = null;
        if (!(error instanceof ApiError && error.status === 410))
          this.#log.warn({ err: String(error) }, 'pod watch broke; listing again');
        await sleep(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
      }
    }
  }

  async #list(): Promise<string> {
    const list = await this.#api.request<{ metadata: { resourceVersion: string }; items: Pod[] }>({
      method: 'GET',
      path: '/api/v1/pods',
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(30_000)]),
    });
    const present = new Set(list.items.map(({ metadata }) => metadata.uid));
    for (const pod of [...this.pods.values()]) if (!present.has(pod.metadata.uid)) this.#gone(pod);
    for (const pod of list.items) this.#seen(pod);
    return list.metadata.resourceVersion;
  }

  async #watch(from: string): Promise<string> {
    this.#current = new AbortController();
    // The server ends the watch in time; a connection that died silently does not.
    const silent = AbortSignal.timeout((WATCH_SECONDS + 15) * 1000);
    const query = new URLSearchParams({
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(WATCH_SECONDS),
    });
    const body = await this.#api.stream({
      method: 'GET',
      path: `/api/v1/pods?${query.toString()}`,
      signal: AbortSignal.any([this.#current.signal, this.#stop.signal, silent]),
    });
    let version = from;
    for await (const line of lines(body)) {
      const event = JSON.parse(line) as { type: string; object: Pod & { code?: number; message?: string } };
      if (event.type === 'ERROR')
        throw new ApiError(event.object.code ?? 500, 'WatchError', event.object.message ?? line);
      version = event.object.metadata.resourceVersion;
      if (event.type === 'DELETED') this.#gone(event.object);
      else if (event.type !== 'BOOKMARK') this.#seen(event.object);
    }
    return version;
  }

  #seen(pod: Pod): void {
    this.pods.set(pod.metadata.uid, pod);
    this.#events.seen(pod);
  }

  #gone(pod: Pod): void {
    if (this.pods.delete(pod.metadata.uid)) this.#events.gone(pod);
  }
}

async function* lines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    let end = rest.indexOf('\n');
    let begin = 0;
    for (; end >= 0; end = rest.indexOf('\n', begin)) {
      if (end > begin) yield rest.slice(begin, end);
      begin = end + 1;
    }
    rest = rest.slice(begin);
  }
}

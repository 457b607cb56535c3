import { setTimeout as delay } from 'node:timers/promises';
import { STREAM_RETRY_MS } from './limits.ts';

/** A stream that nobody listens to is closed after this. */
const IDLE_MS = 60_000;

/** One that was open for so long did not break at once. */
const STEADY_MS = 10_000;

/** One thing that a stream tells: its kind, and what it is about as far as it says. */
export interface Notice {
  type: string;
  /** Parsed JSON; null where it is none. */
  data: unknown;
}

export type Listener = (notice: Notice) => void;

/**
 * A stream of notices, shared by all who listen, open while somebody does. It only wakes: streams have no ids and no
 * replay, promise no order, and are closed on slow readers, so whoever is woken looks afresh. After it was opened again,
 * listeners are told `reopened`: what was said meanwhile is lost.
 */
export class WakeFeed {
  readonly #open: (signal: AbortSignal) => AsyncIterable<Notice>;
  readonly #listeners = new Set<Listener>();
  #reading: AbortController | null = null;
  #idle: NodeJS.Timeout | undefined;
  #live = false;

  /** @param open yields `opened` as its first notice once the system has agreed */
  constructor(open: (signal: AbortSignal) => AsyncIterable<Notice>) {
    this.#open = open;
  }

  /** Notices arrive now. */
  get live(): boolean {
    return this.#live;
  }

  /** @returns the way to stop listening */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    clearTimeout(this.#idle);
    if (this.#reading === null) {
      this.#reading = new AbortController();
      void this.#follow(this.#reading.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
    };
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#reading?.abort();
    this.#reading = null;
    this.#live = false;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let wait: number = STREAM_RETRY_MS.first;
    for (let opened = 0; !signal.aborted;) {
      let since = Infinity;
      try {
        for await (const notice of this.#open(signal)) {
          if (notice.type === OPENED) {
            this.#live = true;
            since = Date.now();
            if (opened++ > 0) this.#tell({ type: REOPENED, data: null });
          } else this.#tell(notice);
        }
      } catch {
        // Whatever broke it: waits go on by looking from time to time, and it is opened again.
      }
      // A feed closed and opened again has another stream by now.
      if (this.#reading?.signal === signal) this.#live = false;
      if (Date.now() - since > STEADY_MS) wait = STREAM_RETRY_MS.first;
      await delay(wait, undefined, { signal, ref: false }).catch(() => undefined);
      wait = Math.min(wait * 2, STREAM_RETRY_MS.most);
    }
  }

  #tell(notice: Notice): void {
    for (const listener of [...this.#listeners]) listener(notice);
  }
}

/** The system has agreed to stream. */
export const OPENED = 'opened';

/** It was broken, and is open again. */
export const REOPENED = 'reopened';

import { keep, release, SLAB_BYTES } from './slabs.ts';

/** A reader that could not keep up: what it has not read is gone. */
export class FellBehind extends Error {
  constructor() {
    super('it fell behind the others');
  }
}

/** What is kept for a reader that is the only one, in bytes: what it is sending, and what comes next. */
const ALONE_BYTES = 2 * SLAB_BYTES;

export interface WindowOptions {
  /** Bytes that are kept for the slowest reader; one chunk more is. */
  bytes: number;
  /** How long a reader may hold others that wait for more, in milliseconds. */
  patienceMs: number;
}

/** One of those who read a stream together. */
export interface Reader {
  /**
   * To be read once; a chunk is good until the next one is asked for, then its memory is used again. Throws FellBehind, or
   * what the stream failed with.
   */
  chunks(): AsyncGenerator<Buffer>;
  /** It reads no further, and holds nobody. */
  leave(): void;
  /** Did it read everything? */
  isAtEnd(): boolean;
}

interface State {
  /** Number of the chunk that it is at, or reads next. */
  at: number;
  isWaiting: boolean;
  isGone: boolean;
  isAtEnd: boolean;
  wake: () => void;
}

/**
 * A stream that is read once for several readers, each at its own pace within a window. The stream begins when the first of
 * them reads, and stops while the window is full. A reader that has the window full while another one waits for more is sent
 * away, so that it holds nobody. When nobody is left the stream is ended.
 */
export class Window {
  readonly #open: () => AsyncIterable<Buffer>;
  readonly #options: WindowOptions;
  readonly #readers = new Set<State>();
  /** What at least one reader is not done with; the first of them is number `#first`. */
  readonly #chunks: Buffer[] = [];
  #first = 0;
  #bytes = 0;
  #isOpen = false;
  #isDone = false;
  #failure: { error: unknown } | null = null;
  #roomy: () => void = () => undefined;

  constructor(open: () => AsyncIterable<Buffer>, options: WindowOptions) {
    this.#open = open;
    this.#options = options;
  }

  /** A reader from the beginning: all must join before the first of them reads. */
  join(): Reader {
    const state: State = { at: 0, isWaiting: false, isGone: false, isAtEnd: false, wake: () => undefined };
    this.#readers.add(state);
    return {
      chunks: () => this.#read(state),
      leave: () => this.#leave(state),
      isAtEnd: () => state.isAtEnd,
    };
  }

  async *#read(state: State): AsyncGenerator<Buffer> {
    if (!this.#isOpen) {
      this.#isOpen = true;
      void this.#pump();
    }
    for (;;) {
      if (state.isGone) throw new FellBehind();
      const chunk = this.#chunks[state.at - this.#first];
      if (chunk !== undefined) {
        yield chunk;
        state.at++;
        this.#trim();
        continue;
      }
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#isDone) {
        state.isAtEnd = true;
        return;
      }
      const { promise, resolve } = Promise.withResolvers<undefined>();
      state.wake = () => resolve(undefined);
      state.isWaiting = true;
      await promise;
      state.isWaiting = false;
    }
  }

  async #pump(): Promise<void> {
    try {
      for await (const chunk of this.#open()) {
        this.#chunks.push(chunk);
        this.#bytes += chunk.length;
        this.#wakeAll();
        while (this.#bytes >= this.#limit() && this.#readers.size > 0) await this.#room();
        if (this.#readers.size === 0) break;
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#isDone = true;
    this.#wakeAll();
  }

  /** Waits for room; after a while makes some, where there are readers who wait. */
  async #room(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#roomy = () => resolve(undefined);
    const timer = setTimeout(() => {
      const readers = [...this.#readers];
      if (readers.some(({ isWaiting }) => isWaiting)) {
        for (const state of readers.filter(({ at }) => at === this.#first)) this.#leave(state);
      }
      resolve(undefined);
    }, this.#options.patienceMs);
    await promise;
    clearTimeout(timer);
  }

  #leave(state: State): void {
    if (!this.#readers.delete(state)) return;
    state.isGone = true;
    state.wake();
    // It may be on its way out of here still.
    const chunk = this.#chunks[state.at - this.#first];
    if (chunk !== undefined) keep(chunk);
    this.#trim();
  }

  /** Drops what everybody has read. */
  #trim(): void {
    let slowest = Infinity;
    for (const { at } of this.#readers) slowest = Math.min(slowest, at);
    while (this.#chunks.length > 0 && this.#first < slowest) {
      const chunk = this.#chunks.shift() ?? Buffer.alloc(0);
      this.#bytes -= chunk.length;
      this.#first++;
      release(chunk);
    }
    if (this.#bytes < this.#limit() || this.#readers.size === 0) this.#roomy();
  }

  /** A single reader holds nobody: what is passed on at once is still in the processor's cache. */
  #limit(): number {
    return this.#readers.size > 1 ? this.#options.bytes : Math.min(this.#options.bytes, ALONE_BYTES);
  }

  #wakeAll(): void {
    for (const { wake } of this.#readers) wake();
  }
}

import type { Place } from './manifest.ts';
import { readPart, type Blob, type ReadOptions } from './part.ts';

/** Size of a range, of the first one and of those read side by side. A blob of less than two is read in one piece. */
export const RANGE_BYTES = 2 * 1024 * 1024;

/** Size of a range from a source that is near: what is read by one stream at least, should it turn slow. */
export const NEAR_BYTES = 32 * 1024 * 1024;

/** Of one blob; what a client reads at a time in all is limited besides. */
const AT_ONCE = 16;

/** So long a wait for bytes, in milliseconds in which the process had nothing else to do, says that the source is slow. */
const STARVING_MS = 4;

/**
 * A blob, read in ranges and handed out in order. Where one stream is slower than whoever takes its bytes they are read side
 * by side: over a WAN a stream is as fast as its window and its round-trip time allow, sixteen are sixteen times that. Where
 * one is fast enough, more of them would only fill the memory, and each costs the registry some milliseconds of CPU
 * (distribution v3: 3): one comes after the other, and from a source that was fast so far they are large.
 * @throws RangeIgnored, RegistryError
 */
export async function* readRanges(place: Place, blob: Blob, options: ReadOptions): AsyncGenerator<Buffer> {
  const { traits } = place.client;
  let ahead: ReadAhead | null = null;
  try {
    for (let at = 0; at < blob.size && ahead === null;) {
      const end = Math.min(at + (traits.isNear ? NEAR_BYTES : RANGE_BYTES), blob.size);
      let since = performance.eventLoopUtilization();
      for await (const chunk of readPart(place, blob, at, end, options, true)) {
        // Not before the first of them: it alone tells whether there is such a thing as ranges.
        traits.takesRanges = true;
        if (performance.eventLoopUtilization(since).idle >= STARVING_MS) {
          ahead ??= new ReadAhead(place, blob, end, options);
        }
        yield chunk;
        since = performance.eventLoopUtilization();
      }
      traits.isNear = ahead === null;
      at = end;
    }
    if (ahead !== null) yield* ahead.chunks();
  } finally {
    ahead?.stop();
  }
}

/** A range that is being read, and what came of it and was not taken yet. */
interface Part {
  chunks: Buffer[];
  isDone: boolean;
  failure: unknown;
  /** Called when there is more, or no more. */
  wake: () => void;
  /** Takes bytes off what is read ahead. */
  release: (bytes?: number) => void;
}

/**
 * The rest of a blob, read side by side from the moment on at which this is made.
 *
 * Room for what is read ahead is taken before a range is asked for, in the order of the ranges: the one that is next to be
 * handed out always has its room, whoever else waits.
 */
class ReadAhead {
  readonly #place: Place;
  readonly #blob: Blob;
  readonly #options: ReadOptions;
  readonly #stop = new AbortController();
  readonly #parts: Part[] = [];
  #next: number;

  constructor(place: Place, blob: Blob, start: number, options: ReadOptions) {
    this.#place = place;
    this.#blob = blob;
    const { signal } = this.#stop;
    this.#options = { ...options, signal: options.signal ? AbortSignal.any([options.signal, signal]) : signal };
    this.#next = start;
    this.#beginMore();
  }

  /** To be called once. */
  async *chunks(): AsyncGenerator<Buffer> {
    for (let part = this.#parts[0]; part !== undefined; part = this.#parts[0]) {
      const chunk = part.chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
        part.release(chunk.length);
      } else if (part.failure !== null) {
        throw part.failure as Error;
      } else if (part.isDone) {
        part.release();
        this.#parts.shift();
        this.#beginMore();
      } else {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        part.wake = () => resolve(undefined);
        await promise;
      }
    }
  }

  stop(): void {
    this.#stop.abort(new Error('the blob is no longer read'));
    for (const part of this.#parts) part.release();
  }

  #beginMore(): void {
    while (this.#parts.length < AT_ONCE && this.#next < this.#blob.size) {
      const part: Part = { chunks: [], isDone: false, failure: null, wake: () => undefined, release: () => undefined };
      this.#parts.push(part);
      const end = Math.min(this.#next + RANGE_BYTES, this.#blob.size);
      this.#read(part, this.#next, end)
        .catch((error: unknown) => (part.failure = error))
        .finally(() => {
          part.isDone = true;
          if (this.#stop.signal.aborted) part.release();
          part.wake();
        });
      this.#next = end;
    }
  }

  async #read(part: Part, start: number, end: number): Promise<void> {
    part.release = await this.#place.client.readAhead.acquire(end - start, this.#options.signal);
    for await (const chunk of readPart(this.#place, this.#blob, start, end, this.#options, true)) {
      part.chunks.push(chunk);
      part.wake();
    }
  }
}

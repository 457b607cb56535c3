import type { Place } from './manifest.ts';
import { readPart, type Blob, type ReadOptions } from './part.ts';

/** Size of a range. A blob of less than two is read in one piece. */
export const RANGE_BYTES = 2 * 1024 * 1024;

/** Of one blob; what a client reads at a time in all is limited besides. */
const AT_ONCE = 16;

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
 * A blob, read in ranges side by side and handed out in order: one stream over a WAN is as fast as its window and its
 * round-trip time allow, sixteen are sixteen times that.
 *
 * Room for what is read ahead is taken before a range is asked for, in the order of the ranges: the one that is next to be
 * handed out always has its room, whoever else waits.
 * @throws RangeIgnored, RegistryError
 */
export async function* readRanges(place: Place, blob: Blob, options: ReadOptions): AsyncGenerator<Buffer> {
  const { client } = place;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const parts: Part[] = [];
  let next = 0;
  const begin = (): void => {
    const [start, end] = [next, Math.min(next + RANGE_BYTES, blob.size)];
    next = end;
    const part: Part = { chunks: [], isDone: false, failure: null, wake: () => undefined, release: () => undefined };
    parts.push(part);
    const read = async (): Promise<void> => {
      part.release = await client.readAhead.acquire(end - start, signal);
      for await (const chunk of readPart(place, blob, start, end, { ...options, signal }, true)) {
        part.chunks.push(chunk);
        part.wake();
      }
    };
    read()
      .catch((error: unknown) => (part.failure = error))
      .finally(() => {
        part.isDone = true;
        if (stop.signal.aborted) part.release();
        part.wake();
      });
  };
  // The first range alone tells whether there is such a thing as ranges.
  const beginMore = (): void => {
    if (client.traits.takesRanges !== true) return;
    while (parts.length < AT_ONCE && next < blob.size) begin();
  };
  try {
    begin();
    for (let part = parts[0]; part !== undefined; part = parts[0]) {
      beginMore();
      const chunk = part.chunks.shift();
      if (chunk !== undefined) {
        client.traits.takesRanges = true;
        beginMore();
        yield chunk;
        part.release(chunk.length);
      } else if (part.failure !== null) {
        throw part.failure as Error;
      } else if (part.isDone) {
        part.release();
        parts.shift();
        if (parts.length === 0 && next < blob.size) begin();
      } else {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        part.wake = () => resolve(undefined);
        await promise;
      }
    }
  } finally {
    stop.abort(new Error('the blob is no longer read'));
    for (const part of parts) part.release();
  }
}

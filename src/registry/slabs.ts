import type { Socket } from 'node:net';

/** So much is read from a connection at once, if it has as much. In bytes. */
export const SLAB_BYTES = 256 * 1024;

/** With less room than this left of it a slab is full. In bytes. */
const LEAST_BYTES = 64 * 1024;

/** What is shorter is copied: it is an answer, and its slab is for bytes of blobs. */
const SHORT_BYTES = 4 * 1024;

/** Slabs that nobody needs now, and that are kept for whoever reads next. */
const MOST_FREE = 64;

interface Slab {
  bytes: Buffer;
  used: number;
  /** Bytes of it that somebody may still look at. */
  held: number;
}

const free: Buffer[] = [];
const slabs = new WeakMap<ArrayBufferLike, Slab>();

/**
 * Options of a connection that is read into slabs of memory, which are used again once all that was read into them is
 * released. What is never released is left to the garbage collector: bytes that are looked at for too long cost memory,
 * never their content. Reading into memory that is in the processor's cache takes half as long as into fresh memory, and
 * collecting that as garbage takes its time besides (bench/README.md, image-copy).
 *
 * To be made anew for each connection. Node hands its bytes to `callback` instead of the stream, which passes them on
 * (https://nodejs.org/api/net.html#new-netsocketoptions, `onread`).
 */
export function intoSlabs(): { onread: { buffer: () => Buffer; callback: (bytes: number) => boolean } } {
  let slab = take();
  return {
    onread: {
      buffer: () => slab.bytes.subarray(slab.used),
      callback(this: Socket, length: number): boolean {
        const read = slab.bytes.subarray(slab.used, slab.used + length);
        if (length < SHORT_BYTES) return this.push(Buffer.from(read));
        slab.used += length;
        slab.held += length;
        if (isFull(slab)) slab = take();
        return this.push(read);
      },
    },
  };
}

/** Nobody looks at these bytes any more: to be said once of each. Of bytes that are in no slab nothing comes of it. */
export function release(chunk: Buffer): void {
  const slab = slabs.get(chunk.buffer);
  if (slab === undefined) return;
  slab.held -= chunk.length;
  if (slab.held > 0 || !isFull(slab)) return;
  slabs.delete(chunk.buffer);
  if (free.length < MOST_FREE) free.push(slab.bytes);
}

/** Somebody may look at these bytes for ever: their slab is not used again. */
export function keep(chunk: Buffer): void {
  slabs.delete(chunk.buffer);
}

function take(): Slab {
  const bytes = free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  const slab = { bytes, used: 0, held: 0 };
  slabs.set(bytes.buffer, slab);
  return slab;
}

function isFull({ bytes, used }: Slab): boolean {
  return bytes.length - used < LEAST_BYTES;
}

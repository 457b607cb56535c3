import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { intoSlabs, SLAB_BYTES } from '../../../src/registry/slabs.ts';
import { FellBehind, Window, type Reader } from '../../../src/registry/window.ts';

const options = { bytes: 100, patienceMs: 30 };

/** Chunks of ten bytes; counts how many were taken, and whether it was ended. */
class Stream {
  taken = 0;
  isEnded = false;
  readonly #count: number;
  readonly #failAt: number;

  constructor(count: number, failAt = Infinity) {
    this.#count = count;
    this.#failAt = failAt;
  }

  async *open(): AsyncGenerator<Buffer> {
    try {
      for (let at = 0; at < this.#count; at++) {
        if (at === this.#failAt) throw new Error('it broke');
        this.taken++;
        yield Buffer.alloc(10, at);
      }
    } finally {
      this.isEnded = true;
    }
  }
}

async function all(reader: Reader, eachMs = 0): Promise<number[]> {
  const read: number[] = [];
  for await (const chunk of reader.chunks()) {
    read.push(chunk[0] ?? -1);
    if (eachMs > 0) await pause(eachMs);
  }
  return read;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

test('everybody reads everything, the stream is read once', async () => {
  const stream = new Stream(50);
  const window = new Window(() => stream.open(), options);
  const readers = [window.join(), window.join(), window.join()];
  expect(await Promise.all(readers.map((reader) => all(reader)))).toEqual([numbers(50), numbers(50), numbers(50)]);
  expect(stream.taken).toBe(50);
  expect(readers.every((reader) => reader.isAtEnd())).toBe(true);
});

test('the stream begins with the first who reads, and goes no further than the window', async () => {
  const stream = new Stream(50);
  const reader = new Window(() => stream.open(), options).join();
  await pause(5);
  expect(stream.taken).toBe(0);
  const chunks = reader.chunks();
  await chunks.next();
  await pause(5);
  expect(stream.taken).toBe(10);
  for (let at = 1; at < 50; at++) expect(((await chunks.next()).value as Buffer | undefined)?.[0]).toBe(at);
  expect((await chunks.next()).done).toBe(true);
});

test('one alone is never sent away, however slow', async () => {
  const stream = new Stream(30);
  const reader = new Window(() => stream.open(), { bytes: 20, patienceMs: 1 }).join();
  expect(await all(reader, 5)).toEqual(numbers(30));
});

test('who has the window full while others wait is sent away, and holds them no longer than the patience', async () => {
  const stream = new Stream(50);
  const window = new Window(() => stream.open(), options);
  const [quick, slow, never] = [window.join(), window.join(), window.join()];
  const begun = performance.now();
  const slowly = all(slow, 60).catch((error: unknown) => error);
  expect(await all(quick)).toEqual(numbers(50));
  expect(performance.now() - begun).toBeLessThan(1500); // the slow one alone would take 3 s
  expect(await slowly).toBeInstanceOf(FellBehind);
  await expect(all(never)).rejects.toBeInstanceOf(FellBehind);
  expect([quick, slow, never].map((reader) => reader.isAtEnd())).toEqual([true, false, false]);
});

test('one that is slow by moments keeps up', async () => {
  const window = new Window(() => new Stream(50).open(), { bytes: 300, patienceMs: 10_000 });
  const [quick, slower] = [window.join(), window.join()];
  const [one, other] = await Promise.all([all(quick), all(slower, 1)]);
  expect(one).toEqual(numbers(50));
  expect(other).toEqual(numbers(50));
});

test('who leaves holds nobody; when all have left the stream is ended', async () => {
  const stream = new Stream(50);
  const window = new Window(() => stream.open(), { bytes: 100, patienceMs: 60_000 });
  const [one, other] = [window.join(), window.join()];
  other.leave();
  const chunks = one.chunks();
  for (let at = 0; at < 20; at++) await chunks.next();
  expect(stream.taken).toBeGreaterThanOrEqual(20);
  one.leave();
  await expect.poll(() => stream.isEnded).toBe(true);
  expect(stream.taken).toBeLessThan(50);
});

test('a stream that breaks breaks for all, after what came', async () => {
  const window = new Window(() => new Stream(50, 5).open(), options);
  const read: number[] = [];
  const reading = async (reader: Reader): Promise<void> => {
    for await (const chunk of reader.chunks()) read.push(chunk[0] ?? -1);
  };
  const outcomes = await Promise.allSettled([window.join(), window.join()].map(reading));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(read.sort((a, b) => a - b)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
});

test('for a reader that is alone, or left alone, little is kept: what it is sending, and what comes next', async () => {
  let taken = 0;
  async function* open(): AsyncGenerator<Buffer> {
    for (let at = 0; at < 50; at++) {
      taken++;
      yield Buffer.alloc(SLAB_BYTES);
    }
  }
  const window = new Window(open, { bytes: 10 * SLAB_BYTES, patienceMs: 60_000 });
  const [reader, other] = [window.join(), window.join()];
  const chunks = reader.chunks();
  for (let at = 0; at < 5; at++) await chunks.next();
  await pause(5);
  expect(taken).toBe(10); // the other one has read none of them
  other.leave();
  await pause(5);
  expect(taken).toBe(10);
  for (let at = 5; at < 10; at++) await chunks.next();
  await pause(5);
  expect(taken).toBe(11);
});

/** Chunks as they are read from a connection: each a slab. */
async function* slabs(count: number, into: Buffer[]): AsyncGenerator<Buffer> {
  const { onread } = intoSlabs();
  for (let at = 0; at < count; at++) {
    onread.buffer().fill(at);
    onread.callback.call({ push: (chunk: Buffer) => into.push(chunk) } as never, SLAB_BYTES);
    yield into.at(-1) ?? Buffer.alloc(0);
  }
}

test('memory is used again once all are done with it, and not while anybody sends it', async () => {
  const given: Buffer[] = [];
  const window = new Window(() => slabs(40, given), { bytes: 8 * SLAB_BYTES, patienceMs: 60_000 });
  const read = async (reader: Reader, eachMs: number): Promise<void> => {
    let at = 0;
    for await (const chunk of reader.chunks()) {
      await pause(eachMs); // it is on its way
      expect([chunk[0], chunk.at(-1)]).toEqual([at, at]);
      at++;
    }
    expect(at).toBe(40);
  };
  await Promise.all([read(window.join(), 0), read(window.join(), 1)]);
  expect(new Set(given.map(({ buffer }) => buffer)).size).toBeLessThan(20);
});

test('memory that one was sending when it left is not used again', async () => {
  const given: Buffer[] = [];
  const window = new Window(() => slabs(40, given), { bytes: 2 * SLAB_BYTES, patienceMs: 5 });
  const [quick, slow] = [window.join(), window.join()];
  const sent = (await slow.chunks().next()).value as Buffer;
  for await (const chunk of quick.chunks()) expect(chunk).toHaveLength(SLAB_BYTES);
  expect([sent[0], sent.at(-1)]).toEqual([0, 0]);
  expect(given.filter(({ buffer }) => buffer === sent.buffer)).toHaveLength(1);
});

import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { noise, sha256 } from '../../../devfleet/images/layer.ts';
import { readBlob } from '../../../src/registry/download.ts';
import type { Place } from '../../../src/registry/manifest.ts';
import { Pacer } from '../../../src/registry/pacer.ts';
import type { ReadOptions } from '../../../src/registry/part.ts';
import { NEAR_BYTES, RANGE_BYTES } from '../../../src/registry/ranges.ts';
import type { Adversary } from '../../support/registry/adversary.ts';
import type { Quirks, Seen } from '../../support/registry/quirks.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => {
  vi.restoreAllMocks();
  return world.end();
});

const small = noise('small', 700_000);
const large = noise('large', 5 * RANGE_BYTES + 12_345);

async function read(place: Place, blob: Buffer, options?: ReadOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readBlob(place, { digest: sha256(blob), size: blob.length }, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function registryWith(quirks: Quirks, ...blobs: Buffer[]): Promise<Adversary> {
  const registry = await world.registry(quirks);
  for (const blob of blobs) registry.putBlob('shop/web', blob);
  return registry;
}

const ranges = (seen: readonly Seen[]): unknown[] =>
  seen.filter(({ method }) => method === 'GET').map(({ headers }) => headers['range']);

/** As the header says it: from one byte to before another. */
const range = (start: number, end: number): string => `bytes=${start}-${Math.min(end, large.length) - 1}`;

/** As a source over a WAN answers. */
const LAG_MS = 20;

/** What the process has waited for a source until a chunk of it came, in milliseconds. */
function waited(idle: number): void {
  vi.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle, active: 0, utilization: 0 });
}

test('a small blob is read by one request', async () => {
  const registry = await registryWith({}, small);
  expect((await read(world.place(registry), small)).equals(small)).toBe(true);
  expect(ranges(registry.seen)).toEqual([undefined]);
});

const SIDE_BY_SIDE = Array.from({ length: 6 }, (_, at) => range(at * RANGE_BYTES, (at + 1) * RANGE_BYTES));

test('a large blob whose source keeps us waiting is read in ranges side by side, each once', async () => {
  waited(LAG_MS);
  const registry = await registryWith({}, large);
  const place = world.place(registry);
  expect((await read(place, large)).equals(large)).toBe(true);
  expect(ranges(registry.seen)).toEqual(SIDE_BY_SIDE);
  registry.seen.length = 0;
  const chunks = readBlob(place, { digest: sha256(large), size: large.length });
  await chunks.next();
  // Nothing more is taken, and all ranges were asked for.
  await expect.poll(() => ranges(registry.seen).length).toBe(6);
  await chunks.return(undefined);
});

test('a source that answers late is seen to keep us waiting', async () => {
  const registry = await registryWith({ lagMs: LAG_MS }, large);
  const place = world.place(registry);
  // On a busy machine not each time: it may have had no chance to wait.
  const readAgain = async (): Promise<unknown[]> => {
    registry.seen.length = 0;
    await read(place, large);
    return ranges(registry.seen);
  };
  await expect.poll(readAgain, { timeout: 10_000 }).toEqual(SIDE_BY_SIDE);
});

test('where its source never keeps us waiting, one range tells, and one brings the rest; the next blob is read at once', async () => {
  waited(0);
  const registry = await registryWith({}, large);
  const place = world.place(registry);
  expect((await read(place, large)).equals(large)).toBe(true);
  expect((await read(place, large)).equals(large)).toBe(true);
  expect(ranges(registry.seen)).toEqual([
    range(0, RANGE_BYTES),
    range(RANGE_BYTES, large.length),
    range(0, large.length),
  ]);
});

test('a source that was near and begins to keep us waiting is read side by side from the next range on', async () => {
  const larger = noise('larger', NEAR_BYTES + 2 * RANGE_BYTES);
  const registry = await registryWith({}, large, larger);
  const place = world.place(registry);
  waited(0);
  await read(place, large);
  registry.seen.length = 0;
  waited(LAG_MS);
  expect((await read(place, larger)).equals(larger)).toBe(true);
  const [first, ...others] = ranges(registry.seen);
  expect(first).toBe(`bytes=0-${NEAR_BYTES - 1}`);
  expect(others).toEqual(
    [0, 1].map((at) => NEAR_BYTES + at * RANGE_BYTES).map((at) => `bytes=${at}-${at + RANGE_BYTES - 1}`),
  );
  registry.seen.length = 0;
  expect((await read(place, large)).equals(large)).toBe(true);
  expect(ranges(registry.seen)).toEqual(SIDE_BY_SIDE);
});

test.each([
  ['an empty one', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['exactly two ranges', noise('two', 2 * RANGE_BYTES)],
])('%s', async (_what, blob) => {
  const place = world.place(await registryWith({}, blob));
  expect((await read(place, blob)).equals(blob)).toBe(true);
});

test.each<[string, () => Quirks]>([
  ['a connection that is reset every 300 KB', () => ({ resetsAfter: 300_000 })],
  ['answers that end early, without a length to tell', () => ({ truncates: { after: 200_000, times: 3 } })],
  ['ranges that are ignored', () => ({ ignoresRange: true })],
  ['ranges that are ignored, and a break', () => ({ ignoresRange: true, truncates: { after: 200_000, times: 1 } })],
  ['other ranges than asked for', () => ({ shiftsRange: 1000 })],
  ['other ranges than asked for, and breaks', () => ({ shiftsRange: 1000, resetsAfter: 300_000 })],
])('%s: all of it comes, and nothing twice, from sources near and far', async (_what, quirks) => {
  for (const lagMs of [0, LAG_MS]) {
    const registry = await registryWith({ ...quirks(), lagMs }, small, large);
    const place = world.place(registry);
    expect((await read(place, small)).equals(small)).toBe(true);
    expect((await read(place, large)).equals(large)).toBe(true);
  }
});

test('a read goes on where it was, not from the beginning', async () => {
  const registry = await registryWith({ truncates: { after: 300_000, times: 1 } }, small);
  await read(world.place(registry), small);
  expect(ranges(registry.seen)).toEqual([undefined, 'bytes=300000-699999']);
});

test('a registry that was seen to ignore ranges is not asked for some again', async () => {
  const registry = await registryWith({ ignoresRange: true }, large);
  const place = world.place(registry);
  await read(place, large);
  expect(ranges(registry.seen)).toEqual([`bytes=0-${RANGE_BYTES - 1}`, undefined]);
  registry.seen.length = 0;
  await read(place, large);
  expect(ranges(registry.seen)).toEqual([undefined]);
});

test.each<[string, () => Quirks, Buffer]>([
  ['a byte that is wrong', () => ({ corrupts: 1 }), small],
  ['a byte that is wrong, in a range', () => ({ corrupts: 1 }), large],
  ['a byte too many', () => ({ overlong: true }), small],
])('%s: corrupt, and the last bytes were not handed out', async (_what, quirks, blob) => {
  const place = world.place(await registryWith(quirks(), blob));
  let length = 0;
  const reading = async (): Promise<void> => {
    for await (const chunk of readBlob(place, { digest: sha256(blob), size: blob.length })) length += chunk.length;
  };
  await expect(reading()).rejects.toMatchObject({ code: 'IMAGE_CORRUPT', kind: 'corrupt' });
  expect(length).toBeLessThan(blob.length);
});

test('a blob that is shorter than its descriptor says', async () => {
  const place = world.place(await registryWith({}, small));
  const reading = async (): Promise<void> => {
    const blob = { digest: sha256(small), size: small.length + 5 };
    for await (const chunk of readBlob(place, blob)) expect(chunk.length).toBeGreaterThan(0);
  };
  await expect(reading()).rejects.toMatchObject({ code: 'REGISTRY_REFUSED', status: 416 });
});

test('a blob that is not there is gone', async () => {
  const place = world.place(await registryWith({}));
  await expect(read(place, small)).rejects.toMatchObject({ code: 'IMAGE_GONE', kind: 'gone' });
});

test('a digest of sha512', async () => {
  const registry = await world.registry();
  const digest = `sha512:${createHash('sha512').update(small).digest('hex')}`;
  registry.blobs.set(`shop/web ${digest}`, small);
  const chunks: Buffer[] = [];
  for await (const chunk of readBlob(world.place(registry), { digest, size: small.length })) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(small)).toBe(true);
});

test('what is read ahead stays within the bound, and a reader that stops leaves nothing behind', async () => {
  waited(LAG_MS);
  const registry = await registryWith({}, large);
  const place = world.place(registry, 'shop/web', { readAheadBytes: 2 * RANGE_BYTES });
  const chunks = readBlob(place, { digest: sha256(large), size: large.length });
  await chunks.next();
  await pause(100);
  // The first one is not read ahead: it is taken as it comes.
  expect(ranges(registry.seen)).toHaveLength(3);
  await chunks.return(undefined);
  // The room is free again: other reads are not held up.
  expect((await read(place, large)).equals(large)).toBe(true);
});

test('an abort ends a read, with its reason', async () => {
  const place = world.place(await registryWith({}, large));
  const abort = new AbortController();
  const reading = async (): Promise<void> => {
    const blob = { digest: sha256(large), size: large.length };
    for await (const chunk of readBlob(place, blob, { signal: abort.signal })) {
      abort.abort(new Error(`enough after ${chunk.length > 0}`));
    }
  };
  await expect(reading()).rejects.toThrow('enough after true');
});

test('a body that does not move is given up, and read on by another request', async () => {
  const registry = await registryWith({}, small);
  let isFirst = true;
  registry.quirks.instead = ({ method }) => {
    if (method !== 'GET' || !isFirst) return undefined;
    isFirst = false;
    return { status: 200, headers: { 'content-length': String(small.length) }, text: small.toString('latin1', 0, 1) };
  };
  const place = world.place(registry, 'shop/web', { stallMs: 300 });
  await read(place, small).catch(() => undefined); // it begins with a byte in another encoding, perhaps
  expect(String(ranges(registry.seen)[1])).toMatch(/^bytes=[12]-699999$/);
});

test('a pacer holds the reads of all who share it', async () => {
  const place = world.place(await registryWith({}, small));
  const pacer = new Pacer(2_000_000);
  const begun = performance.now();
  await Promise.all([read(place, small, { pacer }), read(place, small, { pacer })]);
  // 1.4 MB at 2 MB/s, less a burst of a quarter of a second.
  expect(performance.now() - begun).toBeGreaterThan(400);
});

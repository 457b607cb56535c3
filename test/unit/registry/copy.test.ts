import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { noise, sha256 } from '../../../devfleet/images/layer.ts';
import { Copier, type CopyJob, type CopyResult } from '../../../src/registry/copy.ts';
import type { BlobProgress } from '../../../src/registry/progress.ts';
import type { Adversary } from '../../support/registry/adversary.ts';
import { entryOf, LAYER, MANIFEST, seedImage, type Seeded } from '../../support/registry/images.ts';
import type { Quirks } from '../../support/registry/quirks.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

const MB = 1024 * 1024;
const SIZES = [3 * MB, 700_000, 5 * MB + 3, 12];

/** Copies from one registry to others, all by the repository `shop/web`, without what is attached. */
async function copy(
  from: Adversary,
  to: readonly Adversary[],
  digest: string,
  more: Partial<CopyJob> = {},
  copier = new Copier(),
): Promise<CopyResult> {
  const destinations = to.map((registry) => world.place(registry));
  return copier.copy({ source: world.place(from), digest, destinations, attached: false, ...more });
}

function expectWhole(registry: Adversary, image: Seeded, repository = 'shop/web'): void {
  expect(registry.manifests.get(`${repository} ${image.digest}`)?.bytes.equals(image.bytes)).toBe(true);
  for (const blob of image.blobs) expect(registry.blobs.get(`${repository} ${sha256(blob)}`)?.equals(blob)).toBe(true);
}

const bytesOf = (image: Seeded): number => image.blobs.reduce((sum, { length }) => sum + length, 0);
const errors = (result: CopyResult): unknown[] => result.destinations.map(({ error }) => error);

test('an image is there to the byte, and no tag was moved', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  const result = await copy(from, [to], image.digest);
  expectWhole(to, image);
  expect(to.tags.size).toBe(0);
  const bytes = bytesOf(image);
  expect(result).toMatchObject({ sourceBytes: bytes, left: [], destinations: [{ error: null, wasHere: false }] });
  const tally = { sent: 5, mounted: 0, skipped: 0, duplicates: 0, bytes, attempts: 5 };
  expect(result.destinations[0]?.tally).toEqual(tally);
});

test('with nothing to do there is one question for each destination, and none for the source', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  await copy(from, [to], image.digest);
  from.seen.length = to.seen.length = 0;
  expect((await copy(from, [to], image.digest)).destinations).toMatchObject([{ wasHere: true, error: null }]);
  expect(to.calls()).toEqual([`HEAD /v2/shop/web/manifests/${image.digest}`]);
  expect(from.calls()).toEqual([]);
});

test('where no destination answers the source is not asked', async () => {
  const [from, to] = [await world.registry(), await world.registry({ instead: () => 'drop' })];
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  const result = await copy(from, [to], image.digest, { attached: true });
  expect(result.destinations).toMatchObject([{ error: { code: 'REGISTRY_UNREACHABLE' }, wasHere: false }]);
  expect(from.calls()).toEqual([]);
});

test('the source is read once for many destinations', async () => {
  const from = await world.registry();
  const to = await Promise.all([0, 1, 2, 3].map(() => world.registry()));
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  const result = await copy(from, to, image.digest);
  for (const registry of to) expectWhole(registry, image);
  expect(errors(result)).toEqual([null, null, null, null]);
  expect(result.sourceBytes).toBe(bytesOf(image));
});

test('what one destination has the others get from there', async () => {
  const [from, one, other] = [await world.registry(), await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  for (const blob of image.blobs) one.putBlob('shop/web', blob);
  const result = await copy(from, [one, other], image.digest);
  expectWhole(other, image);
  expect(result.sourceBytes).toBe(0);
  expect(from.calls(/blobs/)).toEqual([]);
});

test('a slow destination holds nobody, and gets its blobs from one that is not', async () => {
  const from = await world.registry();
  const [quick, slow] = [await world.registry(), await world.registry({ slowMs: 15 })];
  const image = seedImage(from, 'shop/web', 'v1', [8 * MB, 6 * MB]);
  const ends: string[] = [];
  const onProgress = ({ place, state, size }: BlobProgress): void => {
    if (state === 'done' && size > MB) ends.push(place.client.url.href);
  };
  const copier = new Copier({ windowBytes: MB, patienceMs: 50 });
  const result = await copy(from, [slow, quick], image.digest, { onProgress }, copier);
  expect(errors(result)).toEqual([null, null]);
  for (const registry of [quick, slow]) expectWhole(registry, image);
  expect(result.sourceBytes).toBe(bytesOf(image));
  const [first, second] = ends;
  expect([first, second]).toEqual([`${quick.url}/`, `${quick.url}/`]);
  expect(quick.calls(/^GET .*blobs\/sha256/).length).toBeGreaterThan(0);
});

test('where the one that the others read from fails, they go on with the source', async () => {
  const from = await world.registry();
  const image = seedImage(from, 'shop/web', 'v1', [3 * MB]);
  const gone = { status: 404, errors: [['BLOB_UNKNOWN', 'gone']] as [string, string][] };
  // It says that it has everything, and gives nothing.
  const one = await world.registry({
    instead: ({ method, path }) => (method === 'GET' && path.includes('/blobs/') ? gone : undefined),
  });
  for (const blob of image.blobs) one.putBlob('shop/web', blob);
  const other = await world.registry();
  expect(errors(await copy(from, [one, other], image.digest))).toEqual([null, null]);
  expectWhole(other, image);
});

test('a destination that is away fails alone', async () => {
  const [from, to, away] = [await world.registry(), await world.registry(), await world.registry()];
  away.stop();
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  const result = await copy(from, [away, to], image.digest);
  expect(errors(result)).toEqual([expect.objectContaining({ code: 'REGISTRY_UNREACHABLE' }), null]);
  expectWhole(to, image);
});

test('a destination that refuses fails alone, and is told apart', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const quota = {
    status: 403,
    errors: [['DENIED', 'will exceed the configured upper limit of 1 MiB']] as [string, string][],
  };
  const full = await world.registry({ instead: ({ method }) => (method === 'POST' ? quota : undefined) });
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  const result = await copy(from, [full, to], image.digest);
  expect(errors(result)).toEqual([expect.objectContaining({ code: 'REGISTRY_QUOTA', kind: 'permanent' }), null]);
  expectWhole(to, image);
});

const none = (): Quirks => ({});

test.each<[string, () => Quirks, () => Quirks]>([
  ['resets every 300 KB at the source', () => ({ resetsAfter: 300_000 }), none],
  ['truncated answers at the source', () => ({ truncates: { after: 100_000, times: 5 } }), none],
  ['a source that ignores ranges', () => ({ ignoresRange: true }), none],
  ['a source that sends a wrong byte once', () => ({ corrupts: 1 }), none],
  ['tokens of a second at both ends', () => ({ tokens: { expiresIn: 1 } }), () => ({ tokens: { expiresIn: 1 } })],
  ['tokens that end early, as at Harbor', none, () => ({ tokens: { expiresIn: 300, endsAfter: 20, harbor: true } })],
  ['foreign Locations', none, () => ({ location: 'foreign' })],
  ['mounts that are answered with uploads', none, () => ({ mount: 'session' })],
  ['mounts that are refused', none, () => ({ mount: 'refuse' })],
  ['small blobs by POST', none, () => ({ takesPost: true })],
  ['chunks only', none, () => ({ refusesWhole: 405 })],
  [
    'chunks only, that break off, and are lost',
    none,
    () => ({ refusesWhole: 405, breaksPatch: { 1: 5000, 3: 5000 }, losesUploads: true }),
  ],
  ['a proxy that takes 1 MB', none, () => ({ bodyLimit: MB })],
  ['no digest headers', () => ({ noDigestHeader: true }), () => ({ noDigestHeader: true })],
])('%s: the image arrives', async (_what, source, destination) => {
  const [from, to] = [await world.registry(source()), await world.registry(destination())];
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  expect(errors(await copy(from, [to], image.digest))).toEqual([null]);
  expectWhole(to, image);
  expect(to.uploads.open.size).toBe(0);
});

test('500 and 429 now and then, at both ends: the image arrives', async () => {
  let count = 0;
  const instead: Quirks['instead'] = () => {
    if (++count % 5 !== 0) return undefined;
    return count % 10 === 0 ? { status: 500 } : { status: 429, headers: { 'retry-after': '0' } };
  };
  const [from, to] = [await world.registry({ instead }), await world.registry({ instead })];
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  expect(errors(await copy(from, [to], image.digest))).toEqual([null]);
  expectWhole(to, image);
});

test('a blob that is damaged at its source is not copied', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  const digest = sha256(image.blobs[2] ?? '');
  from.blobs.set(`shop/web ${digest}`, noise('other', 700_000));
  expect(errors(await copy(from, [to], image.digest))).toMatchObject([{ code: 'IMAGE_CORRUPT' }]);
  expect(to.blobs.has(`shop/web ${digest}`)).toBe(false);
  expect(to.manifests.size).toBe(0);
});

test('a blob that is gone from the source', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  from.blobs.delete(`shop/web ${sha256(image.blobs[1] ?? '')}`);
  expect(errors(await copy(from, [to], image.digest))).toMatchObject([{ code: 'IMAGE_GONE' }]);
});

test('an image that is not there', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  await expect(copy(from, [to], sha256('x'))).rejects.toMatchObject({ code: 'IMAGE_GONE' });
});

test('two images with a layer in common at the same time: it is sent once, and mounted', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const base = noise('base', 4 * MB);
  const images = ['one', 'two'].map((seed) => {
    const repository = `shop/${seed}`;
    const own = seedImage(from, repository, null, [100_000], { seed });
    from.putBlob(repository, base);
    const content = JSON.parse(own.bytes.toString()) as { layers: object[] };
    content.layers.unshift(entryOf(LAYER, base));
    const manifest = from.putManifest(repository, 'v1', MANIFEST, content);
    return { repository, ...manifest, blobs: [...own.blobs, base] };
  });
  const copier = new Copier();
  const [source, destination] = [world.client(from), world.client(to)];
  const results = await Promise.all(
    images.map(({ repository, digest }) =>
      copier.copy({
        source: { client: source, repository },
        digest,
        destinations: [{ client: destination, repository }],
        attached: false,
      }),
    ),
  );
  for (const image of images) expectWhole(to, image, image.repository);
  const tallies = results.flatMap(({ destinations }) => destinations.map(({ tally }) => tally));
  const sum = (numbers: number[]): number => numbers.reduce((all, number) => all + number, 0);
  expect(sum(tallies.map(({ mounted }) => mounted))).toBe(1);
  expect(sum(tallies.map(({ duplicates }) => duplicates))).toBe(0);
  expect(sum(results.map(({ sourceBytes }) => sourceBytes))).toBe(sum(images.map(bytesOf)) - base.length);
});

test('from one repository of a registry to another everything is mounted', async () => {
  const registry = await world.registry();
  const image = seedImage(registry, 'shop/web', 'v1', SIZES);
  const client = world.client(registry);
  const result = await new Copier().copy({
    source: { client, repository: 'shop/web' },
    digest: image.digest,
    destinations: [{ client, repository: 'mirror/web' }],
    attached: false,
  });
  expectWhole(registry, image, 'mirror/web');
  expect(result.sourceBytes).toBe(0);
  expect(result.destinations[0]?.tally).toMatchObject({ mounted: 5, sent: 0, bytes: 0 });
});

test('a blob that another process brings while it is sent is counted, and not completed a second time', async () => {
  const [from, to] = [await world.registry(), await world.registry({ slowMs: 2 })];
  const image = seedImage(from, 'shop/web', 'v1', [4 * MB]);
  const layer = image.blobs[1] ?? Buffer.alloc(0);
  const onProgress = ({ state, bytes }: BlobProgress): void => {
    if (state === 'sending' && bytes > MB) to.putBlob('shop/web', layer);
  };
  const result = await copy(from, [to], image.digest, { onProgress });
  expect(errors(result)).toEqual([null]);
  expect(result.destinations[0]?.tally).toMatchObject({ duplicates: 1, sent: 1 });
  expect(to.uploads.open.size).toBe(0);
});

test('a blob that the registry says it has, and lacks, is sent all the same', async () => {
  const from = await world.registry();
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  const to = await world.registry({ phantoms: new Set([sha256(image.blobs[1] ?? '')]) });
  expect(errors(await copy(from, [to], image.digest))).toEqual([null]);
  expectWhole(to, image);
});

test('a destination that took everything and has not got it is found out', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', 'v1', [1000]);
  to.quirks.instead = ({ method, path }) =>
    method === 'PUT' && path.includes('/manifests/') ? { status: 201 } : undefined;
  expect(errors(await copy(from, [to], image.digest))).toMatchObject([{ code: 'IMAGE_CORRUPT' }]);
});

test('how far each blob is', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', 'v1', SIZES);
  const here = image.blobs[2] ?? Buffer.alloc(0);
  to.putBlob('shop/web', here);
  const told = new Map<string, BlobProgress[]>();
  const onProgress = (one: BlobProgress): unknown => told.set(one.digest, [...(told.get(one.digest) ?? []), one]);
  await copy(from, [to], image.digest, { onProgress });
  expect(told.size).toBe(5);
  for (const blob of image.blobs) {
    const progress = told.get(sha256(blob)) ?? [];
    expect(progress[0]).toMatchObject({ state: 'queued', bytes: 0, size: blob.length });
    const last = blob === here ? { state: 'skipped' } : { state: 'done', bytes: blob.length, attempts: 1 };
    expect(progress.at(-1)).toMatchObject(last);
    const bytes = progress.map((one) => one.bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  }
});

test('an abort ends a copy with its reason, and leaves no upload behind', async () => {
  const [from, to] = [await world.registry(), await world.registry({ slowMs: 5 })];
  const image = seedImage(from, 'shop/web', 'v1', [8 * MB, 8 * MB]);
  const abort = new AbortController();
  const onProgress = ({ bytes }: BlobProgress): void => {
    if (bytes > MB) abort.abort(new Error('enough'));
  };
  await expect(copy(from, [to], image.digest, { signal: abort.signal, onProgress })).rejects.toThrow('enough');
  await expect.poll(() => to.uploads.open.size).toBe(0);
  await pause(20);
  expect(to.manifests.size).toBe(0);
});

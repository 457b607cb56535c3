import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Blob } from '../../../devfleet/images/layer.ts';
import { Copier } from '../../../src/registry/copy.ts';
import { eventually } from '../world.ts';
import { platforms } from '../../support/registry/manifest-answers.ts';
import { ask, expectThere, named, push, there } from '../../support/registry/hands.ts';
import { imageOf, type Built } from '../../support/registry/parts.ts';
import { RealRegistries, type RealRegistry } from '../../support/registry/real.ts';
import type { Tapped } from '../../support/registry/tap.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const AMD = { architecture: 'amd64', os: 'linux' };
const MB = 1_000_000;
/** The last layer is the large one. */
const SIZES = [300_000, 2 * MB, 24 * MB];

const world = new RegistryWorld();
let registries: RealRegistries;
let from: RealRegistry;
let [one, two, three]: RealRegistry[] = [];

beforeAll(async () => {
  registries = await RealRegistries.open();
  from = await registries.v3();
  [one, two, three] = await Promise.all([registries.v3(), registries.v3(), registries.v3()]);
});
afterEach(() => world.end());
afterAll(async () => registries.close());

/** One of the destinations. */
function registry(which: RealRegistry | undefined): RealRegistry {
  if (which === undefined) throw new Error('it was not started');
  return which;
}

const bytesOf = (blobs: readonly Blob[]): number => blobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
const largest = ({ blobs }: Built): Blob => blobs.reduce((a, b) => (a.bytes.length > b.bytes.length ? a : b));
/** Is it the upload of this blob? */
const carries = ({ method, headers }: Tapped, { bytes }: Blob): boolean =>
  method === 'PUT' && headers['content-length'] === String(bytes.length);

test('three destinations: every byte is read from the source once, a large blob in ranges', async () => {
  const built = imageOf('three', AMD, SIZES);
  await push(from, 'copy/three', built);
  const source = await world.tap(from);
  const result = await new Copier().copy({
    source: world.place(source, 'copy/three'),
    digest: built.root.digest,
    destinations: [one, two, three].map((to) => world.place(registry(to), 'copy/three')),
  });
  expect(result.destinations.map(({ error }) => error)).toEqual([null, null, null]);
  const reads = source.of(/^GET .*\/blobs\//);
  expect(reads.reduce((sum, { received }) => sum + received, 0)).toBe(bytesOf(built.blobs));
  expect(result.sourceBytes).toBe(bytesOf(built.blobs));
  const ofLargest = reads.filter(({ path }) => path.endsWith(largest(built).digest));
  // Of 2 MiB and more: how many says how fast the source was.
  expect(ofLargest.length).toBeGreaterThan(1);
  expect(ofLargest.length).toBeLessThanOrEqual(Math.ceil(largest(built).bytes.length / (2 * 1024 * 1024)));
  expect(new Set(ofLargest.map(({ status }) => status))).toEqual(new Set([206]));
  for (const to of [one, two, three]) await expectThere(registry(to), 'copy/three', built);
});

test('within one registry blobs are mounted; to another one each is sent once, whatever repositories it is for', async () => {
  const built = imageOf('mount', AMD, SIZES);
  await push(from, 'copy/mount', built);
  const [source, to] = [await world.tap(from), await world.tap(registry(one))];
  const copier = new Copier();
  const place = world.place(source, 'copy/mount');
  const beside = { ...place, repository: 'copy/beside' };
  const within = await copier.copy({ source: place, digest: built.root.digest, destinations: [beside] });
  expect(within).toMatchObject({ sourceBytes: 0, destinations: [{ error: null, tally: { mounted: 4, sent: 0 } }] });
  expect(source.of(/^GET .*\/blobs\/sha256/)).toEqual([]);
  await expectThere(from, 'copy/beside', built);

  const client = world.client(to);
  const destinations = ['copy/mount', 'copy/mount-2', 'copy/mount-3'].map((repository) => ({ client, repository }));
  const across = await copier.copy({ source: place, digest: built.root.digest, destinations });
  expect(across.destinations.map(({ error }) => error)).toEqual([null, null, null]);
  const totals = across.destinations.map(({ tally }) => tally);
  expect(totals.reduce((sum, { sent }) => sum + sent, 0)).toBe(4);
  expect(totals.reduce((sum, { mounted }) => sum + mounted, 0)).toBe(8);
  const layer = to.calls.filter((call) => carries(call, largest(built)));
  expect(layer.map(({ status }) => status)).toEqual([201]);
  for (const { repository } of destinations) await expectThere(registry(one), repository, built);
});

test('a destination that dies in the middle holds nobody; when it is back, only what it lacks is sent', async () => {
  const built = imageOf('dies', AMD, SIZES);
  const rest = built.blobs.filter((blob) => blob !== largest(built));
  await push(from, 'copy/dies', built);
  const dying = await registries.v3();
  const tap = await world.tap(dying);
  let isDead = false;
  tap.onPiece = async (call) => {
    if (isDead || !carries(call, largest(built)) || call.sent < 8 * MB) return;
    await eventually(async () => (await there(dying, 'copy/dies', rest)).length === rest.length);
    isDead = true;
    await dying.part.kill();
  };
  const job = {
    source: world.place(from, 'copy/dies'),
    digest: built.root.digest,
    destinations: [world.place(registry(one), 'copy/dies'), world.place(tap, 'copy/dies', { attempts: 2 })] as const,
  };
  // So that what is held above is not passed by.
  const copier = new Copier({ patienceMs: 30_000 });
  const first = await copier.copy(job);
  expect(isDead).toBe(true);
  expect(first.destinations).toMatchObject([{ error: null }, { error: { code: 'REGISTRY_UNREACHABLE' } }]);
  await expectThere(registry(one), 'copy/dies', built);

  await dying.part.start();
  expect(await there(dying, 'copy/dies', built.blobs)).toEqual(rest);
  expect(await named(dying, 'copy/dies', built.root.digest)).toBeNull();
  const answers = async (): Promise<boolean> =>
    job.destinations[1].client.ping().then(
      () => true,
      () => false,
    );
  await eventually(answers);
  const second = await copier.copy(job);
  expect(second.sourceBytes).toBe(largest(built).bytes.length);
  expect(second.destinations).toMatchObject([
    { error: null, wasHere: true, tally: { sent: 0, skipped: 0 } },
    { error: null, wasHere: false, tally: { sent: 1, skipped: rest.length, bytes: largest(built).bytes.length } },
  ]);
  await expectThere(dying, 'copy/dies', built);
});

test('a copy that is called off in the middle leaves no manifest, and no upload open', async () => {
  const built = imageOf('called off', AMD, SIZES);
  await push(from, 'copy/off', built, 'v1');
  const tap = await world.tap(registry(two));
  const abort = new AbortController();
  const reason = new Error('somebody called it off');
  tap.onPiece = async (call) => {
    if (carries(call, largest(built)) && call.sent > 8 * MB) abort.abort(reason);
  };
  const copy = new Copier().copy({
    source: world.place(from, 'copy/off'),
    digest: built.root.digest,
    destinations: [world.place(tap, 'copy/off')],
    signal: abort.signal,
  });
  await expect(copy).rejects.toBe(reason);
  expect(tap.of(/^PUT .*\/manifests\//)).toEqual([]);
  expect(await named(registry(two), 'copy/off', built.root.digest)).toBeNull();
  expect(await there(registry(two), 'copy/off', [largest(built)])).toEqual([]);
  // Nor does it keep what it got.
  const cancelled = (): string | undefined =>
    tap.of(/^DELETE .*\/uploads\//).find(({ status }) => status === 204)?.path;
  await eventually(async () => cancelled() !== undefined);
  expect(await ask(registry(two), 'GET', '', String(cancelled()))).toMatchObject({ status: 404 });
});

test('some platforms of an index, where the registry takes it without the others', async () => {
  const { built, amd } = platforms();
  await push(from, 'copy/platforms', built);
  const sparse = await registries.v3({ sparse: true });
  const place = world.place(sparse, 'copy/platforms');
  const job = { source: world.place(from, place.repository), digest: built.root.digest, destinations: [place] };
  const result = await new Copier().copy({ ...job, platforms: ['linux/amd64'] });
  expect(result.destinations.map(({ error }) => error)).toEqual([null]);
  await expectThere(sparse, place.repository, amd);
  expect(await named(sparse, place.repository, built.root.digest)).toBe(built.root.digest);
  // The attestation of the platform is there with it.
  const statuses = await Promise.all(
    built.manifests.map(
      async ({ digest }) => (await ask(sparse, 'HEAD', place.repository, `manifests/${digest}`)).status,
    ),
  );
  expect(statuses.sort()).toEqual([200, 200, 200, 404, 404]);
  expect(result.left).toHaveLength(2);
});

import { afterEach, expect, test } from 'vitest';
import { sha256 } from '../../../devfleet/images/layer.ts';
import { Copier, type CopyJob, type CopyResult } from '../../../src/registry/copy.ts';
import { fallbackTag } from '../../../src/registry/referrers.ts';
import type { Adversary } from '../../support/registry/adversary.ts';
import { entryOf, INDEX, MANIFEST, seedImage, seedIndex, type Seeded } from '../../support/registry/images.ts';
import type { Quirks } from '../../support/registry/quirks.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

// Indexes, what is attached to images, and layers that are elsewhere.

const world = new RegistryWorld();
afterEach(() => world.end());

async function copy(from: Adversary, to: Adversary, digest: string, more: Partial<CopyJob> = {}): Promise<CopyResult> {
  return new Copier().copy({ source: world.place(from), digest, destinations: [world.place(to)], ...more });
}

function expectWhole(registry: Adversary, image: Seeded): void {
  expect(registry.manifests.get(`shop/web ${image.digest}`)?.bytes.equals(image.bytes)).toBe(true);
  for (const blob of image.blobs) expect(registry.blobs.has(`shop/web ${sha256(blob)}`)).toBe(true);
}

const errors = (result: CopyResult): unknown[] => result.destinations.map(({ error }) => error);

test('an index goes with all that it lists, children first', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const images = ['amd64', 'arm64'].map((seed) => seedImage(from, 'shop/web', null, [50_000, 1000], { seed }));
  const listed = images.map((image) => ({ image }));
  const inner = seedIndex(from, 'shop/web', null, listed.slice(0, 1));
  const index = seedIndex(from, 'shop/web', 'v1', listed);
  const content = JSON.parse(index.bytes.toString()) as { manifests: object[] };
  content.manifests.push(entryOf(INDEX, inner.bytes));
  const nested = from.putManifest('shop/web', 'v1', INDEX, content);
  expect(errors(await copy(from, to, nested.digest))).toEqual([null]);
  for (const image of images) expectWhole(to, image);
  expect(to.manifests.get(`shop/web ${nested.digest}`)?.bytes.equals(nested.bytes)).toBe(true);
  expect(to.manifests.has(`shop/web ${inner.digest}`)).toBe(true);
  expect(to.calls(/^PUT .*manifests/).at(-1)).toContain(nested.digest);
});

test('some platforms of an index, with their attestations, where the registry takes that', async () => {
  const from = await world.registry();
  const [amd, arm, attested] = ['amd64', 'arm64', 'attestation'].map((seed) =>
    seedImage(from, 'shop/web', null, [50_000], { seed }),
  ) as [Seeded, Seeded, Seeded];
  const annotations = {
    'vnd.docker.reference.digest': arm.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  const index = seedIndex(from, 'shop/web', 'v1', [
    { image: amd, platform: { os: 'linux', architecture: 'amd64' } },
    { image: arm, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    { image: attested, platform: { os: 'unknown', architecture: 'unknown' }, annotations },
  ]);
  const sparse = await world.registry({ trusting: true });
  const result = await copy(from, sparse, index.digest, { platforms: ['linux/arm64'] });
  expect(errors(result)).toEqual([null]);
  for (const image of [arm, attested]) expectWhole(sparse, image);
  expect(sparse.manifests.has(`shop/web ${amd.digest}`)).toBe(false);
  expect(result.left).toEqual([amd.digest]);

  const strict = await copy(from, await world.registry(), index.digest, { platforms: ['linux/arm64/v8'] });
  expect(errors(strict)).toMatchObject([{ code: 'REGISTRY_UNSUPPORTED', kind: 'permanent' }]);
  const nothing = copy(from, sparse, index.digest, { platforms: ['windows/amd64'] });
  await expect(nothing).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
});

test.each<[string, Quirks]>([
  ['to a registry with the referrers API', { referrers: true }],
  ['to one without', {}],
])('what is attached arrives and is found there: %s', async (_what, quirks) => {
  const [from, to] = [await world.registry({ referrers: true }), await world.registry(quirks)];
  const image = seedImage(from, 'shop/web', 'v1', [1000]);
  const about = ({ bytes }: Seeded): object => entryOf(MANIFEST, bytes);
  const sbom = seedImage(from, 'shop/web', null, [2000], { seed: 'sbom', subject: about(image) });
  const signature = seedImage(from, 'shop/web', null, [300], { seed: 'of the sbom', subject: about(sbom) });
  const cosign = seedImage(from, 'shop/web', `${fallbackTag(image.digest)}.sig`, [400], { seed: 'cosign' });
  expect(errors(await copy(from, to, image.digest))).toEqual([null]);
  for (const one of [image, sbom, signature, cosign]) expectWhole(to, one);
  expect(to.tags.get(`shop/web ${fallbackTag(image.digest)}.sig`)).toBe(cosign.digest);
  expect(to.tags.has(`shop/web ${fallbackTag(image.digest)}`)).toBe(quirks.referrers !== true);
  const order = to.calls(/^PUT .*manifests\/sha256:/).map((call) => call.replace(/.*manifests\//, ''));
  expect(order.indexOf(image.digest)).toBeLessThan(order.indexOf(sbom.digest));
  expect(order.indexOf(sbom.digest)).toBeLessThan(order.indexOf(signature.digest));
});

test('a signature that came later is brought to an image that is there', async () => {
  const [from, to] = [await world.registry({ referrers: true }), await world.registry()];
  const image = seedImage(from, 'shop/web', 'v1', [1000]);
  await copy(from, to, image.digest);
  const signature = seedImage(from, 'shop/web', null, [300], { seed: 'sig', subject: entryOf(MANIFEST, image.bytes) });
  const result = await copy(from, to, image.digest);
  expect(result.destinations).toMatchObject([{ error: null, wasHere: true }]);
  expectWhole(to, signature);
});

test('a referrer that the destination took and does not list is found out', async () => {
  const [from, to] = [await world.registry({ referrers: true }), await world.registry({ referrers: true })];
  const image = seedImage(from, 'shop/web', 'v1', [1000]);
  seedImage(from, 'shop/web', null, [300], { seed: 'sig', subject: entryOf(MANIFEST, image.bytes) });
  const empty = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] });
  to.quirks.instead = ({ path }) => (path.includes('/referrers/') ? { status: 200, text: empty } : undefined);
  expect(errors(await copy(from, to, image.digest))).toMatchObject([{ code: 'IMAGE_CORRUPT' }]);
});

test('what is listed as attached and is gone is said, and keeps nothing', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', 'v1', [1000]);
  const manifests = [{ mediaType: MANIFEST, digest: sha256('gone'), size: 4 }];
  from.putManifest('shop/web', fallbackTag(image.digest), INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
  const result = await copy(from, to, image.digest);
  expect(errors(result)).toEqual([null]);
  expect(result.gone).toEqual([expect.stringContaining(sha256('gone'))]);
});

test('foreign layers are left where they are', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', null, [1000]);
  const content = JSON.parse(image.bytes.toString()) as { layers: object[] };
  const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  const foreign = { mediaType, digest: sha256('windows'), size: 7, urls: ['https://example.com/x'] };
  content.layers.push(foreign);
  const manifest = from.putManifest('shop/web', 'v1', MANIFEST, content);
  const result = await copy(from, to, manifest.digest);
  expect(errors(result)).toEqual([null]);
  expect(result.left).toEqual([foreign.digest]);
  expect(to.manifests.get(`shop/web ${manifest.digest}`)?.bytes.equals(manifest.bytes)).toBe(true);
});

test('foreign layers where no manifest may name such: nothing is sent again', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', null, [1000]);
  const content = JSON.parse(image.bytes.toString()) as { layers: object[] };
  const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
  const foreign = { mediaType, digest: sha256('windows'), size: 7, urls: ['https://example.com/x'] };
  content.layers.push(foreign);
  const manifest = from.putManifest('shop/web', 'v1', MANIFEST, content);
  to.quirks.instead = ({ method, path }) =>
    method === 'PUT' && path.includes('/manifests/')
      ? { status: 500, errors: [['MANIFEST_BLOB_UNKNOWN', foreign.digest]] }
      : undefined;
  expect(errors(await copy(from, to, manifest.digest))).toMatchObject([{ code: 'REGISTRY_UNSUPPORTED', status: 500 }]);
  expect(to.calls(/^PUT .*manifests/)).toHaveLength(1);
  expect(to.calls(/^POST/)).toHaveLength(image.blobs.length);
});

test('one blob with two sizes', async () => {
  const [from, to] = [await world.registry(), await world.registry()];
  const image = seedImage(from, 'shop/web', null, [1000]);
  const content = JSON.parse(image.bytes.toString()) as { layers: { size: number }[] };
  content.layers.push({ ...content.layers[0], size: 999 });
  const { digest } = from.putManifest('shop/web', 'v1', MANIFEST, content);
  await expect(copy(from, to, digest)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
});

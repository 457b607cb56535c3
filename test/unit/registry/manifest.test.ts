import { afterEach, expect, test } from 'vitest';
import { sha256 } from '../../../devfleet/images/layer.ts';
import { getManifest, headManifest, putManifest } from '../../../src/registry/manifest.ts';
import { INDEX, MANIFEST, seedImage } from '../../support/registry/images.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

test('the exact bytes, whatever their layout', async () => {
  const registry = await world.registry();
  const config = `{"mediaType":"x","digest":"${sha256('')}","size":0}`;
  const bytes = Buffer.from(`{ "schemaVersion":2,\n "config" : ${config}}\n\n`);
  registry.manifests.set(`shop/web ${sha256(bytes)}`, { type: `${MANIFEST}; charset=utf-8`, bytes });
  const manifest = await getManifest(world.place(registry), sha256(bytes));
  expect(manifest?.bytes.equals(bytes)).toBe(true);
  expect(manifest).toMatchObject({ digest: sha256(bytes), mediaType: MANIFEST });
});

test('no digest header: the bytes say it', async () => {
  const registry = await world.registry({ noDigestHeader: true });
  const { digest } = seedImage(registry, 'shop/web', 'v1', []);
  const place = world.place(registry);
  expect(await headManifest(place, 'v1')).toBe(digest);
  expect((await getManifest(place, 'v1'))?.digest).toBe(digest);
});

test('a digest header of another algorithm says nothing', async () => {
  const registry = await world.registry({ claims: `sha512:${'0'.repeat(128)}` });
  const { digest } = seedImage(registry, 'shop/web', 'v1', []);
  expect((await getManifest(world.place(registry), digest))?.digest).toBe(digest);
});

test('other bytes than asked for, or than said, are corrupt', async () => {
  const registry = await world.registry({ claims: sha256('other') });
  const { digest, bytes } = seedImage(registry, 'shop/web', 'v1', []);
  const place = world.place(registry);
  for (const reference of ['v1', digest]) {
    await expect(getManifest(place, reference)).rejects.toMatchObject({ code: 'IMAGE_CORRUPT' });
  }
  registry.manifests.set(`shop/web ${sha256('asked')}`, { type: MANIFEST, bytes });
  registry.quirks.noDigestHeader = true;
  await expect(getManifest(place, sha256('asked'))).rejects.toMatchObject({ code: 'IMAGE_CORRUPT' });
});

test.each([
  ['no JSON', MANIFEST, 'not json'],
  ['schema 1', 'application/vnd.docker.distribution.manifest.v1+prettyjws', '{"schemaVersion":1}'],
  ['no config', MANIFEST, '{"schemaVersion":2}'],
  ['a digest that is none', MANIFEST, '{"config":{"mediaType":"x","digest":"../../etc","size":1}}'],
  ['another type than it says', INDEX, `{"mediaType":"${MANIFEST}"}`],
])('%s cannot be copied', async (_what, type, text) => {
  const registry = await world.registry();
  const bytes = Buffer.from(text);
  registry.manifests.set(`shop/web ${sha256(bytes)}`, { type, bytes });
  const got = getManifest(world.place(registry), sha256(bytes));
  await expect(got).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
});

test('a manifest of more than 8 MiB is not read to its end', async () => {
  const registry = await world.registry();
  const bytes = Buffer.alloc(9 * 1024 * 1024, ' ');
  registry.manifests.set(`shop/web ${sha256(bytes)}`, { type: MANIFEST, bytes });
  const got = getManifest(world.place(registry), sha256(bytes));
  await expect(got).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
});

test('there is none', async () => {
  const place = world.place(await world.registry());
  expect(await getManifest(place, 'v1')).toBeNull();
  expect(await headManifest(place, sha256('x'))).toBeNull();
});

test('names that must not get into a path are not asked for', async () => {
  const registry = await world.registry();
  for (const [repository, reference] of [
    ['../shop', 'v1'],
    ['shop/web', '../../v1'],
    ['shop/web', 'sha256:short'],
    ['shop/web', ''],
  ] as const) {
    const got = getManifest(world.place(registry, repository), reference);
    await expect(got).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  }
  expect(registry.seen).toEqual([]);
});

test('a manifest that was stored as something else', async () => {
  const stored = { status: 201, headers: { 'docker-content-digest': sha256('converted') } };
  const registry = await world.registry({ instead: () => stored });
  const bytes = Buffer.from('{}');
  const put = putManifest(world.place(registry), 'v1', { bytes, mediaType: MANIFEST, digest: sha256(bytes) });
  await expect(put).rejects.toMatchObject({ code: 'IMAGE_CORRUPT' });
});

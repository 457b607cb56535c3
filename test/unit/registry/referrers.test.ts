import { afterEach, expect, test } from 'vitest';
import type { Manifest } from '../../../src/registry/descriptor.ts';
import { getManifest, type Place } from '../../../src/registry/manifest.ts';
import { cosignTags, fallbackTag, listReferrers, putReferrer } from '../../../src/registry/referrers.ts';
import type { Adversary } from '../../support/registry/adversary.ts';
import { entryOf, INDEX, MANIFEST, seedImage, type Seeded } from '../../support/registry/images.ts';
import type { Quirks } from '../../support/registry/quirks.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

interface Signed {
  registry: Adversary;
  place: Place;
  image: Seeded;
  signature: Seeded;
  another: Seeded;
}

async function signed(quirks: Quirks): Promise<Signed> {
  const registry = await world.registry(quirks);
  const image = seedImage(registry, 'shop/web', 'v1', []);
  const subject = entryOf(MANIFEST, image.bytes);
  const signature = seedImage(registry, 'shop/web', null, [], { seed: 'sig', subject });
  const another = seedImage(registry, 'shop/web', null, [], { seed: 'sbom', subject });
  return { registry, place: world.place(registry), image, signature, another };
}

async function manifestOf(place: Place, { digest }: { digest: string }): Promise<Manifest> {
  const manifest = await getManifest(place, digest);
  if (manifest === null) throw new Error(`${digest} is not there`);
  return manifest;
}

const putIndex = (registry: Adversary, tag: string, entries: Seeded[]): void => {
  const manifests = entries.map(({ bytes }) => entryOf(MANIFEST, bytes));
  registry.putManifest('shop/web', tag, INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
};

const digestsOf = (entries: { digest: string }[]): string[] => entries.map(({ digest }) => digest).sort();

test('by the API, page by page', async () => {
  const { registry, place, image, signature, another } = await signed({ referrers: true });
  expect(digestsOf(await listReferrers(place, image.digest))).toEqual(digestsOf([signature, another]));
  const page = ({ bytes }: Seeded): string =>
    JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [entryOf(MANIFEST, bytes)] });
  const headers = { link: '</v2/shop/web/referrers/x?next=1>; rel="next"' };
  registry.quirks.instead = ({ query }) =>
    query.has('next') ? { status: 200, text: page(image) } : { status: 200, text: page(signature), headers };
  const listed = await listReferrers(place, image.digest);
  expect(listed.map(({ digest }) => digest)).toEqual([signature.digest, image.digest]);
});

test('by the fall-back tag, where there is no API; which is not asked for again', async () => {
  const { registry, place, image, signature } = await signed({});
  expect(await listReferrers(place, image.digest)).toEqual([]);
  putIndex(registry, fallbackTag(image.digest), [signature]);
  expect(digestsOf(await listReferrers(place, image.digest))).toEqual([signature.digest]);
  expect(registry.calls(/referrers/)).toHaveLength(1);
});

test('what stands under the fall-back tag and is no index lists nothing', async () => {
  const { registry, place, image, signature } = await signed({});
  for (const digest of [image.digest, signature.digest]) {
    registry.tags.set(`shop/web ${fallbackTag(image.digest)}`, digest);
    expect(await listReferrers(place, image.digest)).toEqual([]);
  }
});

test('a referrer of which the registry took no note is listed under the fall-back tag, once, beside others', async () => {
  const { registry, place, image, signature, another } = await signed({});
  putIndex(registry, fallbackTag(image.digest), [another]);
  const manifest = await manifestOf(place, signature);
  await putReferrer(place, manifest);
  await putReferrer(place, manifest);
  const listed = await listReferrers(place, image.digest);
  expect(listed.map(({ digest }) => digest)).toEqual([another.digest, signature.digest]);
  const artifactType = 'application/vnd.oci.image.config.v1+json';
  expect(listed[1]).toMatchObject({ mediaType: MANIFEST, size: signature.bytes.length, artifactType });
});

test('an entry of which the registry says that it is gone does not keep others out', async () => {
  const { registry, place, image, signature, another } = await signed({});
  putIndex(registry, fallbackTag(image.digest), [another]);
  registry.manifests.delete(`shop/web ${another.digest}`);
  await putReferrer(place, await manifestOf(place, signature));
  expect(digestsOf(await listReferrers(place, image.digest))).toEqual([signature.digest]);
});

test('where the registry takes note of subjects nothing is written besides', async () => {
  const { registry, place, signature } = await signed({ referrers: true });
  await putReferrer(place, await manifestOf(place, signature));
  expect(registry.calls(/^PUT/)).toHaveLength(1);
});

test('two who list at the same time: both are listed', async () => {
  const { registry, place, image, signature, another } = await signed({});
  const tag = fallbackTag(image.digest);
  let writes = 0;
  registry.quirks.instead = ({ method, path }) => {
    // Just after our write somebody else writes, who read before it.
    if (method === 'GET' && path.endsWith(tag) && writes === 1) putIndex(registry, tag, [another]);
    if (method === 'PUT' && path.endsWith(tag)) writes++;
    return undefined;
  };
  await putReferrer(place, await manifestOf(place, signature));
  expect(writes).toBe(2);
  expect(digestsOf(await listReferrers(place, image.digest))).toEqual(digestsOf([signature, another]));
});

test('412 for an index that changed meanwhile: read again, as often as makes sense', async () => {
  const { registry, place, image, signature } = await signed({});
  const tag = fallbackTag(image.digest);
  putIndex(registry, tag, []);
  let conflicts = 1;
  registry.quirks.instead = ({ method, path, headers }) => {
    if (!path.endsWith(tag)) return undefined;
    const digest = registry.tags.get(`shop/web ${tag}`) ?? '';
    const etag = `"${digest}"`;
    const text = registry.manifests.get(`shop/web ${digest}`)?.bytes.toString() ?? '';
    if (method === 'GET') return { status: 200, text, headers: { 'content-type': INDEX, etag } };
    return headers['if-match'] !== etag || conflicts-- > 0 ? { status: 412 } : undefined;
  };
  const manifest = await manifestOf(place, signature);
  await putReferrer(place, manifest);
  expect(digestsOf(await listReferrers(place, image.digest))).toEqual([signature.digest]);
  putIndex(registry, tag, []);
  conflicts = Infinity;
  await expect(putReferrer(place, manifest)).rejects.toMatchObject({ code: 'REGISTRY_BUSY' });
});

test('an index that cannot be kept: the tag is immutable, or something else stands there', async () => {
  const { registry, place, image, signature } = await signed({});
  const tag = fallbackTag(image.digest);
  const manifest = await manifestOf(place, signature);
  registry.quirks.instead = ({ method, path }) =>
    method === 'PUT' && path.endsWith(tag) ? { status: 412, errors: [['PRECONDITION', 'immutable']] } : undefined;
  await expect(putReferrer(place, manifest)).rejects.toMatchObject({ code: 'TAG_IMMUTABLE' });
  registry.tags.set(`shop/web ${tag}`, image.digest);
  await expect(putReferrer(place, manifest)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
});

test('what cosign keeps beside an image', async () => {
  const { registry, place, image } = await signed({});
  const tag = `${fallbackTag(image.digest)}.sig`;
  const { digest } = seedImage(registry, 'shop/web', tag, [], { seed: 'cosign' });
  expect(await cosignTags(place, image.digest)).toEqual(new Map([[tag, digest]]));
});

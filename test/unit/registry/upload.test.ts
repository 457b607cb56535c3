import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { noise, sha256 } from '../../../devfleet/images/layer.ts';
import type { Place } from '../../../src/registry/manifest.ts';
import { mountOrBegin, pushBytes, uploadBlob } from '../../../src/registry/upload.ts';
import type { Adversary } from '../../support/registry/adversary.ts';
import type { MadeUp, Quirks } from '../../support/registry/quirks.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

const MB = 1024 * 1024;
const blob = noise('blob', 10 * MB + 7);
const digest = sha256(blob);

const has = (registry: Adversary, what = digest): boolean => registry.blobs.has(`shop/web ${what}`);
const methods = (registry: Adversary): string[] => registry.seen.map(({ method }) => method);
const patches = (registry: Adversary, header: string): unknown[] =>
  registry.seen.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers[header]);

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024);
}

/** One upload, as a copy does it. */
async function upload(
  place: Place,
  bytes = blob,
  body: AsyncIterable<Buffer> = pieces(bytes),
  signal?: AbortSignal,
): Promise<void> {
  const session = await mountOrBegin(place, digest, null);
  if (session === null) throw new Error('it was mounted');
  await uploadBlob(place, { digest: sha256(bytes), size: bytes.length }, session, body, signal);
}

test.each(['absolute', 'relative', 'foreign'] as const)('a Location that is %s, with a query', async (location) => {
  const registry = await world.registry({ location });
  await upload(world.place(registry));
  expect(has(registry)).toBe(true);
  const put = registry.seen.find(({ method }) => method === 'PUT');
  expect(put?.isForeign).toBe(location === 'foreign');
  expect(put?.query.get('_state')).toBe('a/b c');
  expect(put?.query.get('digest')).toBe(digest);
});

test('an upload without a Location', async () => {
  const registry = await world.registry({ instead: () => ({ status: 202 }) });
  await expect(upload(world.place(registry))).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
});

test('a mount is a blob that need not be sent', async () => {
  const registry = await world.registry();
  registry.putBlob('base/java', blob);
  expect(await mountOrBegin(world.place(registry), digest, 'base/java')).toBeNull();
  expect(has(registry)).toBe(true);
});

test('a registry may know by itself where to mount from', async () => {
  const registry = await world.registry({ mount: 'anonymous' });
  registry.putBlob('base/java', blob);
  expect(await mountOrBegin(world.place(registry), digest, null)).toBeNull();
});

test('a mount that is answered with an upload: that one is used', async () => {
  const registry = await world.registry({ mount: 'session' });
  const place = world.place(registry);
  const session = await mountOrBegin(place, digest, 'base/java');
  if (session === null) throw new Error('it was mounted');
  await uploadBlob(place, { digest, size: blob.length }, session, pieces(blob));
  expect(has(registry)).toBe(true);
  expect(methods(registry)).toEqual(['POST', 'PUT']);
});

test('a mount that is refused: an upload is begun without', async () => {
  const registry = await world.registry({ mount: 'refuse' });
  await upload(world.place(registry));
  expect(has(registry)).toBe(true);
  expect(methods(registry)).toEqual(['POST', 'POST', 'PUT']);
});

test('a small blob by one POST, where the registry takes that', async () => {
  const registry = await world.registry({ takesPost: true });
  const place = world.place(registry);
  for (const bytes of [noise('a', 100), noise('b', 100)]) {
    await pushBytes(place, sha256(bytes), bytes);
    expect(has(registry, sha256(bytes))).toBe(true);
  }
  expect(methods(registry)).toEqual(['POST', 'POST']);
});

test('a registry that ignores the body of a POST gets it by PUT, and by that alone from then on', async () => {
  const registry = await world.registry();
  const place = world.place(registry);
  for (const bytes of [noise('a', 100), noise('b', 100)]) await pushBytes(place, sha256(bytes), bytes);
  expect(methods(registry)).toEqual(['POST', 'PUT', 'POST', 'PUT']);
  const posted = registry.seen
    .filter(({ method }) => method === 'POST')
    .map(({ headers }) => headers['content-length']);
  expect(posted).toEqual(['100', '0']);
});

test('an empty blob', async () => {
  const registry = await world.registry();
  const nothing = Buffer.alloc(0);
  await upload(world.place(registry), nothing);
  expect(has(registry, sha256(nothing))).toBe(true);
});

test.each([405, 411, 413, 501])('a registry that takes no blob in one piece (%i) gets chunks next', async (status) => {
  const registry = await world.registry({ refusesWhole: status });
  const place = world.place(registry);
  await expect(upload(place)).rejects.toMatchObject({ kind: 'transient' });
  await upload(place);
  expect(has(registry)).toBe(true);
  expect(patches(registry, 'content-range')).toEqual([
    `0-${4 * MB - 1}`,
    `${4 * MB}-${8 * MB - 1}`,
    `${8 * MB}-${blob.length - 1}`,
  ]);
  const one = Buffer.from('x');
  await pushBytes(place, sha256(one), one);
  expect(has(registry, sha256(one))).toBe(true);
});

/** A registry of which it is known that it wants chunks. */
async function chunked(quirks: Quirks): Promise<{ registry: Adversary; place: Place }> {
  const registry = await world.registry({ refusesWhole: 405, ...quirks });
  const place = world.place(registry);
  place.client.traits.takesWholeBlobs = false;
  return { registry, place };
}

test('chunks are as large as the registry wants them', async () => {
  const { registry, place } = await chunked({ leastChunk: 6 * MB });
  await upload(place);
  expect(patches(registry, 'content-length')).toEqual([String(6 * MB), String(4 * MB + 7)]);
  expect(has(registry)).toBe(true);
});

test('chunks that a proxy finds too large are halved until it takes them', async () => {
  const { registry, place } = await chunked({ bodyLimit: MB });
  await upload(place);
  expect(has(registry)).toBe(true);
});

test('416: the registry is asked how far it is, and the rest is sent', async () => {
  const { registry, place } = await chunked({ misorders: [2] });
  await upload(place);
  expect(has(registry)).toBe(true);
  expect(methods(registry)).toEqual(['POST', 'PATCH', 'PATCH', 'GET', 'PATCH', 'PATCH', 'PUT']);
});

test('a chunk that broke off is sent on from where the registry is', async () => {
  const { registry, place } = await chunked({ breaksPatch: { 2: 100_000 } });
  await upload(place);
  expect(has(registry)).toBe(true);
  expect(patches(registry, 'content-range')[2]).toBe(`${4 * MB + 100_000}-${8 * MB - 1}`);
});

test('the first chunk, of which nothing came: 0-0 is nothing', async () => {
  const { registry, place } = await chunked({ misorders: [1] });
  await upload(place);
  expect(has(registry)).toBe(true);
});

test('an upload that is lost after a chunk broke off is a blob to be sent anew', async () => {
  const { registry, place } = await chunked({ breaksPatch: { 2: 100_000 }, losesUploads: true });
  await expect(upload(place)).rejects.toMatchObject({ code: 'UPLOAD_LOST', kind: 'transient' });
  await upload(place);
  expect(has(registry)).toBe(true);
});

test('bytes at hand are sent anew by themselves: 500, an upload that is lost, a connection that is dropped', async () => {
  const faults: (MadeUp | 'drop')[] = [
    { status: 500 },
    { status: 404, errors: [['BLOB_UPLOAD_INVALID', 'gone']] },
    'drop',
  ];
  const registry = await world.registry({ instead: ({ method }) => (method === 'PUT' ? faults.shift() : undefined) });
  const bytes = noise('small', 1000);
  await pushBytes(world.place(registry), sha256(bytes), bytes);
  expect(has(registry, sha256(bytes))).toBe(true);
  expect(faults).toEqual([]);
});

test('bytes that somebody else brought meanwhile are not sent again', async () => {
  const bytes = noise('small', 1000);
  const registry = await world.registry();
  registry.quirks.instead = ({ method }) => {
    if (method !== 'PUT') return undefined;
    registry.putBlob('shop/web', bytes);
    return 'drop';
  };
  await pushBytes(world.place(registry), sha256(bytes), bytes);
  expect(registry.calls(/^PUT/)).toHaveLength(1);
});

test('an upload that is given up is deleted there', async () => {
  const registry = await world.registry();
  const failing = async function* (): AsyncGenerator<Buffer> {
    yield blob.subarray(0, MB);
    throw new Error('the source is gone');
  };
  await expect(upload(world.place(registry), blob, failing())).rejects.toThrow('the source is gone');
  expect(registry.uploads.open.size).toBe(0);
  expect(registry.calls(/^DELETE/)).toHaveLength(1);
});

test('an upload that is given up is deleted where it would go on, where the registry wants that', async () => {
  const registry = await world.registry({ refusesWhole: 400 });
  let refusals = 2;
  registry.quirks.instead = ({ method }) => (method === 'DELETE' && refusals-- > 0 ? { status: 416 } : undefined);
  await expect(upload(world.place(registry))).rejects.toMatchObject({ status: 400 });
  expect(registry.uploads.open.size).toBe(0);
  expect(registry.calls(/^(DELETE|GET)/).map((call) => call.split(' ')[0])).toEqual([
    'DELETE',
    'GET',
    'DELETE',
    'GET',
    'DELETE',
  ]);
});

test('an abort gives the upload up, too', async () => {
  const registry = await world.registry();
  const abort = new AbortController();
  const endless = async function* (): AsyncGenerator<Buffer> {
    yield blob.subarray(0, MB);
    abort.abort(new Error('enough'));
    await pause(20);
    yield blob.subarray(MB);
  };
  await expect(upload(world.place(registry), blob, endless(), abort.signal)).rejects.toThrow('enough');
  expect(registry.uploads.open.size).toBe(0);
});

test('a registry that takes nothing any more is given up after the stall time', async () => {
  const registry = await world.registry({ stalls: true });
  const place = world.place(registry, 'shop/web', { stallMs: 200 });
  await expect(upload(place, noise('long', 30 * MB))).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: expect.stringContaining('took nothing of a blob for 0.2 s') as string,
  });
});

test('a registry that has everything and does not answer is given up, too', async () => {
  const registry = await world.registry({ stalls: true });
  const place = world.place(registry, 'shop/web', { answerMs: 30 });
  await expect(upload(place, noise('short', 100))).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: expect.stringContaining('did not say within 0.3 s') as string,
  });
});

test('a slow body is no stall of the registry', async () => {
  const registry = await world.registry();
  const slow = async function* (): AsyncGenerator<Buffer> {
    yield blob.subarray(0, MB);
    await pause(400);
    yield blob.subarray(MB);
  };
  await upload(world.place(registry, 'shop/web', { stallMs: 200 }), blob, slow());
  expect(has(registry)).toBe(true);
});

test('another blob than said is corrupt', async () => {
  const registry = await world.registry();
  const wrong = Buffer.from(blob);
  wrong[5] = (wrong[5] ?? 0) ^ 1;
  const uploading = upload(world.place(registry), blob, pieces(wrong));
  await expect(uploading).rejects.toMatchObject({ code: 'IMAGE_CORRUPT', kind: 'corrupt' });
});

test('a registry that says that it stored another blob', async () => {
  const stored = { status: 201, headers: { 'docker-content-digest': sha256('other') } };
  const registry = await world.registry({ instead: ({ method }) => (method === 'PUT' ? stored : undefined) });
  await expect(upload(world.place(registry))).rejects.toMatchObject({ code: 'IMAGE_CORRUPT' });
});

import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { sha256 } from '../../../devfleet/images/layer.ts';
import { RegistryClient } from '../../../src/registry/client.ts';
import { headManifest, putManifest } from '../../../src/registry/manifest.ts';
import { pushBytes } from '../../../src/registry/upload.ts';
import { MANIFEST, seedImage } from '../../support/registry/images.ts';
import type { MadeUp } from '../../support/registry/quirks.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

test.each<[string, MadeUp | 'drop']>([
  ['500', { status: 500 }],
  ['503', { status: 503, errors: [['UNAVAILABLE', 'later']] }],
  ['408', { status: 408 }],
  ['429 without a time', { status: 429, errors: [['TOOMANYREQUESTS', 'slow down']] }],
  ['a connection that is dropped', 'drop'],
])('%s: asked again', async (_what, fault) => {
  const faults = [fault, fault];
  const registry = await world.registry({ instead: () => faults.shift() });
  const { digest } = seedImage(registry, 'shop/web', 'v1', []);
  expect(await headManifest(world.place(registry), 'v1')).toBe(digest);
  expect(registry.seen).toHaveLength(3);
});

test('attempts end, with what the last one met', async () => {
  const registry = await world.registry({ instead: () => ({ status: 502, text: 'bad gateway' }) });
  const asked = headManifest(world.place(registry, 'shop/web', { attempts: 3 }), 'v1');
  await expect(asked).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', status: 502, kind: 'transient' });
  expect(registry.seen).toHaveLength(3);
});

test('429 with Retry-After: nobody calls that registry before', async () => {
  const times: number[] = [];
  const registry = await world.registry({
    instead: () => {
      times.push(performance.now());
      return times.length === 1 ? { status: 429, headers: { 'retry-after': '1' } } : undefined;
    },
  });
  const { digest } = seedImage(registry, 'shop/web', 'v1', []);
  const place = world.place(registry);
  const first = headManifest(place, 'v1');
  await expect.poll(() => times.length).toBe(1);
  await pause(100);
  const second = headManifest(place, 'v1');
  expect(await Promise.all([first, second])).toEqual([digest, digest]);
  const [begun = 0, ...later] = times;
  expect(Math.min(...later) - begun).toBeGreaterThan(900);
});

test('a registry that wants us to wait long is left, and says until when', async () => {
  const registry = await world.registry({ instead: () => ({ status: 429, headers: { 'retry-after': '120' } }) });
  const asked = headManifest(world.place(registry), 'v1');
  await expect(asked).rejects.toMatchObject({ code: 'REGISTRY_BUSY', retryAfterMs: 120_000, kind: 'transient' });
  expect(registry.seen).toHaveLength(1);
});

test('Retry-After may be a date', async () => {
  const at = new Date(Date.now() + 60_000).toUTCString();
  const registry = await world.registry({ instead: () => ({ status: 503, headers: { 'retry-after': at } }) });
  const error: unknown = await headManifest(world.place(registry), 'v1').catch((thrown: unknown) => thrown);
  const { retryAfterMs } = error as { retryAfterMs: number };
  expect(retryAfterMs).toBeGreaterThan(30_000);
  expect(retryAfterMs).toBeLessThanOrEqual(60_000);
});

const HARBORS_QUOTA =
  'adding 2.1 MiB of storage resource, which when updated to current usage of 97.9 MiB will exceed the configured upper limit of 100.0 MiB.';

test.each<[string, MadeUp, object]>([
  [
    'denied',
    { status: 403, errors: [['DENIED', 'requested access is denied']] },
    { code: 'REGISTRY_DENIED', kind: 'permanent' },
  ],
  [
    'quota, as Harbor says it',
    { status: 403, errors: [['DENIED', HARBORS_QUOTA]] },
    { code: 'REGISTRY_QUOTA', kind: 'permanent' },
  ],
  [
    'immutable',
    { status: 412, errors: [['PRECONDITION', 'configured as immutable']] },
    { code: 'TAG_IMMUTABLE', kind: 'permanent' },
  ],
  [
    "a project's policy, as Harbor says it",
    { status: 412, errors: [['PROJECTPOLICYVIOLATION', 'The image is not signed by cosign.']] },
    { code: 'REGISTRY_DENIED', kind: 'permanent' },
  ],
  ['too large', { status: 413, text: '<html>nginx</html>' }, { code: 'REGISTRY_TOO_LARGE', kind: 'permanent' }],
  [
    'read only',
    { status: 405, errors: [['UNSUPPORTED', 'read only']] },
    { code: 'REGISTRY_UNSUPPORTED', kind: 'permanent' },
  ],
  [
    'no such project',
    { status: 404, errors: [['NOT_FOUND', 'project shop not found']] },
    { code: 'REPOSITORY_UNKNOWN', kind: 'permanent' },
  ],
  [
    'layers elsewhere, as distribution says it',
    {
      status: 500,
      errors: [
        ['UNKNOWN', 'unknown error'],
        ['MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry'],
      ],
    },
    { code: 'REGISTRY_REFUSED', kind: 'permanent' },
  ],
  ['invalid', { status: 400, errors: [['MANIFEST_INVALID', 'no']] }, { code: 'REGISTRY_REFUSED', kind: 'permanent' }],
  ['digest', { status: 400, errors: [['DIGEST_INVALID', 'no']] }, { code: 'IMAGE_CORRUPT', kind: 'corrupt' }],
  ['any body', { status: 400, text: '{"errors":"many"}' }, { code: 'REGISTRY_REFUSED', reported: [] }],
])('what a refusal means: %s', async (_what, made, expected) => {
  const registry = await world.registry({ instead: () => made });
  const bytes = Buffer.from('{}');
  const put = putManifest(world.place(registry), 'v1', { bytes, mediaType: MANIFEST, digest: sha256(bytes) });
  await expect(put).rejects.toMatchObject(expected);
  expect(registry.seen).toHaveLength(1);
});

test('messages leave out queries, which may be signed', async () => {
  const registry = await world.registry({
    instead: ({ method }) => (method === 'PUT' ? { status: 400, text: 'no' } : undefined),
  });
  const bytes = Buffer.from('x');
  const error: unknown = await pushBytes(world.place(registry), sha256(bytes), bytes).catch(
    (thrown: unknown) => thrown,
  );
  expect(String(error)).toMatch(/PUT http:\/\/127\.0\.0\.1:\d+\/v2\/shop\/web\/blobs\/uploads\/[^?]+: status 400 no$/);
});

test('a redirect in a circle', async () => {
  const registry = await world.registry({ instead: ({ path }) => ({ status: 307, headers: { location: path } }) });
  await expect(headManifest(world.place(registry), 'v1')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
});

test('no more requests at a time than the client is given', async () => {
  const registry = await world.registry({ slowMs: 0 });
  seedImage(registry, 'shop/web', 'v1', []);
  let [now, most] = [0, 0];
  registry.quirks.instead = () => {
    most = Math.max(most, ++now);
    setImmediate(() => now--);
    return undefined;
  };
  const few = world.place(registry, 'shop/web', { reads: 2 });
  await Promise.all(Array.from({ length: 20 }, () => headManifest(few, 'v1')));
  expect(most).toBeLessThanOrEqual(2);
  expect(registry.seen).toHaveLength(20);
});

test('no more requests a second than the client is given', async () => {
  const registry = await world.registry();
  seedImage(registry, 'shop/web', 'v1', []);
  const paced = world.place(registry, 'shop/web', { perSecond: 20 });
  const begun = performance.now();
  await Promise.all(Array.from({ length: 15 }, () => headManifest(paced, 'v1')));
  expect(performance.now() - begun).toBeGreaterThan(400); // 15 at 20 a second, less a burst of a quarter second
});

test('an abort ends a call and a wait between attempts, with its reason', async () => {
  const registry = await world.registry({ instead: () => ({ status: 503, headers: { 'retry-after': '2' } }) });
  const begun = performance.now();
  const asked = headManifest(world.place(registry), 'v1', AbortSignal.timeout(100));
  await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(performance.now() - begun).toBeLessThan(1500);
});

test.each(['registry.example', 'ftp://registry.example', ''])('"%s" is no URL of a registry', (url) => {
  expect(() => new RegistryClient({ url })).toThrow(/no URL of a registry/);
});

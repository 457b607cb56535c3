import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { noise, sha256 } from '../../../devfleet/images/layer.ts';
import { Authenticator } from '../../../src/registry/auth.ts';
import { staticCredentials } from '../../../src/registry/credentials.ts';
import { hasBlob, readBlob } from '../../../src/registry/download.ts';
import { headManifest } from '../../../src/registry/manifest.ts';
import { mountOrBegin, pushBytes, uploadBlob } from '../../../src/registry/upload.ts';
import { seedImage } from '../../support/registry/images.ts';
import type { Seen } from '../../support/registry/quirks.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

const robot = staticCredentials({ username: 'robot', password: 'se:cret' });
const sent = (seen: readonly Seen[]): unknown[] => seen.map(({ headers }) => headers['authorization']);

test('a token is asked for once for all calls that need the same, and again before it ends', async () => {
  const registry = await world.registry({ tokens: { expiresIn: 1, wants: 'robot:se:cret' } });
  const { digest } = seedImage(registry, 'shop/web', 'v1', [10]);
  const place = world.place(registry, 'shop/web', { credentials: robot });
  await headManifest(place, 'v1');
  await Promise.all(Array.from({ length: 10 }, () => headManifest(place, digest)));
  expect(registry.calls(/token/)).toHaveLength(1);
  await pause(950);
  await headManifest(place, digest);
  expect(registry.calls(/token/)).toHaveLength(2);
  // It was renewed ahead: nothing but the very first call was refused.
  expect(sent(registry.seen).filter((one) => one === undefined)).toHaveLength(1);
});

test('a token that does not say how long it lives, and one that is called access_token', async () => {
  const registry = await world.registry({ tokens: { expiresIn: null, field: 'access_token' } });
  seedImage(registry, 'shop/web', 'v1', [10]);
  const place = world.place(registry);
  await headManifest(place, 'v1');
  await headManifest(place, 'v1');
  expect(registry.calls(/token/)).toHaveLength(1);
});

test('without a word on it a token lives 60 s', async () => {
  let asked = 0;
  const auth = new Authenticator(new URL('https://registry.example'), robot, async () => ({ token: String(++asked) }));
  const scopes = ['repository:a:pull'];
  const challenge = { scheme: 'bearer', params: { realm: 'https://auth.example/token' } };
  expect(await auth.challenged([challenge], scopes, null)).toBe('Bearer 1');
  const now = Date.now();
  const at = async (ms: number): Promise<string | null> => {
    const real = Date.now;
    Date.now = () => now + ms;
    return auth.authorization(scopes, false).finally(() => (Date.now = real));
  };
  expect(await at(50_000)).toBe('Bearer 1');
  expect(await at(59_000)).toBe('Bearer 2');
});

test('a token with less than half of its life left is renewed before a blob is sent', async () => {
  const registry = await world.registry({ tokens: { expiresIn: 2 } });
  const place = world.place(registry);
  const [first, bytes] = [noise('first', 10), noise('blob', 1000)];
  await pushBytes(place, sha256(first), first);
  const before = registry.calls(/token/).length;
  await pause(1100);
  const session = await mountOrBegin(place, sha256(bytes), null);
  if (session === null) throw new Error('it was mounted');
  expect(registry.calls(/token/).length).toBe(before);
  const body = async function* (): AsyncGenerator<Buffer> {
    yield bytes;
  };
  await uploadBlob(place, { digest: sha256(bytes), size: bytes.length }, session, body());
  expect(registry.calls(/token/).length).toBe(before + 1);
  expect(registry.blobs.has(`shop/web ${sha256(bytes)}`)).toBe(true);
});

test('tokens that end sooner than they said are renewed, also in the middle of an upload', async () => {
  const registry = await world.registry({ tokens: { expiresIn: 300, endsAfter: 1 } });
  const place = world.place(registry);
  const bytes = noise('blob', 100_000);
  await pushBytes(place, sha256(bytes), bytes);
  expect(await hasBlob(place, sha256(bytes))).toBe(true);
  let length = 0;
  for await (const chunk of readBlob(place, { digest: sha256(bytes), size: bytes.length })) length += chunk.length;
  expect(length).toBe(bytes.length);
});

test('Harbor asks for Basic once a token has ended: it is renewed all the same', async () => {
  const registry = await world.registry({
    tokens: { expiresIn: 300, endsAfter: 1, harbor: true, wants: 'robot:se:cret' },
  });
  const { digest } = seedImage(registry, 'shop/web', 'v1', [10]);
  const place = world.place(registry, 'shop/web', { credentials: robot });
  expect(await headManifest(place, 'v1')).toBe(digest);
  expect(await headManifest(place, 'v1')).toBe(digest);
  const others = sent(registry.seen.filter(({ path }) => path !== '/token'));
  expect(others.filter((one) => String(one).startsWith('Basic'))).toEqual([]);
});

test('to mount from another repository that one is asked for, too, after the one that is written', async () => {
  const registry = await world.registry({ tokens: { expiresIn: 300 } });
  const digest = registry.putBlob('base/java', noise('blob', 10));
  expect(await mountOrBegin(world.place(registry), digest, 'base/java')).toBeNull();
  expect(registry.tokens?.given.at(-1)?.scopes).toEqual(['repository:shop/web:pull,push', 'repository:base/java:pull']);
});

test('Basic, where the registry asks for it', async () => {
  const registry = await world.registry({ basic: 'robot:se:cret' });
  const { digest } = seedImage(registry, 'shop/web', 'v1', [10]);
  expect(await headManifest(world.place(registry, 'shop/web', { credentials: robot }), 'v1')).toBe(digest);
  const denied = { code: 'REGISTRY_DENIED', kind: 'permanent', status: 401 };
  await expect(headManifest(world.place(registry), 'v1')).rejects.toMatchObject(denied);
  const wrong = staticCredentials({ username: 'robot', password: 'wrong' });
  const refused = headManifest(world.place(registry, 'shop/web', { credentials: wrong }), 'v1');
  await expect(refused).rejects.toMatchObject(denied);
});

test('a token service that refuses the credential, and one that gives fewer rights than asked', async () => {
  const strict = await world.registry({ tokens: { expiresIn: 300, wants: 'robot:other' } });
  const asked = headManifest(world.place(strict, 'shop/web', { credentials: robot }), 'v1');
  await expect(asked).rejects.toMatchObject({ code: 'REGISTRY_DENIED', status: 401 });
  const sparing = await world.registry({
    tokens: { expiresIn: 300 },
    instead: ({ path, headers }) =>
      path === '/token' || headers['authorization'] === undefined
        ? undefined
        : { status: 403, errors: [['DENIED', 'requested access is denied']] },
  });
  const retried = headManifest(world.place(sparing), 'v1');
  await expect(retried).rejects.toMatchObject({ code: 'REGISTRY_DENIED', status: 403 });
});

test.each([
  ['no token', { status: 200, text: '{}' }],
  ['something else', { status: 200, text: '<html>' }],
])('a token service that answers with %s', async (_what, answer) => {
  const registry = await world.registry({
    tokens: { expiresIn: 300 },
    instead: ({ path }) => (path === '/token' ? answer : undefined),
  });
  await expect(headManifest(world.place(registry), 'v1')).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
});

test('an identity token is exchanged by POST', async () => {
  const registry = await world.registry({ tokens: { expiresIn: 300 } });
  registry.quirks.instead = ({ method, path }) => {
    if (path !== '/token') return undefined;
    if (method !== 'POST') return { status: 405 };
    const token = registry.tokens?.give(['repository:shop/web:pull']);
    return { status: 200, text: JSON.stringify({ access_token: token, expires_in: 300 }) };
  };
  const { digest } = seedImage(registry, 'shop/web', 'v1', [10]);
  const credentials = staticCredentials({ identityToken: 'refresh' });
  expect(await headManifest(world.place(registry, 'shop/web', { credentials }), 'v1')).toBe(digest);
});

test('Authorization does not follow a redirect to another host', async () => {
  const storage = await world.registry();
  const registry = await world.registry({ basic: 'robot:se:cret', redirectsBlobs: storage.url });
  const bytes = noise('blob', 1000);
  for (const one of [storage, registry]) one.putBlob('shop/web', bytes);
  const place = world.place(registry, 'shop/web', { credentials: robot });
  const chunks: Buffer[] = [];
  for await (const chunk of readBlob(place, { digest: sha256(bytes), size: bytes.length })) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  expect(sent(storage.seen)).toEqual([undefined]);
});

test('Authorization does not follow a Location to another host', async () => {
  const registry = await world.registry({ basic: 'robot:se:cret', location: 'foreign' });
  const bytes = noise('blob', 1000);
  await pushBytes(world.place(registry, 'shop/web', { credentials: robot }), sha256(bytes), bytes);
  const foreign = registry.seen.filter(({ isForeign }) => isForeign);
  expect(foreign.map(({ method }) => method)).toEqual(['PUT']);
  expect(sent(foreign)).toEqual([undefined]);
});

test('a registry by https does not send our credential to a token service by http', async () => {
  const asked: unknown[] = [];
  const auth = new Authenticator(new URL('https://registry.example'), robot, async (one) => asked.push(one));
  const challenge = { scheme: 'bearer', params: { realm: 'http://auth.example/token', service: 'x' } };
  const denied = auth.challenged([challenge], ['repository:a:pull'], null);
  await expect(denied).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  expect(asked).toEqual([]);
});

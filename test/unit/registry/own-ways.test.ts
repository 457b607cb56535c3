import { afterEach, expect, test } from 'vitest';
import type { ClientOptions } from '../../../src/registry/client.ts';
import { staticCredentials } from '../../../src/registry/credentials.ts';
import { RegistryError } from '../../../src/registry/errors.ts';
import { getManifest, headManifest, putManifest } from '../../../src/registry/manifest.ts';
import { listTags } from '../../../src/registry/tags.ts';
import { MANIFEST, seedImage } from '../../support/registry/images.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

// What a registry does in a way of its own, beside the distribution API.

const world = new RegistryWorld();
afterEach(() => world.end());

const credentials = staticCredentials({ username: 'robot', password: 'secret' });
const BASIC = `Basic ${Buffer.from('robot:secret').toString('base64')}`;

test('its own API is called with the credential itself, whatever the registry asks for, and once', async () => {
  const registry = await world.registry({ tokens: { wants: 'robot:secret', expiresIn: 60 } });
  const client = world.client(registry, { credentials });
  const call = { method: 'GET', target: '/api/v2.0/ping', scopes: null } as const;
  await expect(client.tell({ ...call, accept: [200] })).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  expect(registry.seen.map(({ headers }) => headers['authorization'])).toEqual([BASIC]);
  // Nobody else gets it, where a redirect leads there.
  const stranger = await world.registry();
  registry.quirks.instead = () => ({ status: 307, headers: { location: `${stranger.url}/v2/` } });
  await client.tell({ ...call, accept: [200] });
  expect(stranger.seen.map(({ headers }) => headers['authorization'])).toEqual([undefined]);
  await client.tell({ ...call, target: `${stranger.url}/v2/`, accept: [200] });
  expect(stranger.seen.map(({ headers }) => headers['authorization'])).toEqual([undefined, undefined]);
});

test('without a credential it is called by nobody', async () => {
  const registry = await world.registry();
  await world.client(registry).tell({ method: 'GET', target: '/v2/', scopes: null, accept: [200] });
  expect(registry.seen[0]?.headers['authorization']).toBeUndefined();
});

/** A registry that denies everything, and what is asked for a better reason. */
async function denying(whyDenied: NonNullable<ClientOptions['whyDenied']>) {
  const registry = await world.registry({ instead: () => ({ status: 403, errors: [['DENIED', 'no']] }) });
  return world.place(registry, 'shop/web', { whyDenied });
}

test('where there is no project there is nothing in it, and nothing can be put there', async () => {
  const asked: string[] = [];
  const place = await denying(async ({ repository }) => {
    asked.push(repository);
    return Promise.resolve(new RegistryError('PROJECT_UNKNOWN', 'no project shop'));
  });
  expect(await headManifest(place, 'v1')).toBeNull();
  expect(await getManifest(place, 'v1')).toBeNull();
  const tags: string[] = [];
  for await (const tag of listTags(place)) tags.push(tag);
  expect(tags).toEqual([]);
  const image = { ...seedImage(await world.registry(), 'shop/web', 'v1', []), mediaType: MANIFEST };
  await expect(putManifest(place, 'v1', image)).rejects.toMatchObject({ code: 'PROJECT_UNKNOWN', kind: 'permanent' });
  expect(asked).toEqual(['shop/web', 'shop/web', 'shop/web', 'shop/web']);
});

test.each<[string, NonNullable<ClientOptions['whyDenied']>]>([
  ['there is none', async () => Promise.resolve(null)],
  ['nobody can tell', async () => Promise.reject(new RegistryError('REGISTRY_UNREACHABLE', 'away'))],
])('a denial stays one where %s', async (_what, why) => {
  const place = await denying(why);
  await expect(headManifest(place, 'v1')).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
});

test('what was not denied is not asked about', async () => {
  let asked = 0;
  const registry = await world.registry();
  const whyDenied = async (): Promise<null> => {
    asked++;
    return Promise.resolve(null);
  };
  const place = world.place(registry, 'shop/web', { whyDenied });
  expect(await headManifest(place, 'v1')).toBeNull();
  expect(asked).toBe(0);
});

import { afterEach, expect, test } from 'vitest';
import { lookAtRepository } from '../../src/activities/look-at-repository.ts';
import { seedImage } from '../support/registry/images.ts';
import { RegistryWorld } from '../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

const { signal } = new AbortController();

test('tags and digests are told for what they name, and null where they are not there', async () => {
  const registry = await world.registry();
  const { digest } = seedImage(registry, 'shop/web', 'v1', []);
  const look = { references: ['v1', digest, 'v2'], most: 10 };
  expect(await lookAtRepository(world.place(registry), look, signal)).toEqual({
    digests: { v1: digest, [digest]: digest, v2: null },
    isCut: false,
  });
  expect(await lookAtRepository(world.place(registry, 'shop/none'), look, signal)).toEqual({
    digests: { v1: null, [digest]: null, v2: null },
    isCut: false,
  });
});

test('of all tags as many are looked at as is allowed, over the pages, and it is said that there are more', async () => {
  const registry = await world.registry({ page: 2 });
  const digests = Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e'].map((tag) => [tag, seedImage(registry, 'shop/web', tag, [], { seed: tag }).digest]),
  );
  const place = world.place(registry);
  const all = await lookAtRepository(place, { references: null, most: 5 }, signal);
  expect(all).toEqual({ digests, isCut: false });
  const { a, b, c } = digests;
  const some = await lookAtRepository(place, { references: null, most: 3 }, signal);
  expect(some).toEqual({ digests: { a, b, c }, isCut: true });
  expect(await lookAtRepository(world.place(registry, 'none'), { references: null, most: 3 }, signal)).toEqual({
    digests: {},
    isCut: false,
  });
});

test('a registry that does not answer is no answer', async () => {
  const registry = await world.registry();
  registry.quirks.instead = () => ({ status: 503, text: 'down' });
  const place = world.place(registry, 'shop/web', { attempts: 1 });
  await expect(lookAtRepository(place, { references: ['v1'], most: 1 }, signal)).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
  });
});

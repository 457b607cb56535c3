import { afterEach, expect, test } from 'vitest';
import { sha256 } from '../../../devfleet/images/layer.ts';
import type { Place } from '../../../src/registry/manifest.ts';
import { deleteReference, listTags, moveTag, restoreTag } from '../../../src/registry/tags.ts';
import { seedImage } from '../../support/registry/images.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

async function tagsOf(place: Place, pageSize?: number): Promise<string[]> {
  const tags: string[] = [];
  for await (const tag of listTags(place, undefined, pageSize)) tags.push(tag);
  return tags;
}

test('tags come page by page, by what the registry says is next', async () => {
  const registry = await world.registry({ page: 2 });
  const tags = ['a', 'b', 'c', 'd', 'e'];
  for (const tag of tags) seedImage(registry, 'shop/web', tag, []);
  expect(await tagsOf(world.place(registry), 3)).toEqual(tags);
  expect(registry.calls()).toHaveLength(3);
});

test('no tags, no repository, and no list', async () => {
  const registry = await world.registry();
  expect(await tagsOf(world.place(registry))).toEqual([]);
  registry.quirks.instead = () => ({ status: 404, errors: [['NAME_UNKNOWN', 'no']] });
  expect(await tagsOf(world.place(registry))).toEqual([]);
  registry.quirks.instead = () => ({ status: 200, text: '<html>a login page</html>' });
  await expect(tagsOf(world.place(registry))).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
});

test('a tag is moved, says what it named before, and is restored', async () => {
  const registry = await world.registry();
  const one = seedImage(registry, 'shop/web', 'stable', [], { seed: 'one' }).digest;
  const two = seedImage(registry, 'shop/web', null, [], { seed: 'two' }).digest;
  const place = world.place(registry);
  const moved = await moveTag(place, 'stable', two);
  expect(moved).toEqual({ tag: 'stable', before: one, now: two });
  expect(registry.tags.get('shop/web stable')).toBe(two);
  expect(await restoreTag(place, moved)).toBe('restored');
  expect(registry.tags.get('shop/web stable')).toBe(one);
  expect(await restoreTag(place, moved)).toBe('restored'); // again: nothing to do
});

test('a tag that names it already is not written', async () => {
  const registry = await world.registry();
  const { digest } = seedImage(registry, 'shop/web', 'stable', []);
  const moved = await moveTag(world.place(registry), 'stable', digest);
  expect(moved).toEqual({ tag: 'stable', before: digest, now: digest });
  expect(registry.calls(/^PUT/)).toEqual([]);
});

test('what somebody else pushed since is kept', async () => {
  const registry = await world.registry();
  seedImage(registry, 'shop/web', 'stable', [], { seed: 'one' });
  const two = seedImage(registry, 'shop/web', null, [], { seed: 'two' }).digest;
  const place = world.place(registry);
  const moved = await moveTag(place, 'stable', two);
  const theirs = seedImage(registry, 'shop/web', 'stable', [], { seed: 'three' }).digest;
  expect(await restoreTag(place, moved)).toBe('kept');
  expect(registry.tags.get('shop/web stable')).toBe(theirs);
});

test.each([
  ['all', 'restored', false],
  ['digests', 'unsupported', true],
  ['none', 'unsupported', true],
] as const)('a tag that was new is deleted again, where the registry deletes %s', async (deletes, outcome, stays) => {
  const registry = await world.registry({ deletes });
  const { digest } = seedImage(registry, 'shop/web', null, []);
  const place = world.place(registry);
  const moved = await moveTag(place, 'new', digest);
  expect(moved.before).toBeNull();
  expect(await restoreTag(place, moved)).toBe(outcome);
  expect(registry.tags.has('shop/web new')).toBe(stays);
  expect(registry.manifests.has(`shop/web ${digest}`)).toBe(true);
});

test('a registry with a way of its own to delete a tag is asked in that way, and told what the tag named', async () => {
  const registry = await world.registry({ deletes: 'none' });
  const { digest } = seedImage(registry, 'shop/web', null, []);
  const asked: unknown[] = [];
  const place = world.place(registry, 'shop/web', {
    deleteTag: async ({ repository }, tag, named) => {
      asked.push([repository, tag, named]);
      return Promise.resolve('absent');
    },
  });
  const moved = await moveTag(place, 'new', digest);
  // Who finds it gone while it is there was too late: it names what somebody else pushed.
  expect(await restoreTag(place, moved)).toBe('kept');
  expect(asked).toEqual([['shop/web', 'new', digest]]);
  expect(await restoreTag(place, { ...moved, tag: 'never' })).toBe('restored');
  expect(asked).toHaveLength(1);
});

test('what is not there cannot be named', async () => {
  const place = world.place(await world.registry());
  await expect(moveTag(place, 'stable', sha256('x'))).rejects.toMatchObject({ code: 'IMAGE_GONE' });
  await expect(moveTag(place, 'no tag', sha256('x'))).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
});

test('an immutable tag, and one that does not follow', async () => {
  const registry = await world.registry();
  seedImage(registry, 'shop/web', 'stable', [], { seed: 'one' });
  const two = seedImage(registry, 'shop/web', null, [], { seed: 'two' }).digest;
  const immutable = { status: 412, errors: [['PRECONDITION', 'immutable']] as [string, string][] };
  registry.quirks.instead = ({ method }) => (method === 'PUT' ? immutable : undefined);
  await expect(moveTag(world.place(registry), 'stable', two)).rejects.toMatchObject({ code: 'TAG_IMMUTABLE' });
  registry.quirks.instead = ({ method }) => (method === 'PUT' ? { status: 201 } : undefined);
  await expect(moveTag(world.place(registry), 'stable', two)).rejects.toMatchObject({ code: 'REGISTRY_BUSY' });
});

test('deleting: by digest, what is gone, what is not supported, what is denied', async () => {
  const registry = await world.registry();
  const { digest } = seedImage(registry, 'shop/web', 'v1', []);
  const place = world.place(registry);
  expect(await deleteReference(place, digest)).toBe('deleted');
  expect(await deleteReference(place, digest)).toBe('absent');
  registry.quirks.deletes = 'none';
  expect(await deleteReference(place, digest)).toBe('unsupported');
  registry.quirks.instead = () => ({ status: 403 });
  await expect(deleteReference(place, digest)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
});

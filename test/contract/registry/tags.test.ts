import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Copier } from '../../../src/registry/copy.ts';
import { listTags, moveTag, restoreTag } from '../../../src/registry/tags.ts';
import { named, push } from '../../support/registry/hands.ts';
import { imageOf } from '../../support/registry/parts.ts';
import { RealRegistries, type RealRegistry } from '../../support/registry/real.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
const [before, now, other] = ['before', 'now', 'other'].map((seed) =>
  imageOf(seed, { architecture: 'amd64', os: 'linux' }),
) as [ReturnType<typeof imageOf>, ReturnType<typeof imageOf>, ReturnType<typeof imageOf>];

let registries: RealRegistries;
let from: RealRegistry;
let to: RealRegistry[];

beforeAll(async () => {
  registries = await RealRegistries.open();
  from = await registries.v3();
  to = await Promise.all([registries.v3(), registries.v3()]);
});
afterEach(() => world.end());
afterAll(async () => registries.close());

/** The new image is at both; the first one named the tag to something already. */
async function copied(repository: string) {
  await push(from, repository, now, 'v1');
  const [first] = to;
  if (first === undefined) throw new Error('it was not started');
  await push(first, repository, before, 'v1');
  const places = to.map((registry) => world.place(registry, repository));
  const source = world.place(from, repository);
  const result = await new Copier().copy({ source, digest: now.root.digest, destinations: places });
  expect(result.destinations.map(({ error }) => error)).toEqual([null, null]);
  const names = () => Promise.all(to.map((registry) => named(registry, repository, 'v1')));
  expect(await names()).toEqual([before.root.digest, null]);
  const moved = await Promise.all(places.map((place) => moveTag(place, 'v1', now.root.digest)));
  expect(await names()).toEqual([now.root.digest, now.root.digest]);
  expect(moved.map((one) => one.before)).toEqual([before.root.digest, null]);
  return { places, moved, names };
}

test('a tag that was moved at two registries is given back what it named, or is gone again', async () => {
  const { places, moved, names } = await copied('tags/restored');
  const restore = () => Promise.all(places.map((place, at) => restoreTag(place, moved[at] ?? failed())));
  expect(await restore()).toEqual(['restored', 'restored']);
  expect(await names()).toEqual([before.root.digest, null]);
  // Again, as after an answer that was lost.
  expect(await restore()).toEqual(['restored', 'restored']);
  expect(await names()).toEqual([before.root.digest, null]);
  // What it named in between is still there by its digest.
  expect(await named(from, 'tags/restored', now.root.digest)).toBe(now.root.digest);
  expect(await Promise.all(to.map((one) => named(one, 'tags/restored', now.root.digest)))).toEqual([
    now.root.digest,
    now.root.digest,
  ]);
});

test('what somebody else pushed under the tag since stays', async () => {
  const { places, moved, names } = await copied('tags/kept');
  for (const registry of to) await push(registry, 'tags/kept', other, 'v1');
  const restored = await Promise.all(places.map((place, at) => restoreTag(place, moved[at] ?? failed())));
  expect(restored).toEqual(['kept', 'kept']);
  expect(await names()).toEqual([other.root.digest, other.root.digest]);
});

test('tags are listed to the last page', async () => {
  const tags = Array.from({ length: 7 }, (_, at) => `v${at}`);
  for (const tag of tags) await push(from, 'tags/listed', before, tag);
  const listed: string[] = [];
  for await (const tag of listTags(world.place(from, 'tags/listed'), undefined, 3)) listed.push(tag);
  expect(listed.sort()).toEqual(tags);
  for await (const tag of listTags(world.place(from, 'tags/none'))) throw new Error(`there is no ${tag}`);
});

function failed(): never {
  throw new Error('it was not moved');
}

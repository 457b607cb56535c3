import { afterAll, beforeAll, expect, test } from 'vitest';
import { headManifest, type Place } from '../../../src/registry/manifest.ts';
import { deleteTag, moveTag, restoreTag } from '../../../src/registry/tags.ts';
import { registryClient } from '../../../src/worker/registry-client.ts';
import { HarborWorld, type As } from '../../support/harbor-world.ts';

// One tag of a Harbor is deleted by Harbor's own API: the client of the worker, as the fleet file has the registry.

let world: HarborWorld;
const closing: Place['client'][] = [];

beforeAll(async () => {
  world = await HarborWorld.start();
  await world.project('shop');
});
afterAll(async () => {
  await Promise.all(closing.map((client) => client.close()));
  await world.stop();
});

function place(repository: string, as: As = world.admin): Place {
  if (as === null || 'authorization' in as) throw new Error('it takes a user');
  const credential = { user: as.user, password: as.password };
  const client = registryClient({ url: world.fleet.harbor.url, kind: 'harbor', credential }, { attempts: 2 });
  closing.push(client);
  return { client, repository };
}

async function tags(repository: string, digest: string): Promise<string[]> {
  const [project = '', ...rest] = repository.split('/');
  const name = encodeURIComponent(encodeURIComponent(rest.join('/')));
  const { json } = await world.api('GET', `/projects/${project}/repositories/${name}/artifacts/${digest}`);
  return ((json as { tags: { name: string }[] | null }).tags ?? []).map((tag) => tag.name).sort();
}

test.each(['shop/web', 'shop/team/web'])('%s: one tag goes, the image and its other tag stay', async (repository) => {
  const { digest } = await world.push(repository, 'v1');
  await world.push(repository, 'stable');
  const at = place(repository);
  expect(await deleteTag(at, 'stable', digest)).toBe('deleted');
  expect(await deleteTag(at, 'stable', digest)).toBe('absent');
  expect(await tags(repository, digest)).toEqual(['v1']);
  expect(await deleteTag(at, 'v1', digest)).toBe('deleted');
  expect(await tags(repository, digest)).toEqual([]);
});

test('a tag that somebody moved since stays', async () => {
  const { digest } = await world.push('shop/moved', 'v1', { seed: 'one' });
  const now = await world.push('shop/moved', 'v1', { seed: 'two' });
  const at = place('shop/moved');
  expect(await deleteTag(at, 'v1', digest)).toBe('absent');
  expect(await headManifest(at, 'v1')).toBe(now.digest);
});

test('the move of a tag that was new is taken back', async () => {
  const { digest } = await world.push('shop/new', null);
  const at = place('shop/new');
  const moved = await moveTag(at, 'v1', digest);
  expect(moved.before).toBeNull();
  expect(await restoreTag(at, moved)).toBe('restored');
  expect(await headManifest(at, 'v1')).toBeNull();
  expect(await headManifest(at, digest)).toBe(digest);
});

test('an immutable tag is not deleted, and says so', async () => {
  await world.project('fixed');
  const { digest } = await world.push('fixed/web', 'v1');
  await world.hand('POST', '/projects/fixed/immutable', { tag: 'v*' });
  await expect(deleteTag(place('fixed/web'), 'v1', digest)).rejects.toMatchObject({
    code: 'TAG_IMMUTABLE',
    message: expect.stringMatching(/the tag v1 configured as immutable/) as string,
  });
  expect(await tags('fixed/web', digest)).toEqual(['v1']);
});

test('a robot needs the right to delete tags: to push is not enough, and it is told which', async () => {
  const { digest } = await world.push('shop/rights', 'v1');
  const pusher = await world.robot('shop', 'pusher', ['repository:pull', 'repository:push']);
  await expect(deleteTag(place('shop/rights', pusher), 'v1', digest)).rejects.toMatchObject({
    code: 'REGISTRY_DENIED',
    message: expect.stringMatching(/tag: delete\) in project shop$/) as string,
  });
  const deleter = await world.robot('shop', 'deleter', ['tag:delete']);
  expect(await deleteTag(place('shop/rights', deleter), 'v1', digest)).toBe('deleted');
});

test('what is no tag of a Harbor is refused before it is asked', async () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  await expect(deleteTag(place('web'), 'v1', digest)).rejects.toThrow(/"web" has no project/);
  await expect(deleteTag(place('shop/web'), 'no tag', digest)).rejects.toThrow(/no name of a tag/);
});

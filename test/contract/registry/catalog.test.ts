import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { listRepositories } from '../../../src/registry/catalog.ts';
import { push } from '../../support/registry/hands.ts';
import { imageOf } from '../../support/registry/parts.ts';
import { RealRegistries, type RealRegistry } from '../../support/registry/real.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
let registries: RealRegistries;
let registry: RealRegistry;

beforeAll(async () => {
  registries = await RealRegistries.open();
  registry = await registries.v3();
});
afterEach(() => world.end());
afterAll(async () => registries.close());

test('repositories come page by page, whatever their number; none of a registry without any', async () => {
  const { client } = world.place(registry, 'any');
  const list = async (pageSize?: number): Promise<string[]> => {
    const found: string[] = [];
    for await (const name of listRepositories(client, undefined, pageSize)) found.push(name);
    return found.toSorted();
  };
  expect(await list()).toEqual([]);
  const names = ['pay/api', 'shop/deep/er/web', 'shop/web-0', 'shop/web-1', 'shop/web-2'];
  const image = imageOf('one', { architecture: 'amd64', os: 'linux' });
  for (const name of names) await push(registry, name, image, 'v1');
  expect(await list(2)).toEqual(names);
  expect(await list()).toEqual(names);
});

test('what is no list is no answer', async () => {
  const other = await world.registry();
  other.quirks.instead = () => ({ status: 200, text: '<html>a login page</html>' });
  const { client } = world.place(other, 'any');
  await expect(listRepositories(client).next()).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { pushImage } from '../../../devfleet/images/index.ts';
import { parseFleet } from '../../../src/domain/fleet.ts';
import { idcDrivers } from '../../../src/worker/drivers.ts';
import { HarborWorld } from '../../support/harbor-world.ts';

// What a release asks of a Harbor: the worker's drivers, by the fleet file.

let world: HarborWorld;
let digest: string;

beforeAll(async () => {
  world = await HarborWorld.start();
  await world.project('private', { metadata: { public: 'false' } });
  ({ digest } = await pushImage(world.adminUrl, { repository: 'private/web', tag: 'v1', labels: {} }));
});
afterAll(() => world.stop());

/** @param credential of the registry, as the fleet file has it */
function drivers(credential: string) {
  const text = `
fleet: test
environments: [{ name: pro }]
idcs:
  - name: north
    azs: [az-1]
    registry: { url: '${world.fleet.harbor.url}', kind: harbor${credential} }
    clusters: [{ name: north-m, kind: marathon, urls: ['http://127.0.0.1:9'], network: none }]
catalogue: { url: postgres://127.0.0.1:1/none }
`;
  return idcDrivers(parseFleet(text, {}, 'fleet.yml'), 'north');
}

test('an image of a private project is found with the credential of the fleet file, and not without', async () => {
  const { user, password } = world.fleet.harbor;
  const own = drivers(`, credential: { user: ${user}, password: ${password} }`);
  expect(await own.resolveReference('private/web', 'v1')).toBe(digest);
  expect(await own.resolveReference('private/web', 'v2')).toBeNull();
  await expect(drivers('').resolveReference('private/web', 'v1')).rejects.toThrow(/status 401/);
});

import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { RealRegistries, type RealRegistry } from '../../support/registry/real.ts';
import { roundTrips } from '../../support/registry/round-trips.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

// Between two of distribution v3, which differ in how they say where an upload goes on.

const world = new RegistryWorld();
let registries: RealRegistries;
let from: RealRegistry;
let to: RealRegistry;

beforeAll(async () => {
  registries = await RealRegistries.open();
  [from, to] = await Promise.all([registries.v3(), registries.v3({ relativeUrls: true })]);
});
afterEach(() => world.end());
afterAll(async () => registries.close());

describe('from v3 to v3', () => roundTrips(world, () => ({ from, to })));

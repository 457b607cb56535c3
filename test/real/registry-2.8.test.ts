import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { manifestAnswers } from '../support/registry/manifest-answers.ts';
import { RealRegistries, type RealRegistry } from '../support/registry/real.ts';
import { roundTrips } from '../support/registry/round-trips.ts';
import { uploadAnswers } from '../support/registry/upload-answers.ts';
import { RegistryWorld } from '../support/registry/world.ts';

// Distribution 2.8.2, which is in use in many places, as Debian packs it.

const world = new RegistryWorld();
let registries: RealRegistries;
let old: RealRegistry;
let recent: RealRegistry;

beforeAll(async () => {
  registries = await RealRegistries.open();
  [old, recent] = await Promise.all([registries.v2(), registries.v3()]);
});
afterEach(() => world.end());
afterAll(async () => registries.close());

describe('from 2.8 to v3', () => roundTrips(world, () => ({ from: old, to: recent })));

describe('from v3 to 2.8', () => {
  let [from, to]: RealRegistry[] = [];
  beforeAll(async () => {
    [from, to] = await Promise.all([registries.v3(), registries.v2()]);
  });
  roundTrips(world, () => ({ from: from ?? recent, to: to ?? old }));
});

describe('what 2.8 answers', () => {
  uploadAnswers(world, () => old, {
    outOfOrder: 202,
    afterBrokenPatch: 404,
    uploadsOfBroken: 2,
    cancelled: 404,
  });

  manifestAnswers(
    world,
    () => old,
    (options) => registries.v2(options),
    { deleteByTag: 400, deleted: 'unsupported' },
  );
});

import { afterAll, afterEach, beforeAll } from 'vitest';
import { manifestAnswers } from '../../support/registry/manifest-answers.ts';
import { RealRegistries, type RealRegistry } from '../../support/registry/real.ts';
import { uploadAnswers } from '../../support/registry/upload-answers.ts';
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

uploadAnswers(world, () => registry, {
  outOfOrder: 416,
  afterBrokenPatch: 204,
  uploadsOfBroken: 1,
  cancelled: 204,
});

manifestAnswers(
  world,
  () => registry,
  (options) => registries.v3(options),
  { deleteByTag: 202, deleted: 'deleted' },
);

import { afterEach, expect, test } from 'vitest';
import { rootSubject } from '../../../src/registry/subject.ts';
import { entryOf, MANIFEST, seedImage } from '../../support/registry/images.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

test('what is attached leads to what all of it is about, which need not be there', async () => {
  const registry = await world.registry();
  const place = world.place(registry);
  const image = seedImage(registry, 'shop/web', 'v1', []);
  const attestation = seedImage(registry, 'shop/web', null, [], { seed: 'a', subject: entryOf(MANIFEST, image.bytes) });
  const signature = seedImage(registry, 'shop/web', null, [], {
    seed: 's',
    subject: entryOf(MANIFEST, attestation.bytes),
  });
  expect(await rootSubject(place, signature.digest)).toBe(image.digest);
  expect(await rootSubject(place, attestation.digest)).toBe(image.digest);
  expect(await rootSubject(place, image.digest)).toBeNull();
  registry.manifests.delete(`shop/web ${image.digest}`);
  expect(await rootSubject(place, signature.digest)).toBe(image.digest);
  expect(await rootSubject(place, image.digest)).toBeNull();
});

import { expect, test } from 'vitest';
import { Copier } from '../../../src/registry/copy.ts';
import { moveTag } from '../../../src/registry/tags.ts';
import { BUILT } from './built.ts';
import { expectThere, named, push } from './hands.ts';
import type { RegistryWorld } from './world.ts';

interface Pair {
  from: { url: string };
  to: { url: string };
}

/** Images as other tools build them arrive as they are, and are found there in the same ways. */
export function roundTrips(world: RegistryWorld, pair: () => Pair): void {
  test.each(Object.entries(BUILT))('%s', async (what, build) => {
    const { from, to } = pair();
    const built = build();
    const repository = `built/image-${Object.keys(BUILT).indexOf(what)}`;
    await push(from, repository, built, 'v1');
    await expectThere(from, repository, built);
    const [source, place] = [world.place(from, repository), world.place(to, repository)];

    const result = await new Copier().copy({ source, digest: built.root.digest, destinations: [place] });
    expect(result.destinations.map(({ error, wasHere }) => ({ error, wasHere }))).toEqual([
      { error: null, wasHere: false },
    ]);
    expect(result).toMatchObject({ left: built.left ?? [], gone: [] });
    const sizes = new Map(built.blobs.map(({ digest, bytes }) => [digest, bytes.length]));
    expect(result.sourceBytes).toBe([...sizes.values()].reduce((sum, size) => sum + size));
    await expectThere(to, repository, built);

    expect(await named(to, repository, 'v1')).toBeNull();
    await moveTag(place, 'v1', built.root.digest);
    expect(await named(to, repository, 'v1')).toBe(built.root.digest);

    const again = await new Copier().copy({ source, digest: built.root.digest, destinations: [place] });
    expect(again).toMatchObject({ destinations: [{ error: null, wasHere: true }], sourceBytes: 0 });
  });
}

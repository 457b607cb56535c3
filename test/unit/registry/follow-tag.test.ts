import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { followTag } from '../../../src/registry/follow-tag.ts';
import { TagWorld } from '../../support/registry/tag-world.ts';

describe('a tag that follows its source', () => {
  test.each([1, 2, 3, 4])(
    'of %i pushes to one tag the one that the source names stays, in every interleaving',
    async (pushes) => {
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.constantFrom<[string | null]>([null], ['old']),
          async (scheduler, [old]) => {
            const world = new TagWorld(old, scheduler);
            const all = Promise.all(Array.from({ length: pushes }, (_, n) => world.sync(`image-${n}`)));
            await scheduler.waitFor(all);
            expect(world.tag).toBe(world.source);
          },
        ),
        { numRuns: 2_000 },
      );
    },
  );

  test('a copy that comes after its tag was pushed anew writes nothing', async () => {
    const world = new TagWorld('old');
    world.source = 'second';
    world.images.add('first').add('second');
    expect(await followTag(world.reader('first'), world.store('first'), { digest: 'first', before: 'old' })).toBe(
      'superseded',
    );
    expect(world.writes).toEqual([]);
  });

  test('what was written before the source named another one is taken back: to that, to what was there, or away', async () => {
    for (const [present, expected] of [
      [['second'], 'second'],
      [[], 'old'],
    ] as const) {
      const world = new TagWorld('old');
      for (const image of ['first', ...present]) world.images.add(image);
      world.source = 'second';
      world.tag = 'first';
      await followTag(world.reader('first'), world.store('first'), { digest: 'first', before: 'old' });
      expect(world.tag).toBe(expected);
    }
    const gone = new TagWorld(null);
    gone.images.add('first');
    gone.tag = 'first';
    await followTag(gone.reader('first'), gone.store('first'), { digest: 'first', before: null });
    expect(gone.tag).toBeNull();
  });

  test('a tag that was there before is not taken away where the source has it no more', async () => {
    const world = new TagWorld('first');
    const follow = async (): Promise<string> =>
      followTag(world.reader('first'), world.store('first'), { digest: 'first', before: 'first' });
    expect(await follow()).toBe('superseded');
    expect([world.tag, world.writes]).toEqual(['first', []]);
  });
});

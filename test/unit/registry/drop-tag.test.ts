import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dropTag } from '../../../src/registry/drop-tag.ts';
import { TagWorld } from '../../support/registry/tag-world.ts';

const drop = async (world: TagWorld): Promise<string> => dropTag(world.reader('drop'), world.store('drop'), 'old');

describe('a tag that the source has no more', () => {
  test.each([
    ['old', null, true, 'deleted', null],
    [null, null, true, 'absent', null],
    ['local', null, true, 'other', 'local'],
    ['old', 'old', true, 'back', 'old'],
    ['old', 'new', true, 'back', 'old'],
    ['old', null, false, 'unsupported', 'old'],
  ])('%s, where the source has %s', async (tag, source, removes, outcome, then) => {
    const world = new TagWorld(tag);
    world.source = source;
    expect(await dropTag(world.reader('drop'), world.store('drop', removes), 'old')).toBe(outcome);
    expect(world.tag).toBe(then);
  });

  test.each([['new'], ['old'], ['new', 'newer'], ['new', 'old']])(
    'that is pushed again meanwhile (%s %s) is there in the end, in every interleaving',
    async (...pushes) => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), async (scheduler) => {
          const world = new TagWorld('old', scheduler);
          await scheduler.waitFor(Promise.all([drop(world), ...pushes.map(async (one) => world.sync(one))]));
          expect(world.tag).toBe(world.source);
        }),
        { numRuns: 2_000 },
      );
    },
  );

  test('that two comparisons delete at once is deleted, and what is not ours stays', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.constantFrom('old', 'local'), async (scheduler, tag) => {
        const world = new TagWorld(tag, scheduler);
        await scheduler.waitFor(Promise.all([drop(world), drop(world)]));
        expect(world.tag).toBe(tag === 'old' ? null : 'local');
      }),
    );
  });
});

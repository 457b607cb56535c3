import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dropTag } from '../../../src/registry/drop-tag.ts';
import { followTag, type TagStore } from '../../../src/registry/follow-tag.ts';

/** A source and a destination of one tag; each call may be held up by the schedule. */
class World {
  source: string | null = null;
  tag: string | null;
  readonly images: Set<string>;
  readonly #scheduled: <T>(act: () => T, name: string) => Promise<T>;

  constructor(
    tag: string | null,
    scheduled: <T>(act: () => T, name: string) => Promise<T> = (act) => Promise.resolve().then(act),
  ) {
    this.tag = tag;
    this.images = new Set(tag === null ? [] : [tag]);
    this.#scheduled = scheduled;
  }

  reader(by: string): Pick<TagStore, 'read'> {
    return { read: () => this.#scheduled(() => this.source, `${by} reads the source`) };
  }

  store(by: string, removes = true): TagStore {
    return {
      read: () => this.#scheduled(() => this.tag, `${by} reads`),
      has: (digest) => this.#scheduled(() => this.images.has(digest), `${by} asks for ${digest}`),
      write: (digest) =>
        this.#scheduled(() => {
          if (!this.images.has(digest)) throw new Error(`${digest} is not there`);
          this.tag = digest;
        }, `${by} writes ${digest}`),
      remove: () =>
        this.#scheduled(() => {
          if (removes) this.tag = null;
          return removes;
        }, `${by} removes`),
    };
  }

  async push(digest: string): Promise<void> {
    await this.#scheduled(() => (this.source = digest), `push of ${digest}`);
    const store = this.store(digest);
    const before = await store.read();
    await this.#scheduled(() => this.images.add(digest), `${digest} arrives`);
    await followTag(this.reader(digest), store, { digest, before });
  }

  async drop(): Promise<string> {
    return dropTag(this.reader('drop'), this.store('drop'), 'old');
  }
}

describe('a tag that the source has no more', () => {
  test.each([
    ['old', null, true, 'deleted', null],
    [null, null, true, 'absent', null],
    ['local', null, true, 'other', 'local'],
    ['old', 'old', true, 'back', 'old'],
    ['old', 'new', true, 'back', 'old'],
    ['old', null, false, 'unsupported', 'old'],
  ])('%s, where the source has %s', async (tag, source, removes, outcome, then) => {
    const world = new World(tag);
    world.source = source;
    expect(await dropTag(world.reader('drop'), world.store('drop', removes), 'old')).toBe(outcome);
    expect(world.tag).toBe(then);
  });

  test.each([['new'], ['old'], ['new', 'newer'], ['new', 'old']])(
    'that is pushed again meanwhile (%s %s) is there in the end, in every interleaving',
    async (...pushes) => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), async (scheduler) => {
          const world = new World('old', (act, name) => scheduler.schedule(Promise.resolve(name), name).then(act));
          await scheduler.waitFor(Promise.all([world.drop(), ...pushes.map(async (one) => world.push(one))]));
          expect(world.tag).toBe(world.source);
        }),
        { numRuns: 2_000 },
      );
    },
  );

  test('that two comparisons delete at once is deleted, and what is not ours stays', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.constantFrom('old', 'local'), async (scheduler, tag) => {
        const world = new World(tag, (act, name) => scheduler.schedule(Promise.resolve(name), name).then(act));
        await scheduler.waitFor(Promise.all([world.drop(), world.drop()]));
        expect(world.tag).toBe(tag === 'old' ? null : 'local');
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { followTag, type TagStore } from '../../../src/registry/follow-tag.ts';

/** A destination in which images arrive, and a source whose tag is pushed anew; each call may be held up by the schedule. */
class World {
  source: string | null = null;
  tag: string | null;
  readonly images = new Set<string>();
  readonly writes: string[] = [];
  readonly #scheduled: <T>(act: () => T, name: string) => Promise<T>;

  constructor(tag: string | null, scheduled: <T>(act: () => T, name: string) => Promise<T>) {
    this.tag = tag;
    if (tag !== null) this.images.add(tag);
    this.#scheduled = scheduled;
  }

  reader(by: string): Pick<TagStore, 'read'> {
    return { read: () => this.#scheduled(() => this.source, `${by} reads the source`) };
  }

  store(by: string, { removes = true } = {}): TagStore {
    return {
      read: () => this.#scheduled(() => this.tag, `${by} reads`),
      has: (digest) => this.#scheduled(() => this.images.has(digest), `${by} asks for ${digest}`),
      write: (digest) =>
        this.#scheduled(() => {
          if (!this.images.has(digest)) throw new Error(`${digest} is not there`);
          this.writes.push(`${by} writes ${digest}`);
          this.tag = digest;
        }, `${by} writes ${digest}`),
      remove: () =>
        this.#scheduled(() => {
          if (removes) this.tag = null;
          return removes;
        }, `${by} removes`),
    };
  }

  /** The copy of one image: it is pushed, brought, and the tag follows. */
  async sync(digest: string): Promise<void> {
    await this.#scheduled(() => (this.source = digest), `push of ${digest}`);
    const store = this.store(digest);
    const before = await store.read();
    await this.#scheduled(() => this.images.add(digest), `${digest} arrives`);
    await followTag(this.reader(digest), store, { digest, before });
  }
}

const atOnce = <T>(act: () => T): Promise<T> => Promise.resolve().then(act);

describe('a tag that follows its source', () => {
  test.each([1, 2, 3, 4])(
    'of %i pushes to one tag the one that the source names stays, in every interleaving',
    async (pushes) => {
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.constantFrom<[string | null]>([null], ['old']),
          async (scheduler, [old]) => {
            const world = new World(old, (act, name) => scheduler.schedule(Promise.resolve(name), name).then(act));
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
    const world = new World('old', atOnce);
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
      const world = new World('old', atOnce);
      for (const image of ['first', ...present]) world.images.add(image);
      world.source = 'second';
      world.tag = 'first';
      await followTag(world.reader('first'), world.store('first'), { digest: 'first', before: 'old' });
      expect(world.tag).toBe(expected);
    }
    const gone = new World(null, atOnce);
    gone.images.add('first');
    gone.tag = 'first';
    await followTag(gone.reader('first'), gone.store('first'), { digest: 'first', before: null });
    expect(gone.tag).toBeNull();
  });

  test('a tag that was there before is not taken away where the source has it no more', async () => {
    const world = new World('first', atOnce);
    const follow = async (): Promise<string> =>
      followTag(world.reader('first'), world.store('first'), { digest: 'first', before: 'first' });
    expect(await follow()).toBe('superseded');
    expect([world.tag, world.writes]).toEqual(['first', []]);
  });
});

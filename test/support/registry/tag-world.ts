import type { Scheduler } from 'fast-check';
import { followTag, type TagStore } from '../../../src/registry/follow-tag.ts';

type Scheduled = <T>(act: () => T, name: string) => Promise<T>;

/**
 * A destination in which images arrive, and a source whose tag is pushed anew; each call may be held up by a scheduler.
 */
export class TagWorld {
  source: string | null = null;
  tag: string | null;
  readonly images: Set<string>;
  readonly writes: string[] = [];
  readonly #scheduled: Scheduled;

  /** @param scheduler decides which call comes next; left out: none is held up */
  constructor(tag: string | null, scheduler?: Scheduler) {
    this.tag = tag;
    this.images = new Set(tag === null ? [] : [tag]);
    this.#scheduled = async (act, name) =>
      scheduler === undefined ? Promise.resolve().then(act) : scheduler.schedule(Promise.resolve(name), name).then(act);
  }

  reader(by: string): Pick<TagStore, 'read'> {
    return { read: () => this.#scheduled(() => this.source, `${by} reads the source`) };
  }

  /** @param removes whether the registry takes tags away */
  store(by: string, removes = true): TagStore {
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

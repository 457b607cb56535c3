import { ERRORS } from '../domain/errors.ts';
import type { Extra, TagDrop } from '../domain/sync/drift.ts';
import { dropTag } from '../registry/drop-tag.ts';
import { RegistryError } from '../registry/errors.ts';
import { tagStore } from '../registry/follow-tag.ts';
import type { Place } from '../registry/manifest.ts';
import { listTags } from '../registry/tags.ts';

export interface DropTagsInput {
  /** Registry that has them no more. */
  from: string;
  /** With the registries of this IDC. */
  tags: Omit<Extra, 'isWhole'>[];
  /** Also where the source has no tag of the repository any more. */
  repositories: boolean;
}

type Outcome = Pick<TagDrop, 'outcome' | 'detail'>;

/**
 * Deletes tags that the source has no more, each after another look at the source. One that cannot be deleted keeps none of the
 * others; where a registry deletes no tags, or does not answer, no second one is tried there: the next comparison finds them.
 * @param done what became of those that an attempt before this one has come to
 * @param tell called with all that are done, after each
 */
export async function dropTags(
  place: (registry: string, repository: string) => Place,
  { from, tags, repositories }: DropTagsInput,
  { signal, done: before, tell }: { signal: AbortSignal; done: readonly TagDrop[]; tell: (done: TagDrop[]) => void },
): Promise<TagDrop[]> {
  const done = [...before];
  const givenUp = new Map<string, Outcome>();
  const drop = async (registry: string, repository: string, tag: string, digest: string): Promise<Outcome> => {
    const source = place(from, repository);
    try {
      if (!repositories && !(await hasTags(source, signal))) return { outcome: 'emptied', detail: '' };
      const stores = [tagStore(source, tag, signal), tagStore(place(registry, repository), tag, signal)] as const;
      const outcome = await dropTag(...stores, digest);
      if (outcome === 'unsupported') givenUp.set(registry, { outcome, detail: '' });
      return { outcome, detail: '' };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RegistryError)) throw error;
      const failed: Outcome = { outcome: 'failed', detail: `${error.code}: ${error.message}` };
      if (ERRORS[error.code].retryable) givenUp.set(registry, failed);
      return failed;
    }
  };
  for (const { to, repository, tag, digest } of tags) {
    for (const registry of to) {
      const known = done.find((one) => one.registry === registry && one.repository === repository && one.tag === tag);
      if (known !== undefined) continue;
      const outcome = givenUp.get(registry) ?? (await drop(registry, repository, tag, digest));
      done.push({ registry, repository, tag, digest, ...outcome });
      tell(done);
    }
  }
  return done;
}

async function hasTags(source: Place, signal: AbortSignal): Promise<boolean> {
  for await (const _ of listTags(source, signal, 10)) return true;
  return false;
}

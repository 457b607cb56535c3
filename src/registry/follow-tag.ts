import type { TagOutcome } from '../domain/sync/progress.ts';
import { RegistryError } from './errors.ts';
import { headManifest, type Place } from './manifest.ts';
import { deleteTag, writeTag } from './tags.ts';

/** A tag of a repository: what it names, and how that is changed. */
export interface TagStore {
  /** Digest that it names; null: there is no such tag. Fresh. */
  read(): Promise<string | null>;
  /** Is the manifest of the digest there? */
  has(digest: string): Promise<boolean>;
  /** The manifest must be there. */
  write(digest: string): Promise<void>;
  /** Takes the tag away that names the digest, and nothing else. False: the registry cannot. */
  remove(digest: string): Promise<boolean>;
}

/** Rounds of two who each undo what the other did, before somebody is told. */
const MOST_ROUNDS = 20;

/**
 * Makes a tag name what the source names by it, as long as that is `digest`. No lock is needed: whoever writes reads both
 * again _after_ that, and ends only where they agree, or where what is there is somebody else's. So of several pushes to one
 * tag, in whatever order their copies come about, the one that the source names stays.
 * @param before what the destination named when the copy began: brought back where what the source names is not there yet
 * @throws REGISTRY_BUSY when somebody else moves the tag all the time, RegistryError
 */
export async function followTag(
  source: Pick<TagStore, 'read'>,
  destination: TagStore,
  { digest, before }: { digest: string; before: string | null },
): Promise<TagOutcome> {
  let wrote: string | null = digest;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const there = await destination.read();
    const named = await source.read();
    if (named === digest) {
      if (there === digest) return 'moved';
      await destination.write((wrote = digest));
      continue;
    }
    const isOurs = there === digest || there === wrote;
    if (there === named || !isOurs) return 'superseded';
    if (named !== null && (await destination.has(named))) await destination.write((wrote = named));
    // Its own copy is still to come, and moves the tag then.
    else if (there !== digest) return 'superseded';
    else if (before !== null && before !== digest) await destination.write((wrote = before));
    // One that was there before is not ours to take away: that is for rules with deletions.
    else if (before === digest || named !== null || !(await destination.remove(digest))) return 'superseded';
    else wrote = null;
  }
  throw new RegistryError('REGISTRY_BUSY', `somebody else moves the tag all the time: ${MOST_ROUNDS} times by now`);
}

/** A tag in a real registry. */
export function tagStore(place: Place, tag: string, signal?: AbortSignal): TagStore {
  return {
    read: async () => headManifest(place, tag, signal),
    has: async (digest) => (await headManifest(place, digest, signal)) === digest,
    write: async (digest) => writeTag(place, tag, digest, signal),
    remove: async (digest) => (await deleteTag(place, tag, digest, signal)) !== 'unsupported',
  };
}

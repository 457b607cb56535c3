import { followTag, type TagStore } from './follow-tag.ts';

/**
 * Deletes a tag that the source has no more, and nothing but the tag. No registry compares and deletes in one step: both are
 * read just before, and the source again after it, so that a tag that was pushed again meanwhile is brought back where its
 * image is there; where it is not, its own copy brings it.
 * @param digest what it must name: another one is somebody else's
 * @returns `absent`: there was none; `other`: it names something else; `back`: the source has it, again
 * @throws RegistryError: of a source that does not answer nothing can be said, and nothing is deleted
 */
export async function dropTag(
  source: Pick<TagStore, 'read'>,
  destination: TagStore,
  digest: string,
): Promise<'deleted' | 'absent' | 'other' | 'back' | 'unsupported'> {
  if ((await source.read()) !== null) return 'back';
  const there = await destination.read();
  if (there === null) return 'absent';
  if (there !== digest) return 'other';
  if (!(await destination.remove(digest))) return 'unsupported';
  const named = await source.read();
  // Harbor deletes it only as long as it names the digest: another one is there still.
  if (named === null) return (await destination.read()) === null ? 'deleted' : 'other';
  if (await destination.has(named)) await followTag(source, destination, { digest: named, before: null });
  return 'back';
}

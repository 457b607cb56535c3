import { pathOf, pullScope, type Answer, type Deletion } from './client.ts';
import { RegistryError } from './errors.ts';
import {
  absentWithoutProject,
  getManifest,
  headManifest,
  manifestPath,
  nameOf,
  putManifest,
  type Place,
} from './manifest.ts';
import { nextPage } from './pages.ts';
import { isTag } from './reference.ts';

/** What a tag named before it was moved, and what it names since. */
export interface Moved {
  tag: string;
  /** Null: there was no such tag. */
  before: string | null;
  now: string;
}

/**
 * Tags of a repository, page by page; none where there is no such repository.
 * @param pageSize how many to ask for at once; the registry may give fewer. Default: 1,000
 * @throws RegistryError
 */
export async function* listTags(place: Place, signal?: AbortSignal, pageSize = 1000): AsyncGenerator<string> {
  const { client, repository } = place;
  let target: string | URL | null = pathOf(repository, `tags/list?n=${pageSize}`);
  while (target !== null) {
    const page = client.send({
      method: 'GET',
      target,
      scopes: [pullScope(repository)],
      accept: [200, 404],
      signal,
    });
    const answer: Answer | null = await page.catch(absentWithoutProject);
    if (answer === null) return;
    const { status, headers, body, url } = answer;
    const text = await body.text();
    if (status === 404) return;
    const tags = tagsIn(text);
    if (tags === null) throw new RegistryError('REGISTRY_UNREACHABLE', `${nameOf(place)}: no list of tags came`);
    yield* tags;
    target = nextPage(headers['link'], url);
  }
}

/**
 * Lets a tag name a manifest that the repository has, and reads back that it does.
 * @returns what it named before, for `restoreTag`
 * @throws IMAGE_GONE when the repository lacks the manifest, TAG_IMMUTABLE, RegistryError
 */
export async function moveTag(place: Place, tag: string, digest: string, signal?: AbortSignal): Promise<Moved> {
  if (!isTag(tag)) throw new RegistryError('REGISTRY_REFUSED', `"${tag}" is no name of a tag`);
  const before = await headManifest(place, tag, signal);
  if (before !== digest) {
    await writeTag(place, tag, digest, signal);
    const named = await headManifest(place, tag, signal);
    if (named !== digest) {
      // Somebody else moved it in the meantime, or the registry answers from a cache that is behind.
      const message = `${nameOf(place)}:${tag} names ${String(named)} after it was moved to ${digest}`;
      throw new RegistryError('REGISTRY_BUSY', message);
    }
  }
  return { tag, before, now: digest };
}

/**
 * Takes a move back, only where the tag still names what was written: what somebody else pushed since stays.
 * @returns `restored`, also where it had been; `kept`: it names something else; `unsupported`: it was new, and the registry
 * deletes no tags
 * @throws IMAGE_GONE when what it named before is no longer there, RegistryError
 */
export async function restoreTag(
  place: Place,
  { tag, before, now }: Moved,
  signal?: AbortSignal,
): Promise<'restored' | 'kept' | 'unsupported'> {
  const named = await headManifest(place, tag, signal);
  if (named === before) return 'restored';
  if (named !== now) return 'kept';
  if (before !== null) {
    await writeTag(place, tag, before, signal);
    return 'restored';
  }
  const outcome = await deleteTag(place, tag, now, signal);
  if (outcome !== 'absent') return outcome === 'deleted' ? 'restored' : 'unsupported';
  // Somebody was faster: with the same, or by moving it.
  return (await headManifest(place, tag, signal)) === null ? 'restored' : 'kept';
}

/**
 * Deletes this tag of this place, and nothing else: in the way of its registry, which is Harbor's own API where the client is
 * one of a Harbor.
 * @param digest what the tag named when it was read: Harbor deletes it only as long as it does
 * @returns `absent` where there was none, or, in Harbor, where it names something else; `unsupported` where the registry
 * deletes nothing, or not by tag
 * @throws TAG_IMMUTABLE, REGISTRY_DENIED where the credential may not, RegistryError
 */
export async function deleteTag(place: Place, tag: string, digest: string, signal?: AbortSignal): Promise<Deletion> {
  if (!isTag(tag)) throw new RegistryError('REGISTRY_REFUSED', `"${tag}" is no name of a tag`);
  const own = place.client.deleteTag;
  return own === undefined ? deleteReference(place, tag, signal) : own(place, tag, digest, signal);
}

/**
 * Deletes a tag, or by its digest a manifest with all its tags. Harbor and distribution 2.8 delete no single tag this way.
 * @returns `absent` where there was none; `unsupported` where the registry deletes nothing, or not by tag
 * @throws RegistryError
 */
export async function deleteReference(place: Place, reference: string, signal?: AbortSignal): Promise<Deletion> {
  const { client, repository } = place;
  try {
    const { status } = await client.tell({
      method: 'DELETE',
      target: manifestPath(place, reference),
      scopes: [`repository:${repository}:pull,push,delete`],
      accept: [200, 202, 204, 404],
      signal,
    });
    return status === 404 ? 'absent' : 'deleted';
  } catch (error) {
    // Distribution 2.8 takes a tag for a digest that is none: 400.
    const isUnsupported =
      error instanceof RegistryError && (error.code === 'REGISTRY_UNSUPPORTED' || error.status === 400);
    if (isUnsupported) return 'unsupported';
    throw error;
  }
}

/**
 * Lets a tag name a manifest that the repository has; what it named does not matter.
 * @throws IMAGE_GONE when the repository lacks the manifest, TAG_IMMUTABLE, RegistryError
 */
export async function writeTag(place: Place, tag: string, digest: string, signal?: AbortSignal): Promise<void> {
  const manifest = await getManifest(place, digest, signal);
  if (manifest === null) throw new RegistryError('IMAGE_GONE', `${nameOf(place)} has no manifest ${digest}`);
  await putManifest(place, tag, manifest, signal);
}

/** `"tags": null` is what some registries say of a repository without any. */
function tagsIn(text: string): string[] | null {
  try {
    const { tags } = JSON.parse(text) as { tags?: unknown };
    if (tags === null) return [];
    return Array.isArray(tags) && tags.every((tag) => typeof tag === 'string') ? tags : null;
  } catch {
    return null;
  }
}

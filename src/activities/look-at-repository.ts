import type { RegistryLook } from '../domain/sync/look.ts';
import { headManifest, type Place } from '../registry/manifest.ts';
import { listTags } from '../registry/tags.ts';

/**
 * What tags and digests name in a repository; nothing where there is no such repository.
 * @param references null: all tags that there are
 * @param most tags to look at
 * @throws RegistryError
 */
export async function lookAtRepository(
  place: Place,
  { references, most }: { references: string[] | null; most: number },
  signal: AbortSignal,
): Promise<Pick<RegistryLook, 'digests' | 'isCut'>> {
  const listed = references ?? (await tagsOf(place, most + 1, signal));
  const isCut = references === null && listed.length > most;
  const digests = await Promise.all(
    // The client asks for as many at a time as its registry is to bear.
    (isCut ? listed.slice(0, most) : listed).map(
      async (reference) => [reference, await headManifest(place, reference, signal)] as const,
    ),
  );
  return { digests: Object.fromEntries(digests), isCut };
}

async function tagsOf(place: Place, most: number, signal: AbortSignal): Promise<string[]> {
  const tags: string[] = [];
  for await (const tag of listTags(place, signal)) {
    tags.push(tag);
    if (tags.length === most) break;
  }
  return tags;
}

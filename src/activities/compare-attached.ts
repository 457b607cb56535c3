import type { Missing } from '../domain/sync/drift.ts';
import { subjectOfTag } from '../domain/sync/attached-tag.ts';
import { headManifest, type Place } from '../registry/manifest.ts';
import { fallbackTag, listReferrers } from '../registry/referrers.ts';

/** An image that is in step: tag and digest, and the registries that have it. */
export type InStep = Pick<Missing, 'tag' | 'digest' | 'to'>;

/**
 * Of images that are there, those of which a registry lacks something that is attached to them at the source: what refers to
 * them, and what cosign keeps beside them. What is attached to a platform's manifest, or to something attached, is not looked
 * for: it comes along when the image is copied again.
 *
 * Requests for each different image: one at the source where it has the referrers API, and none where it has not and its list of tags
 * names nothing of the image; where something is attached one more at each registry, and one at both for each tag of cosign.
 * @param tags all of the repository at the source
 * @throws RegistryError
 */
export async function lackingAttached(
  place: (registry: string) => Place,
  source: Place,
  images: readonly InStep[],
  tags: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Missing[]> {
  const cosign = new Map<string, string[]>();
  for (const tag of tags) {
    const subject = subjectOfTag(tag);
    if (subject === null || tag === fallbackTag(subject)) continue;
    cosign.set(subject, [...(cosign.get(subject) ?? []), tag]);
  }
  const different = new Map<string, InStep>();
  for (const image of images) {
    const known = different.get(image.digest);
    const to = [...new Set([...(known?.to ?? []), ...image.to])];
    different.set(image.digest, { ...image, tag: known?.tag ?? image.tag, to });
  }
  const found = await Promise.all(
    [...different.values()].map(async (image): Promise<Missing | null> => {
      const { digest, to } = image;
      const own = cosign.get(digest) ?? [];
      const isListed = source.client.traits.listsReferrers !== false || tags.has(fallbackTag(digest));
      const referrers = isListed ? digestsOf(await listReferrers(source, digest, signal)) : [];
      if (referrers.length === 0 && own.length === 0) return null;
      const kept = await Promise.all(own.map(async (tag) => [tag, await headManifest(source, tag, signal)] as const));
      const lacks = await Promise.all(
        to.map(async (name) => {
          const there = place(name);
          const listed = referrers.length === 0 ? [] : digestsOf(await listReferrers(there, digest, signal));
          const missing = referrers.filter((one) => !listed.includes(one));
          // A list may name what is gone: no copy brings that.
          const real = await Promise.all(missing.map(async (one) => headManifest(source, one, signal)));
          if (real.some((one) => one !== null)) return true;
          const named = await Promise.all(kept.map(async ([tag]) => headManifest(there, tag, signal)));
          return kept.some(([, at], index) => at !== null && at !== named[index]);
        }),
      );
      const lacking = to.filter((_, at) => lacks[at] === true);
      return lacking.length === 0
        ? null
        : { repository: source.repository, tag: image.tag, digest, to: lacking, isAttached: true };
    }),
  );
  return found.filter((one) => one !== null);
}

const digestsOf = (entries: readonly { digest: string }[]): string[] => entries.map(({ digest }) => digest);

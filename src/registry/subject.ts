import { getManifest, type Place } from './manifest.ts';

/** A signature of an attestation of an image is two steps from it; more than this is a mistake, or a circle. */
const MOST_STEPS = 8;

/**
 * What a manifest is attached to in the end: the subject of its subject, and so on. A manifest without a subject is attached to
 * nothing.
 * @param digest of the manifest
 * @returns the digest that all of it is about, which need not be there; null where it is gone, or attached to nothing
 * @throws RegistryError
 */
export async function rootSubject(place: Place, digest: string, signal?: AbortSignal): Promise<string | null> {
  let root = digest;
  for (let step = 0; step < MOST_STEPS; step++) {
    const subject = (await getManifest(place, root, signal))?.content.subject?.digest;
    if (subject === undefined) break;
    root = subject;
  }
  return root === digest ? null : root;
}

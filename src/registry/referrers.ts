import { pathOf, pullScope } from './client.ts';
import { descriptorOf, readManifest, type Descriptor, type Manifest, type ManifestContent } from './descriptor.ts';
import { digestOf } from './digest.ts';
import { RegistryError } from './errors.ts';
import { headManifest, nameOf, putManifest, readBytes, type Place } from './manifest.ts';
import { OCI_INDEX } from './media.ts';
import { nextPage } from './pages.ts';

/** What cosign keeps beside an image: signatures, attestations, SBOMs. */
const COSIGN = ['sig', 'att', 'sbom'];

/** How often the index is written again because somebody else wrote it meanwhile. */
const ROUNDS = 5;

/** Tag by which what refers to a digest is found where the registry has no API for it (distribution spec). */
export function fallbackTag(digest: string): string {
  return digest.replace(':', '-');
}

/**
 * What refers to a manifest: by the referrers API, or by the fall-back tag where the registry has none.
 * @throws RegistryError
 */
export async function listReferrers(place: Place, digest: string, signal?: AbortSignal): Promise<Descriptor[]> {
  const { client, repository } = place;
  if (client.traits.listsReferrers === false) return listByTag(place, digest, signal);
  const found: Descriptor[] = [];
  let target: string | URL = pathOf(repository, `referrers/${digest}`);
  for (;;) {
    const { status, headers, body, url } = await client.send({
      method: 'GET',
      target,
      scopes: [pullScope(repository)],
      headers: { accept: OCI_INDEX },
      accept: [200, 400, 404, 405],
      signal,
    });
    const text = await body.text();
    const index = status === 200 ? indexIn(Buffer.from(text)) : null;
    // An empty answer is due where nothing refers to it: 404 says that there is no such API, and so does what is no index.
    if (index === null) {
      if (status === 404) client.traits.listsReferrers = false;
      return listByTag(place, digest, signal);
    }
    client.traits.listsReferrers = true;
    found.push(...index.manifests);
    const next = nextPage(headers['link'], url);
    if (next === null) return found;
    target = next;
  }
}

/**
 * Tags that cosign keeps for a digest and that are there.
 * @returns by tag what each names
 * @throws RegistryError
 */
export async function cosignTags(place: Place, digest: string, signal?: AbortSignal): Promise<Map<string, string>> {
  const tags = COSIGN.map((kind) => `${fallbackTag(digest)}.${kind}`);
  const named = await Promise.all(tags.map((tag) => headManifest(place, tag, signal)));
  return new Map(tags.flatMap((tag, at) => (named[at] ? [[tag, named[at]] as const] : [])));
}

/**
 * Puts a manifest by its digest, and where it has a subject of which the registry took no note, keeps the fall-back index
 * as the distribution spec asks of clients.
 * @throws RegistryError
 */
export async function putReferrer(place: Place, manifest: Manifest, signal?: AbortSignal): Promise<void> {
  const { subject } = await putManifest(place, manifest.digest, manifest, signal);
  const about = manifest.content.subject;
  if (about === undefined || subject) return;
  await addToIndex(place, about.digest, descriptorOf(manifest), signal);
}

async function listByTag(place: Place, digest: string, signal?: AbortSignal): Promise<Descriptor[]> {
  const read = await readBytes(place, fallbackTag(digest), signal);
  if (read === null || read.digest === digest) return [];
  // Some registries answer with the image itself, or with what a person keeps under such a name.
  return indexIn(read.bytes)?.manifests ?? [];
}

/**
 * Nothing locks a tag: what was written is read again, and written again where somebody else's write undid it. Entries stay,
 * but for those that the registry refuses because it lacks them.
 */
async function addToIndex(place: Place, subject: string, entry: Descriptor, signal?: AbortSignal): Promise<void> {
  const tag = fallbackTag(subject);
  const gone = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const read = await readBytes(place, tag, signal);
    const index = read === null ? { manifests: [] } : indexIn(read.bytes);
    if (index === null) {
      const message = `${nameOf(place)}:${tag} is no index: what refers to ${subject} cannot be listed there`;
      throw new RegistryError('REGISTRY_REFUSED', message);
    }
    if (index.manifests.some(({ digest }) => digest === entry.digest)) return;
    const manifests = [...index.manifests.filter(({ digest }) => !gone.has(digest)), entry];
    const content = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
    const bytes = Buffer.from(JSON.stringify(content));
    const etag: Record<string, string> = read?.etag === undefined ? {} : { 'if-match': read.etag };
    try {
      await putManifest(place, tag, { bytes, mediaType: OCI_INDEX, digest: digestOf(bytes) }, signal, etag);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      // Some registries take no index that lists what is no longer there.
      const dead = error.says('MANIFEST_BLOB_UNKNOWN') ? await missingOf(place, index.manifests, signal) : [];
      for (const digest of dead) gone.add(digest);
      // 412: it is not any more what was read. Without a condition it says that the tag is immutable.
      const isChanged = error.status === 412 && read?.etag !== undefined;
      if (dead.length === 0 && !isChanged) throw error;
    }
  }
  const message = `${nameOf(place)}:${tag}: others write it all the time; ${entry.digest} is not listed`;
  throw new RegistryError('REGISTRY_BUSY', message);
}

async function missingOf(place: Place, entries: readonly Descriptor[], signal?: AbortSignal): Promise<string[]> {
  const here = await Promise.all(entries.map(({ digest }) => headManifest(place, digest, signal)));
  return entries.filter((_, at) => here[at] === null).map(({ digest }) => digest);
}

function indexIn(bytes: Buffer): ManifestContent | null {
  try {
    const { content, mediaType } = readManifest(bytes, '', undefined);
    return mediaType === OCI_INDEX ? content : null;
  } catch {
    return null;
  }
}

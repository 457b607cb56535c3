import { pathOf, pullScope, pushScope, type RegistryClient } from './client.ts';
import { readManifest, type Manifest } from './descriptor.ts';
import { digestOf, isDigest } from './digest.ts';
import { RegistryError } from './errors.ts';
import { ACCEPT } from './media.ts';
import { isReference } from './reference.ts';

/** Registries take up to 4 MiB (distribution spec); one that takes more is read all the same. */
const MAX_BYTES = 8 * 1024 * 1024;

/** A repository of a registry. */
export interface Place {
  client: RegistryClient;
  repository: string;
}

/** `host/repository`, for messages. */
export function nameOf({ client, repository }: Place): string {
  return `${client.url.host}/${repository}`;
}

/**
 * What a tag names now, or whether a digest is there. Where the header that says so is missing or makes no sense, the bytes
 * are read and say it themselves.
 * @returns null where there is no such tag, digest or repository
 * @throws RegistryError
 */
export async function headManifest(place: Place, reference: string, signal?: AbortSignal): Promise<string | null> {
  const { client, repository } = place;
  const call = client.tell({
    method: 'HEAD',
    target: manifestPath(place, reference),
    scopes: [pullScope(repository)],
    headers: { accept: ACCEPT },
    // HEAD is optional behind some proxies.
    accept: [200, 404, 405],
    signal,
  });
  const answer = await call.catch(absentWithoutProject);
  if (answer === null || answer.status === 404) return null;
  const claimed = answer.headers['docker-content-digest'];
  if (answer.status === 200 && typeof claimed === 'string' && isDigest(claimed)) return claimed;
  return (await readBytes(place, reference, signal))?.digest ?? null;
}

/**
 * The bytes of a manifest or an index, exactly as they are, with the digest made of them: it is compared with the digest
 * that was asked for, and with the one that the registry says.
 * @returns null where there is none
 * @throws IMAGE_CORRUPT, IMAGE_UNREADABLE, RegistryError
 */
export async function getManifest(place: Place, reference: string, signal?: AbortSignal): Promise<Manifest | null> {
  const read = await readBytes(place, reference, signal);
  return read === null ? null : readManifest(read.bytes, read.digest, read.type);
}

/**
 * Puts a manifest, by a tag or by its digest.
 * @returns whether the registry took note of its subject
 * @throws RegistryError: IMAGE_CORRUPT when the registry stored another digest, TAG_IMMUTABLE, REGISTRY_REFUSED when it
 * lacks what the manifest names (`MANIFEST_BLOB_UNKNOWN`)
 */
export async function putManifest(
  place: Place,
  reference: string,
  { bytes, mediaType, digest }: Pick<Manifest, 'bytes' | 'mediaType' | 'digest'>,
  signal?: AbortSignal,
  headers: Record<string, string> = {},
): Promise<{ subject: boolean }> {
  const { client, repository } = place;
  const answer = await client.tell({
    method: 'PUT',
    target: manifestPath(place, reference),
    scopes: [pushScope(repository)],
    headers: { 'content-type': mediaType, ...headers },
    body: bytes,
    accept: [200, 201, 202, 204],
    signal,
  });
  const stored = answer.headers['docker-content-digest'];
  if (typeof stored === 'string' && sameAlgorithm(stored, digest) && stored !== digest) {
    throw new RegistryError('IMAGE_CORRUPT', `${nameOf(place)}: manifest ${digest} was stored as ${stored}`);
  }
  return { subject: answer.headers['oci-subject'] !== undefined };
}

/**
 * The bytes of what need not be a manifest that is known here.
 * @returns null where there is none; `type` and `etag` as the registry says them
 * @throws IMAGE_CORRUPT, RegistryError
 */
export async function readBytes(
  place: Place,
  reference: string,
  signal?: AbortSignal,
): Promise<{ bytes: Buffer; digest: string; type: string | undefined; etag: string | undefined } | null> {
  const { client, repository } = place;
  const call = client.send({
    method: 'GET',
    target: manifestPath(place, reference),
    scopes: [pullScope(repository)],
    headers: { accept: ACCEPT },
    accept: [200, 404],
    signal,
  });
  const answer = await call.catch(absentWithoutProject);
  if (answer === null) return null;
  const { status, headers, body } = answer;
  if (status === 404) {
    await body.dump();
    return null;
  }
  const bytes = await limited(body as AsyncIterable<Buffer>, `${nameOf(place)}@${reference}`, signal);
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const said = text('docker-content-digest');
  const claimed = said !== undefined && isDigest(said) ? said : undefined;
  const asked = isDigest(reference) ? reference : undefined;
  const digest = digestOf(bytes, asked ?? claimed);
  const isClaimed = claimed === undefined || !sameAlgorithm(claimed, digest) || claimed === digest;
  if ((asked !== undefined && digest !== asked) || !isClaimed) {
    const message = `${nameOf(place)}: ${reference} was asked for, ${String(claimed)} was said, ${digest} came`;
    throw new RegistryError('IMAGE_CORRUPT', message);
  }
  return { bytes, digest, type: text('content-type'), etag: text('etag') };
}

/** Where a Harbor has no project there is nothing in it, as with any repository that is not there. @throws any other error */
export function absentWithoutProject(error: unknown): null {
  if (error instanceof RegistryError && error.code === 'PROJECT_UNKNOWN') return null;
  throw error;
}

/** @throws REGISTRY_REFUSED for what is neither a tag nor a digest */
export function manifestPath({ repository }: Place, reference: string): string {
  if (!isReference(reference)) {
    throw new RegistryError('REGISTRY_REFUSED', `"${reference}" is neither a tag nor a digest`);
  }
  return pathOf(repository, `manifests/${reference}`);
}

async function limited(body: AsyncIterable<Buffer>, what: string, signal?: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BYTES) throw new RegistryError('IMAGE_UNREADABLE', `${what}: a manifest of more than 8 MiB`);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RegistryError) throw error;
    throw new RegistryError('REGISTRY_UNREACHABLE', `${what}: ${(error as Error).message}`, { cause: error });
  }
  return Buffer.concat(chunks);
}

/** A digest by another algorithm says nothing about this one. */
function sameAlgorithm(one: string, other: string): boolean {
  return isDigest(one) && one.split(':')[0] === other.split(':')[0];
}

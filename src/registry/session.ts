import type { Answer } from './client.ts';
import { isDigest } from './digest.ts';
import { RegistryError } from './errors.ts';
import { nameOf, type Place } from './manifest.ts';
import type { Blob } from './part.ts';

/** A registry on object storage copies a blob to its place when it is complete: so many times an answer's usual time. */
export const COMMIT_FACTOR = 10;

/** An upload that was begun. */
export interface UploadSession {
  /** Where to send to next: each answer may say another one, with a query that belongs to the session. */
  location: URL;
  /** In bytes, of all chunks but the last (`OCI-Chunk-Min-Length`); 0: any. */
  leastChunk: number;
}

/**
 * `Location` of an answer: absolute, relative, or of another host.
 * @throws REGISTRY_REFUSED where there is none
 */
export function locationOf({ headers, url }: Pick<Answer, 'headers' | 'url'>): URL {
  const { location } = headers;
  if (typeof location !== 'string' || !URL.canParse(location, url.href)) {
    throw new RegistryError('REGISTRY_REFUSED', `${url.origin + url.pathname}: an upload without a usable Location`);
  }
  return new URL(location, url);
}

/** Where an upload is ended. The query of the session stays as it is, to the letter: it may be signed. */
export function finishing(location: URL, digest: string): URL {
  const url = new URL(location);
  url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  return url;
}

/** @throws IMAGE_CORRUPT when the registry says that it stored something else */
export function refuseOther(place: Place, { digest }: Blob, { headers }: Pick<Answer, 'headers'>): void {
  const stored = headers['docker-content-digest'];
  if (typeof stored !== 'string' || !isDigest(stored) || stored === digest) return;
  if (stored.split(':')[0] !== digest.split(':')[0]) return;
  throw new RegistryError('IMAGE_CORRUPT', `${nameOf(place)}: blob ${digest} was stored as ${stored}`);
}

import { Attempts } from './back-off.ts';
import { pushScope, type Answer } from './client.ts';
import { isTransient, RegistryError } from './errors.ts';
import { nameOf, type Place } from './manifest.ts';
import type { Blob } from './part.ts';
import { COMMIT_FACTOR, finishing, locationOf, refuseOther, type UploadSession } from './session.ts';

/** Proxies before registries often take no more than 10 MB, some 1 MB: a chunk that is refused is halved. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const LEAST_BYTES = 64 * 1024;

/**
 * Uploads a blob in chunks, one after the other. A chunk is kept until the registry has it: after an error the registry is
 * asked how far it is, and the rest is sent.
 *
 * Memory: one chunk, of 4 MiB or of what the registry wants at least.
 * @throws RegistryError: UPLOAD_LOST where the registry knows the upload no longer, so that the blob is to be sent anew
 */
export async function putInChunks(
  place: Place,
  blob: Blob,
  session: UploadSession,
  body: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<void> {
  const { client, repository } = place;
  let at = 0;
  const most = Math.max(CHUNK_BYTES, session.leastChunk);
  for await (const chunk of chunked(body, Math.min(most, blob.size))) {
    await putChunk(place, session, chunk, at, signal);
    at += chunk.length;
  }
  const answer = await client.tell({
    method: 'PUT',
    target: finishing(session.location, blob.digest),
    scopes: [pushScope(repository)],
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.alloc(0),
    accept: [200, 201, 202, 204],
    answerMs: client.answerMs * COMMIT_FACTOR,
    isOnce: true,
    signal,
  });
  refuseOther(place, blob, answer);
}

/** @param start offset of the chunk in the blob */
async function putChunk(
  place: Place,
  session: UploadSession,
  chunk: Buffer,
  start: number,
  signal?: AbortSignal,
): Promise<void> {
  const attempts = new Attempts(place.client.backOff);
  const end = start + chunk.length;
  let [at, piece] = [start, chunk.length];
  while (at < end) {
    const rest = chunk.subarray(at - start, at - start + piece);
    try {
      const answer = await patch(place, session, rest, at, signal);
      session.location = locationOf(answer);
      const reached = offsetIn(answer, at + rest.length);
      if (reached <= at || reached > at + rest.length) throw lost(place, `it is at byte ${reached} after byte ${at}`);
      at = reached;
      continue;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof RegistryError)) throw error;
      if (error.status === 413 && piece > Math.max(LEAST_BYTES, session.leastChunk)) {
        piece = Math.max(Math.ceil(piece / 2), session.leastChunk);
        continue;
      }
      if (error.status !== 416 && !isTransient(error)) throw error;
      await attempts.next(lost(place, error.message), signal);
    }
    const reached = await statusOf(place, session, at, signal);
    if (reached === null) throw lost(place, 'it is not known any more');
    if (reached < start || reached > end) throw lost(place, `it is at byte ${reached}, and not within ${start}-${end}`);
    if (reached > at) attempts.reset();
    at = reached;
  }
}

async function patch(
  { client, repository }: Place,
  { location }: UploadSession,
  bytes: Buffer,
  at: number,
  signal?: AbortSignal,
): Promise<Omit<Answer, 'body'>> {
  return client.tell({
    method: 'PATCH',
    target: location,
    scopes: [pushScope(repository)],
    headers: {
      'content-type': 'application/octet-stream',
      // As the distribution spec writes it: no unit, both ends inclusive.
      'content-range': `${at}-${at + bytes.length - 1}`,
    },
    body: bytes,
    accept: [201, 202, 204],
    isOnce: true,
    signal,
  });
}

/**
 * How far the upload is, as the registry counts, and in the session where it goes on from there.
 * @param at returned where the registry does not say
 * @returns null: there is no such upload any more
 */
export async function statusOf(
  place: Place,
  session: UploadSession,
  at: number,
  signal?: AbortSignal,
): Promise<number | null> {
  const answer = await place.client.tell({
    method: 'GET',
    target: session.location,
    scopes: [pushScope(place.repository)],
    accept: [200, 202, 204, 400, 404],
    signal,
  });
  if (answer.status >= 400) return null;
  if (answer.headers['location'] !== undefined) session.location = locationOf(answer);
  return offsetIn(answer, at);
}

/** `0-1023` says that 1024 bytes are there; `0-0` says one byte where one is expected, else none: both are written so. */
function offsetIn({ headers }: Pick<Answer, 'headers'>, otherwise: number): number {
  const [, last] = /^(?:bytes=)?0-(\d+)$/.exec(String(headers['range'])) ?? [];
  if (last === undefined) return otherwise;
  return last === '0' && otherwise !== 1 ? 0 : Number(last) + 1;
}

/** What it yields is good until the next is asked for. */
async function* chunked(body: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  const chunk = Buffer.allocUnsafe(size);
  let length = 0;
  for await (const bytes of body) {
    for (let from = 0; from < bytes.length;) {
      const copied = bytes.copy(chunk, length, from);
      from += copied;
      length += copied;
      if (length < size) continue;
      yield chunk;
      length = 0;
    }
  }
  if (length > 0) yield chunk.subarray(0, length);
}

function lost(place: Place, why: string): RegistryError {
  return new RegistryError('UPLOAD_LOST', `${nameOf(place)}: an upload was broken off: ${why}`);
}

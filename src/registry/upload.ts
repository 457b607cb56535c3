import { Attempts } from './back-off.ts';
import { putInChunks, statusOf } from './chunks.ts';
import { pathOf, pullScope, pushScope, type Call } from './client.ts';
import { hasBlob } from './download.ts';
import { RegistryError } from './errors.ts';
import type { Place } from './manifest.ts';
import { sleep } from './pacer.ts';
import type { Blob } from './part.ts';
import { COMMIT_FACTOR, finishing, locationOf, refuseOther, type UploadSession } from './session.ts';
import { Watch } from './watch.ts';

/** Statuses by which registries, and proxies before them, say that they do not take a blob in one piece. */
const NOT_WHOLE = [405, 411, 413, 415, 416, 501];

/** Waits before an upload that is given up is deleted again; the first in milliseconds, each twice the one before. */
const CANCEL_MS = 50;
const CANCEL_ROUNDS = 5;

/**
 * Begins to bring a blob into a repository: by mounting it from another one, where the registry finds it there, else by a
 * session to upload into.
 * @param from repository of the same registry that has the blob; null: the registry may know one itself
 * @returns null when the blob is there now
 * @throws RegistryError
 */
export async function mountOrBegin(
  place: Place,
  digest: string,
  from: string | null,
  signal?: AbortSignal,
): Promise<UploadSession | null> {
  const scopes = [pushScope(place.repository), ...(from === null ? [] : [pullScope(from)])];
  const query = new URLSearchParams({ mount: digest, ...(from === null ? {} : { from }) });
  try {
    return await post(place, { target: `${uploads(place)}?${query.toString()}`, scopes, signal });
  } catch (error) {
    // Some registries refuse what they cannot mount instead of beginning an upload.
    if (!(error instanceof RegistryError) || error.kind === 'transient') throw error;
  }
  return beginUpload(place, signal);
}

/** Begins an upload. @throws RegistryError */
export async function beginUpload(place: Place, signal?: AbortSignal): Promise<UploadSession> {
  const session = await post(place, { target: uploads(place), scopes: [pushScope(place.repository)], signal });
  if (session === null) throw new RegistryError('REGISTRY_REFUSED', `${uploads(place)}: 201, and no blob was sent`);
  return session;
}

/**
 * Uploads a blob: in one piece, or in chunks where the registry was seen not to take that. The session is used up by it.
 * @param body its bytes, to be read once (it is not read to its end when this fails), or at hand
 * @throws RegistryError; a transient one also when the registry turns out to want chunks: the next upload sends some
 */
export async function uploadBlob(
  place: Place,
  blob: Blob,
  session: UploadSession,
  body: AsyncIterable<Buffer> | Buffer,
  signal?: AbortSignal,
): Promise<void> {
  try {
    if (place.client.traits.takesWholeBlobs) await putWhole(place, blob, session, body, signal);
    else await putInChunks(place, blob, session, Buffer.isBuffer(body) ? oneOf(body) : body, signal);
  } catch (error) {
    await cancelUpload(place, session);
    throw error;
  }
}

/**
 * Brings a blob whose bytes are at hand into a repository, however often that has to be tried.
 * @throws RegistryError
 */
export async function pushBytes(place: Place, digest: string, bytes: Buffer, signal?: AbortSignal): Promise<void> {
  const attempts = new Attempts(place.client.backOff);
  for (;;) {
    try {
      await pushOnce(place, digest, bytes, signal);
      return;
    } catch (error) {
      await attempts.next(error, signal);
      if (await hasBlob(place, digest, signal)) return;
    }
  }
}

/**
 * Gives a session up, so that the registry need not keep what it has of it. That it cannot be is no matter.
 *
 * Distribution v3 answers 416, and keeps what it has, unless the location is that of the byte where the upload broke off:
 * it is asked for that one, several times while it still writes what it got.
 */
async function cancelUpload(place: Place, session: UploadSession): Promise<void> {
  // Not the caller's signal: it may be why the session is given up.
  const signal = AbortSignal.timeout(place.client.answerMs);
  const cancel = async (): Promise<number> => {
    const answer = await place.client.tell({
      method: 'DELETE',
      target: session.location,
      scopes: [`repository:${place.repository}:pull,push,delete`],
      accept: [200, 202, 204, 404, 416],
      signal,
    });
    return answer.status;
  };
  try {
    for (let round = 0; round < CANCEL_ROUNDS && (await cancel()) === 416; round++) {
      await sleep(CANCEL_MS * 2 ** round, signal);
      if ((await statusOf(place, session, 0, signal)) === null) return;
    }
  } catch {
    // It is purged in time.
  }
}

/** Distribution and most others answer 202 to a POST that has the blob with it, and have ignored it. */
async function pushOnce(place: Place, digest: string, bytes: Buffer, signal?: AbortSignal): Promise<void> {
  const { client } = place;
  let session: UploadSession | null;
  if (client.traits.takesBlobsByPost) {
    const target = `${uploads(place)}?${new URLSearchParams({ digest }).toString()}`;
    session = await post(place, { target, scopes: [pushScope(place.repository)], signal, body: bytes });
    if (session === null) return;
    client.traits.takesBlobsByPost = false;
  } else {
    session = await beginUpload(place, signal);
  }
  await uploadBlob(place, { digest, size: bytes.length }, session, bytes, signal);
}

async function* oneOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function uploads({ repository }: Place): string {
  return pathOf(repository, 'blobs/uploads/');
}

async function post(
  place: Place,
  { body = Buffer.alloc(0), ...call }: Pick<Call, 'target' | 'scopes' | 'signal'> & { body?: Buffer },
): Promise<UploadSession | null> {
  const answer = await place.client.tell({
    ...call,
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body,
    accept: [201, 202],
  });
  if (answer.status === 201) return null;
  const least = Number(answer.headers['oci-chunk-min-length']);
  return { location: locationOf(answer), leastChunk: Number.isFinite(least) ? least : 0 };
}

async function putWhole(
  place: Place,
  blob: Blob,
  session: UploadSession,
  body: AsyncIterable<Buffer> | Buffer,
  signal?: AbortSignal,
): Promise<void> {
  const { client, repository } = place;
  const watch = new Watch(client, signal);
  try {
    const answer = await client.tell({
      method: 'PUT',
      target: finishing(session.location, blob.digest),
      scopes: [pushScope(repository)],
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
      body: Buffer.isBuffer(body) ? body : watch.over(body),
      accept: [200, 201, 202, 204],
      signal: watch.signal,
      answerMs: Buffer.isBuffer(body) ? client.answerMs * COMMIT_FACTOR : 0,
      isOnce: true,
    });
    refuseOther(place, blob, answer);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RegistryError && isNotWhole(error)) {
      client.traits.takesWholeBlobs = false;
      const message = `${error.message}; it will be sent in chunks`;
      throw new RegistryError('REGISTRY_UNREACHABLE', message, { status: error.status, cause: error });
    }
    throw error;
  } finally {
    watch.end();
  }
}

function isNotWhole({ code, status }: RegistryError): boolean {
  return code !== 'REGISTRY_QUOTA' && status !== null && NOT_WHOLE.includes(status);
}

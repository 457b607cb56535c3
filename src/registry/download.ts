import { pathOf, pullScope } from './client.ts';
import { Digester } from './digest.ts';
import { RegistryError } from './errors.ts';
import { nameOf, type Place } from './manifest.ts';
import { RangeIgnored, readPart, type Blob, type ReadOptions } from './part.ts';
import { RANGE_BYTES, readRanges } from './ranges.ts';

/** Does a repository have a blob? @throws RegistryError */
export async function hasBlob(place: Place, digest: string, signal?: AbortSignal): Promise<boolean> {
  const { status } = await place.client.tell({
    method: 'HEAD',
    target: pathOf(place.repository, `blobs/${digest}`),
    scopes: [pullScope(place.repository)],
    accept: [200, 404],
    signal,
  });
  return status === 200;
}

/**
 * The bytes of a blob, in order. A large one is read in several ranges at a time, where the registry takes that; a read that
 * breaks goes on where it was. The last bytes are handed out only when size and digest of all are right, so that whoever
 * passes them on as they come never completes something else.
 *
 * Memory: what the client allows for reading ahead (`readAheadBytes`), for all blobs together.
 * @throws IMAGE_CORRUPT when it is not what the digest says, IMAGE_GONE, RegistryError
 */
export async function* readBlob(place: Place, blob: Blob, options: ReadOptions = {}): AsyncGenerator<Buffer> {
  const digester = new Digester(blob.digest);
  let [length, last] = [0, null as Buffer | null];
  for await (const chunk of inOrder(place, blob, options)) {
    length += chunk.length;
    if (length > blob.size) break;
    if (last !== null) yield last;
    digester.update(chunk);
    last = chunk;
  }
  const digest = digester.digest();
  if (length !== blob.size || digest !== blob.digest) {
    // Perhaps its ranges are to blame: they are not used here again.
    place.client.traits.takesRanges = false;
    const came = length > blob.size ? 'more' : `${length} bytes of ${digest}`;
    const message = `${nameOf(place)}: blob ${blob.digest} of ${blob.size} bytes was asked for, ${came} came`;
    throw new RegistryError('IMAGE_CORRUPT', message);
  }
  if (last !== null) yield last;
}

async function* inOrder(place: Place, blob: Blob, options: ReadOptions): AsyncGenerator<Buffer> {
  const { traits } = place.client;
  let at = 0;
  if (traits.takesRanges !== false && blob.size >= 2 * RANGE_BYTES) {
    try {
      for await (const chunk of readRanges(place, blob, options)) {
        at += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      if (!(error instanceof RangeIgnored)) throw error;
      traits.takesRanges = false;
    }
  }
  yield* readPart(place, blob, at, blob.size, options, false);
}

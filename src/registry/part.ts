import { Attempts } from './back-off.ts';
import { pathOf, pullScope, type Answer } from './client.ts';
import { RegistryError, unanswered } from './errors.ts';
import { nameOf, type Place } from './manifest.ts';
import type { Pacer } from './pacer.ts';

/** So much must have come for a connection that breaks again to count as a new failure. */
const PROGRESS_BYTES = 64 * 1024;

export interface Blob {
  digest: string;
  /** In bytes. */
  size: number;
}

export interface ReadOptions {
  signal?: AbortSignal | undefined;
  /** Waited for before bytes are taken from the connection. */
  pacer?: Pacer | undefined;
}

/** The registry answers a request for a range with the whole, or with another range. */
export class RangeIgnored extends Error {}

/**
 * Bytes `[start, end)` of a blob, by one request after the other as long as connections break. Where the end is that of the
 * blob one byte more may come: then the blob is longer than it should be.
 * @param mustBeRange throw RangeIgnored where the whole is answered, instead of passing over what comes before
 * @throws IMAGE_GONE, IMAGE_CORRUPT, RegistryError
 */
export async function* readPart(
  place: Place,
  blob: Blob,
  start: number,
  end: number,
  { signal, pacer }: ReadOptions,
  mustBeRange: boolean,
): AsyncGenerator<Buffer> {
  const { client } = place;
  const attempts = new Attempts(client.backOff);
  const path = pathOf(place.repository, `blobs/${blob.digest}`);
  let [at, progress] = [start, start];
  while (at < end) {
    const isWhole = at === 0 && end === blob.size && !mustBeRange;
    const answer = await client.send({
      method: 'GET',
      target: path,
      scopes: [pullScope(place.repository)],
      headers: isWhole ? {} : { range: `bytes=${at}-${end - 1}` },
      accept: [200, 206],
      signal,
    });
    try {
      if (mustBeRange && !isRange(answer, at)) throw new RangeIgnored();
      let skip = skipped(answer, at, place, blob);
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        await pacer?.take(chunk.length, signal);
        if (skip >= chunk.length) {
          skip -= chunk.length;
          continue;
        }
        const wanted = chunk.subarray(skip, skip + (end - at) + (end === blob.size ? 1 : 0));
        skip = 0;
        if (wanted.length === 0) break;
        at += wanted.length;
        yield wanted;
        if (at > end) break;
      }
      if (at < end) throw new Error(`it ended after ${at} of ${blob.size} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof RangeIgnored || (error instanceof RegistryError && error.kind !== 'transient')) throw error;
      if (at - progress >= PROGRESS_BYTES) attempts.reset();
      progress = at;
      await attempts.next(unanswered('GET', new URL(path, client.url), error), signal);
    } finally {
      answer.body.destroy();
    }
  }
}

function isRange({ status, headers }: Answer, at: number): boolean {
  return status === 206 && String(headers['content-range']).startsWith(`bytes ${at}-`);
}

/** @returns how many bytes of the answer come before those that were asked for */
function skipped({ status, headers }: Answer, at: number, place: Place, blob: Blob): number {
  if (status === 200) return at;
  const said = String(headers['content-range']);
  const [, start = 'NaN', total = '*'] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(said) ?? [];
  if (Number(start) <= at && (total === '*' || Number(total) === blob.size)) return at - Number(start);
  const message = `${nameOf(place)}: blob ${blob.digest} of ${blob.size} bytes was asked for from byte ${at}, "${said}" came`;
  throw new RegistryError('IMAGE_CORRUPT', message);
}

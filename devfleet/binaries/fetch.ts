import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { request, type Dispatcher } from 'undici';

/** Nothing is to be had from this host, whatever the file. */
export class Unreachable extends Error {}

const ANSWER_MS = 5000;
const STALL_MS = 20_000;
const FIRST_TICK_MS = 1000;
const TICK_MS = 10_000;

/**
 * Downloads a file to the path `to`, and says how far it is. What it leaves there is only good if it returns.
 * @param checksum `<algorithm>:<hex>` of the file
 * @throws Unreachable where the network does not allow it; Error where this file is not to be had, or is another one
 */
export async function fetchFile(
  url: string,
  checksum: string,
  to: string,
  dispatcher: Dispatcher,
  report: (line: string) => void,
): Promise<void> {
  const { headers, body } = await ask(url, dispatcher);
  const size = Number(headers['content-length']);
  const title = `downloading ${basename(url)}`;
  report(`${title} from ${new URL(url).host}: ${Number.isNaN(size) ? 'size unknown' : megabytes(size)}`);
  const algorithm = checksum.slice(0, checksum.indexOf(':'));
  const hash = createHash(algorithm);
  const progress = progressOf(title, size, report);
  await pipeline(
    body,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        progress(chunk.length);
        yield chunk;
      }
    },
    createWriteStream(to),
  );
  const actual = `${algorithm}:${hash.digest('hex')}`;
  if (actual === checksum) return;
  throw new Error(
    `what ${url} gave is not the file that was published\n  expected ${checksum}\n  actual   ${actual}\n` +
      '  Something on the way changes it, or it was replaced there: tell whoever runs this network, or the project. ' +
      'With TRANSSHIP_DOWNLOAD=never nothing is downloaded.',
  );
}

/** The response, if it is the file. Awaited for seconds only: what cannot be downloaded can be built. */
async function ask(url: string, dispatcher: Dispatcher): Promise<Dispatcher.ResponseData> {
  const giveUp = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`no answer within ${ANSWER_MS / 1000} s`));
    giveUp.abort();
  }, ANSWER_MS);
  // The signal alone is not enough: it ends a request only once it is connected.
  const answer = request(url, { dispatcher, signal: giveUp.signal, bodyTimeout: STALL_MS });
  const response = await Promise.race([answer, late.promise])
    .catch((error: unknown) => {
      throw new Unreachable(reasonOf(error), { cause: error });
    })
    .finally(() => clearTimeout(timer));
  const { statusCode, headers, body } = response;
  // The sign-in page of a network comes as 200, too.
  const page = String(headers['content-type']).startsWith('text/html');
  if (statusCode === 200 && !page) return response;
  body.on('error', () => undefined).destroy();
  if (statusCode === 404 || statusCode === 410) throw new Error(`HTTP ${statusCode} from ${url}`);
  throw new Unreachable(statusCode === 200 ? 'it gave a web page instead of the file' : `HTTP ${statusCode}`);
}

/** Says how long it will take, once a second has shown how fast it is, and then every 10 s. */
function progressOf(title: string, size: number, report: (line: string) => void): (bytes: number) => void {
  const began = Date.now();
  let next = began + FIRST_TICK_MS;
  let received = 0;
  return (bytes) => {
    received += bytes;
    const now = Date.now();
    if (now < next) return;
    next = now + TICK_MS;
    const left = Math.ceil(((size - received) * (now - began)) / received / 1000);
    const prospect = Number.isNaN(size) ? '' : ` of ${megabytes(size)}, about ${left} s left`;
    report(`${title}: ${megabytes(received)}${prospect}`);
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The error's message, or its code: when all addresses of a host refuse, there is no message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

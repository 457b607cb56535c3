import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Quirks, Seen } from './quirks.ts';

const PIECE = 64 * 1024;

/** Sends a blob, or what is asked of it, as badly as it is told. */
export function sendBlob(quirks: Quirks, blob: Buffer, { headers }: Seen, response: ServerResponse): void {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(String(headers['range'])) ?? [];
  let bytes = blob;
  let status = 200;
  const answer: Record<string, string> = {};
  if (first !== undefined && quirks.ignoresRange !== true) {
    const start = Math.max(0, Number(first) - (quirks.shiftsRange ?? 0));
    const end = last === '' ? blob.length : Number(last) + 1;
    if (start >= blob.length) {
      response.writeHead(416, { 'content-range': `bytes */${blob.length}` }).end();
      return;
    }
    bytes = blob.subarray(start, end);
    status = 206;
    answer['content-range'] = `bytes ${start}-${start + bytes.length - 1}/${blob.length}`;
  }
  if (quirks.corrupts !== undefined && quirks.corrupts-- > 0) {
    bytes = Buffer.from(bytes);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  }
  if (quirks.overlong === true) bytes = Buffer.concat([bytes, Buffer.from('x')]);
  const { truncates, resetsAfter } = quirks;
  if (truncates !== undefined && truncates.times > 0 && truncates.after < bytes.length) {
    truncates.times--;
    response.writeHead(status, { ...answer, connection: 'close' }).end(bytes.subarray(0, truncates.after));
    return;
  }
  response.writeHead(status, { ...answer, 'content-length': String(bytes.length) });
  const isCut = resetsAfter !== undefined && resetsAfter < bytes.length;
  void write(response, isCut ? bytes.subarray(0, resetsAfter) : bytes, quirks.lagMs).then(() => {
    if (isCut) response.socket?.destroy();
    else response.end();
  });
}

async function write(response: ServerResponse, bytes: Buffer, lagMs = 0): Promise<void> {
  if (lagMs > 0) await delay(lagMs);
  for (let at = 0; at < bytes.length; at += PIECE) {
    if (response.destroyed) return;
    await new Promise((resolve) => response.write(bytes.subarray(at, at + PIECE), resolve));
  }
}

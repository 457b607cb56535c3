import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '../../../devfleet/images/layer.ts';
import type { Quirks, Seen } from './quirks.ts';
import type { Store } from './store.ts';

/** Comes back only where a client keeps the query as it was. */
const STATE = 'a/b c';

/** Answers one request. */
export interface Replies {
  reply: (status: number, headers?: Record<string, string>, body?: Buffer | string) => void;
  fail: (status: number, code: string, detail?: unknown) => void;
}

/** Whose uploads they are. */
type Owner = Store & { readonly quirks: Quirks; readonly url: string; readonly foreignUrl: string };

/** The uploads that were begun at an adversarial registry and not ended. */
export class Uploads {
  readonly open = new Map<string, Buffer[]>();
  readonly #registry: Owner;
  #patches = 0;

  constructor(registry: Owner) {
    this.#registry = registry;
  }

  async serve(seen: Seen, repository: string, id: string, request: IncomingMessage, replies: Replies): Promise<void> {
    const { reply, fail } = replies;
    const { method, query, headers } = seen;
    if (method === 'POST') {
      await this.#begin(seen, repository, request, replies);
      return;
    }
    const upload = this.open.get(id);
    if (upload === undefined || query.get('_state') !== STATE) {
      fail(404, 'BLOB_UPLOAD_UNKNOWN');
      return;
    }
    const at = upload.reduce((sum, { length }) => sum + length, 0);
    const place = this.#place(repository, id);
    if (method === 'DELETE') {
      this.open.delete(id);
      reply(204);
      return;
    }
    if (method === 'GET') {
      reply(204, { ...place, range: `0-${Math.max(0, at - 1)}` });
      return;
    }
    const { quirks } = this.#registry;
    const length = Number(headers['content-length'] ?? 0);
    if (length > (quirks.bodyLimit ?? Infinity)) {
      fail(413, 'SIZE');
    } else if (method === 'PATCH') {
      await this.#patch(seen, upload, { id, at, place }, request, replies);
    } else if (length > 0 && quirks.refusesWhole !== undefined) {
      fail(quirks.refusesWhole, 'UNSUPPORTED');
    } else if (quirks.stalls !== true) {
      const { bytes } = await readBody(request, Infinity, quirks.slowMs);
      this.open.delete(id);
      this.#commit(repository, query.get('digest') ?? '', Buffer.concat([...upload, bytes]), replies);
    }
  }

  async #begin(seen: Seen, repository: string, request: IncomingMessage, replies: Replies): Promise<void> {
    const { reply, fail } = replies;
    const registry = this.#registry;
    const { mount: way, takesPost } = registry.quirks;
    const [mount, from, digest] = ['mount', 'from', 'digest'].map((name) => seen.query.get(name));
    if (mount !== null && mount !== undefined) {
      const known = from === null ? registry.anywhere(mount) : registry.blobs.get(`${from} ${mount}`);
      const isMounted = known !== undefined && way !== 'session' && (from !== null || way === 'anonymous');
      if (way === 'refuse') {
        fail(400, 'NAME_INVALID');
        return;
      }
      if (isMounted) {
        registry.putBlob(repository, known);
        reply(201, { location: `/v2/${repository}/blobs/${mount}` });
        return;
      }
    }
    const { bytes } = await readBody(request);
    if (typeof digest === 'string' && takesPost === true) {
      this.#commit(repository, digest, bytes, replies);
      return;
    }
    const id = randomUUID();
    this.open.set(id, []);
    reply(202, this.#place(repository, id));
  }

  async #patch(
    { headers }: Seen,
    upload: Buffer[],
    { id, at, place }: { id: string; at: number; place: Record<string, string> },
    request: IncomingMessage,
    { reply, fail }: Replies,
  ): Promise<void> {
    const { misorders = [], breaksPatch = {}, losesUploads } = this.#registry.quirks;
    const number = ++this.#patches;
    if (misorders.includes(number) || !String(headers['content-range']).startsWith(`${at}-`)) {
      fail(416, 'RANGE_INVALID');
      return;
    }
    const { socket } = request; // it is gone from the request once that is left unread
    const { bytes, isBroken } = await readBody(request, breaksPatch[number]);
    upload.push(bytes);
    if (!isBroken) {
      reply(202, { ...place, range: `0-${at + bytes.length - 1}` });
      return;
    }
    if (losesUploads === true) this.open.delete(id);
    socket.destroy();
  }

  #place(repository: string, id: string): Record<string, string> {
    const { url, foreignUrl, quirks } = this.#registry;
    const base = { absolute: url, foreign: foreignUrl, relative: '' }[quirks.location ?? 'relative'];
    const least: Record<string, string> =
      quirks.leastChunk === undefined ? {} : { 'oci-chunk-min-length': String(quirks.leastChunk) };
    return { location: `${base}/v2/${repository}/blobs/uploads/${id}?_state=a%2Fb+c`, ...least };
  }

  #commit(repository: string, digest: string, bytes: Buffer, { reply, fail }: Replies): void {
    const { quirks } = this.#registry;
    if (sha256(bytes) !== digest) {
      fail(400, 'DIGEST_INVALID');
      return;
    }
    this.#registry.putBlob(repository, bytes);
    quirks.phantoms?.delete(digest);
    reply(201, quirks.noDigestHeader === true ? {} : { 'docker-content-digest': digest });
  }
}

/** @param breakAfter no more than so many bytes are read; @param slowMs after each piece */
export async function readBody(
  request: IncomingMessage,
  breakAfter = Infinity,
  slowMs = 0,
): Promise<{ bytes: Buffer; isBroken: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, breakAfter - length));
    length += chunk.length;
    if (length >= breakAfter) return { bytes: Buffer.concat(chunks), isBroken: true };
    if (slowMs > 0) await delay(slowMs);
  }
  return { bytes: Buffer.concat(chunks), isBroken: false };
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from '../../../devfleet/images/layer.ts';
import type { MadeUp, Quirks, Seen } from './quirks.ts';
import { sendBlob } from './sending.ts';
import { INDEX, Store, type Content } from './store.ts';
import { Tokens } from './tokens.ts';
import { readBody, Uploads, type Replies } from './uploads.ts';

/** A registry by the distribution spec, but for its quirks, which a test may change at any time. */
export class Adversary extends Store {
  readonly quirks: Quirks;
  readonly seen: Seen[] = [];
  readonly uploads: Uploads;
  readonly tokens: Tokens | null;
  url = '';
  /** Of a second server, to which `Location` may lead. */
  foreignUrl = '';
  readonly #servers = [false, true].map((isForeign) =>
    createServer((request, response) => void this.#serve(request, response, isForeign)),
  );

  constructor(quirks: Quirks) {
    super();
    this.quirks = quirks;
    this.tokens = quirks.tokens === undefined ? null : new Tokens(quirks.tokens);
    this.uploads = new Uploads(this);
  }

  async start(): Promise<this> {
    const urls = await Promise.all(
      this.#servers.map(async (server) => {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      }),
    );
    [this.url = '', this.foreignUrl = ''] = urls;
    return this;
  }

  stop(): void {
    for (const server of this.#servers) server.close().closeAllConnections();
  }

  /** `METHOD /path` of what was asked and matches. */
  calls(pattern = /./): string[] {
    return this.seen.map(({ method, path }) => `${method} ${path}`).filter((call) => pattern.test(call));
  }

  async #serve(request: IncomingMessage, response: ServerResponse, isForeign: boolean): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://any');
    const seen: Seen = { method: request.method ?? '', path, query, headers: request.headers, isForeign };
    this.seen.push(seen);
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    const made = this.quirks.instead?.(seen) ?? (isForeign ? undefined : this.#unauthorized(seen));
    if (made === 'drop') {
      response.destroy();
      return;
    }
    const write = (status: number, headers: Record<string, string>, body: Buffer | string): void => {
      const isHead = request.method === 'HEAD';
      const length = isHead ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      response.writeHead(status, { ...length, ...headers }).end(isHead ? undefined : body);
      request.resume();
    };
    if (made !== undefined) {
      const errors = made.errors?.map(([code, message, detail]) => ({ code, message, detail })) ?? [];
      write(made.status, made.headers ?? {}, made.text ?? JSON.stringify({ errors }));
      return;
    }
    const replies: Replies = {
      reply: (status, headers = {}, body = '') => write(status, headers, body),
      fail: (status, code, detail = null) => {
        write(status, {}, JSON.stringify({ errors: [{ code, message: code.toLowerCase(), detail }] }));
      },
    };
    await this.#route(seen, request, response, replies).catch(() => response.destroy());
  }

  #unauthorized(seen: Seen): MadeUp | undefined {
    if (this.tokens !== null) return this.tokens.check(seen, this.url);
    const { basic } = this.quirks;
    if (basic === undefined) return undefined;
    if (seen.headers['authorization'] === `Basic ${Buffer.from(basic).toString('base64')}`) return undefined;
    return { status: 401, errors: [['UNAUTHORIZED', 'no']], headers: { 'www-authenticate': 'Basic realm="here"' } };
  }

  async #route(seen: Seen, request: IncomingMessage, response: ServerResponse, replies: Replies): Promise<void> {
    const { reply } = replies;
    const parts = /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests|tags|referrers)\/(.*)$/.exec(seen.path);
    const [, repository = '', kind = '', name = ''] = parts ?? [];
    if (kind === 'blobs/uploads') await this.uploads.serve(seen, repository, name, request, replies);
    else if (kind === 'blobs') this.#blob(seen, repository, name, response, replies);
    else if (kind === 'manifests') await this.#manifest(seen, repository, name, request, replies);
    else if (seen.path === '/v2/') reply(200);
    else if (kind === 'tags') this.#list(seen, repository, replies);
    else if (kind === 'referrers' && this.quirks.referrers === true) {
      const manifests = this.referrers(repository, name);
      reply(200, { 'content-type': INDEX }, JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    } else if (seen.path === '/v2/_catalog') {
      const repositories = [...new Set([...this.tags.keys()].map((key) => key.split(' ')[0]))].sort();
      reply(200, {}, JSON.stringify({ repositories }));
    } else reply(404, { 'content-type': 'text/plain' }, '404 page not found');
  }

  #blob(seen: Seen, repository: string, digest: string, response: ServerResponse, { reply, fail }: Replies): void {
    const bytes = this.blobs.get(`${repository} ${digest}`);
    const { phantoms, redirectsBlobs } = this.quirks;
    if (seen.method === 'HEAD' && phantoms?.has(digest) === true) reply(200);
    else if (bytes === undefined) fail(404, 'BLOB_UNKNOWN', digest);
    else if (seen.method === 'HEAD') reply(200, { 'content-length': String(bytes.length) });
    else if (redirectsBlobs !== undefined) reply(307, { location: redirectsBlobs + seen.path });
    else sendBlob(this.quirks, bytes, seen, response);
  }

  async #manifest(
    seen: Seen,
    repository: string,
    name: string,
    request: IncomingMessage,
    replies: Replies,
  ): Promise<void> {
    const { reply, fail } = replies;
    const isDigest = name.includes(':');
    const digest = (isDigest ? name : this.tags.get(`${repository} ${name}`)) ?? '';
    if (seen.method === 'PUT') {
      this.#put(seen, repository, name, (await readBody(request)).bytes, replies);
      return;
    }
    const stored = this.manifests.get(`${repository} ${digest}`);
    if (seen.method === 'DELETE') {
      if (this.quirks.deletes === 'none') fail(405, 'UNSUPPORTED');
      else if (this.quirks.deletes === 'digests' && !isDigest) fail(400, 'DIGEST_INVALID');
      else if (stored === undefined) fail(404, 'MANIFEST_UNKNOWN');
      else {
        (isDigest ? this.manifests : this.tags).delete(`${repository} ${name}`);
        reply(202);
      }
    } else if (stored === undefined) fail(404, 'MANIFEST_UNKNOWN');
    else {
      const { noDigestHeader, claims = digest } = this.quirks;
      const claim = noDigestHeader === true ? {} : { 'docker-content-digest': claims };
      const { type, bytes } = stored;
      reply(200, { 'content-type': type, 'content-length': String(bytes.length), ...claim }, bytes);
    }
  }

  #put(seen: Seen, repository: string, name: string, bytes: Buffer, { reply, fail }: Replies): void {
    const content = JSON.parse(bytes.toString()) as Content;
    const { trusting, phantoms, referrers } = this.quirks;
    const missing = trusting === true ? undefined : this.missing(repository, content, phantoms);
    const digest = sha256(bytes);
    if (missing !== undefined) fail(400, 'MANIFEST_BLOB_UNKNOWN', missing);
    else if (name.includes(':') && digest !== name) fail(400, 'DIGEST_INVALID');
    else {
      this.manifests.set(`${repository} ${digest}`, { type: String(seen.headers['content-type']), bytes });
      if (!name.includes(':')) this.tags.set(`${repository} ${name}`, digest);
      const isNoted = referrers === true && content.subject !== undefined;
      const subject: Record<string, string> = isNoted ? { 'oci-subject': content.subject?.digest ?? '' } : {};
      reply(201, { ...subject, 'docker-content-digest': digest });
    }
  }

  #list({ query, path }: Seen, repository: string, { reply }: Replies): void {
    const all = this.tagsOf(repository);
    const size = Math.min(Number(query.get('n') ?? 100), this.quirks.page ?? Infinity);
    const rest = all.filter((tag) => tag > (query.get('last') ?? ''));
    const tags = rest.slice(0, size);
    const link = { link: `<${path}?n=${size}&last=${tags.at(-1) ?? ''}>; rel="next"` };
    const body = JSON.stringify({ name: repository, tags: all.length === 0 ? null : tags });
    reply(200, rest.length > size ? link : {}, body);
  }
}

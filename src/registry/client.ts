import { Agent, buildConnector, request, type Dispatcher } from 'undici';
import { Authenticator, type TokenRequest } from './auth.ts';
import { Away } from './away.ts';
import { Attempts, type BackOff } from './back-off.ts';
import { parseChallenges } from './challenge.ts';
import { staticCredentials, type Credentials } from './credentials.ts';
import { refused, RegistryError, unanswered, type Headers } from './errors.ts';
import { Pacer, sleep } from './pacer.ts';
import { isRepository, type Registry } from './reference.ts';
import { Semaphore } from './semaphore.ts';
import { intoSlabs } from './slabs.ts';

export interface ClientOptions extends BackOff {
  /** Default: none. */
  credentials?: Credentials;
  /** Requests that read, at a time; a blob that is read in ranges is several. Default: 32. */
  reads?: number;
  /** Requests that write, at a time. Default: 16. */
  writes?: number;
  /** Requests a second, of both kinds. Default: no limit. */
  perSecond?: number;
  /** Until an answer begins, in milliseconds; a blob that is complete gets ten times as long. Default: 30,000. */
  answerMs?: number;
  /** A body that does not move for so long is given up, in milliseconds. Default: 30,000. */
  stallMs?: number;
  /** Bytes that reads of large blobs may hold ahead of who takes them, all together. Default: 64 MiB. */
  readAheadBytes?: number;
  /** How one tag is deleted, where the registry has a way of its own. Default: DELETE of the manifest by its tag. */
  deleteTag?: DeleteTag;
  /** Asked where the registry denies something. Default: it is denied for want of rights. */
  whyDenied?: WhyDenied;
}

/**
 * Looks for a better reason why what concerns a repository is denied.
 * @returns null: there is none
 */
export type WhyDenied = (
  at: { client: RegistryClient; repository: string },
  signal?: AbortSignal,
) => Promise<RegistryError | null>;

/** What became of something that was to be deleted. unsupported: the registry deletes nothing, or not this alone. */
export type Deletion = 'deleted' | 'absent' | 'unsupported';

/**
 * Deletes a tag and nothing else: the image and its other tags stay.
 * @param digest what the tag names by now; where the registry can, it is deleted only as long as it does
 * @throws TAG_IMMUTABLE, RegistryError
 */
export type DeleteTag = (
  at: { client: RegistryClient; repository: string },
  tag: string,
  digest: string,
  signal?: AbortSignal,
) => Promise<Deletion>;

export type Body = Buffer | AsyncIterable<Uint8Array>;

export interface Call {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From `/v2/` on, or what a registry gave as `Location`. */
  target: string | URL;
  /** What the token must allow, the most important first. Null: no token is good for it, Basic is, as for a registry's own API. */
  scopes: readonly string[] | null;
  headers?: Record<string, string>;
  body?: Body;
  /** Statuses to return; any other one is thrown. */
  accept: readonly number[];
  signal?: AbortSignal | undefined;
  /** Default: the client's `answerMs`; 0: no limit. In milliseconds. */
  answerMs?: number;
  /** It is not to be sent again by itself: whoever sends it looks first how far it got. Default: false. */
  isOnce?: boolean;
}

/** Its body must be read, dumped or destroyed: until then it counts as a request that goes on. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Dispatcher.ResponseData['body'];
  /** Who answered, after redirects: what a relative `Location` is relative to. */
  url: URL;
}

/** What a registry was seen to do, which saves asking again. Null: not known yet. */
export interface Traits {
  /** It answers a ranged GET with that range. */
  takesRanges: boolean | null;
  /** The bytes of the last large blob came as fast as they were taken. */
  isNear: boolean;
  /** It takes a blob by one PUT. */
  takesWholeBlobs: boolean;
  /** It takes a small blob within the POST that begins an upload. */
  takesBlobsByPost: boolean;
  /** It has the referrers API. */
  listsReferrers: boolean | null;
}

/** The second is for a token that others wore out at once: fewer rights than asked for are found out by it, too. */
const RENEWALS = 2;

const CONNECT_MS = 5000;

/** Whoever writes goes on when all before is the kernel's: its memory may be used again then. See Reader of Window. */
const UNBUFFERED = { highWaterMark: 1 };

const REDIRECTS = 5;
const REDIRECTED = [301, 302, 303, 307, 308];
/** Of a body that says why not. */
const REFUSAL_BYTES = 64 * 1024;

/**
 * One registry. To be shared by everybody in the process who talks to it: connections, tokens, limits and what was learned
 * about it are kept here. Reads and writes have connections of their own, so that neither waits for the other.
 *
 * Calls that may be repeated are, on a connection that fails and on 408, 429, 5xx; `Retry-After` holds for everybody here.
 * `Authorization` is sent to the registry itself only, never where a redirect or a `Location` leads elsewhere.
 */
export class RegistryClient {
  readonly url: URL;
  readonly backOff: BackOff;
  readonly answerMs: number;
  readonly stallMs: number;
  readonly readAhead: Semaphore;
  /** Undefined: as the distribution spec has it. */
  readonly deleteTag: DeleteTag | undefined;
  readonly traits: Traits = {
    takesRanges: null,
    isNear: false,
    takesWholeBlobs: true,
    takesBlobsByPost: true,
    listsReferrers: null,
  };
  readonly #reads: { slots: Semaphore; agent: Agent };
  readonly #writes: { slots: Semaphore; agent: Agent };
  readonly #rate: Pacer;
  readonly #auth: Authenticator;
  readonly #whyDenied: WhyDenied | undefined;
  readonly #away = new Away();
  #pausedUntil = 0;

  /** @throws REGISTRY_REFUSED when the URL is none of http or https */
  constructor({ url }: Registry, options: ClientOptions = {}) {
    const parsed = URL.canParse(url) ? new URL(url) : null;
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      throw new RegistryError('REGISTRY_REFUSED', `"${url}" is no URL of a registry: http(s)://host[:port] is`);
    }
    this.url = parsed;
    const { reads = 32, writes = 16 } = options;
    this.backOff = options;
    this.answerMs = options.answerMs ?? 30_000;
    this.stallMs = options.stallMs ?? 30_000;
    this.readAhead = new Semaphore(options.readAheadBytes ?? 64 * 1024 * 1024);
    this.deleteTag = options.deleteTag;
    this.#whyDenied = options.whyDenied;
    this.#reads = lane(reads, (...call) => buildConnector({ timeout: CONNECT_MS, ...intoSlabs() })(...call));
    this.#writes = lane(writes, buildConnector({ timeout: CONNECT_MS, ...UNBUFFERED }));
    this.#rate = new Pacer(options.perSecond ?? Infinity);
    this.#auth = new Authenticator(parsed, options.credentials ?? staticCredentials(null), (asked) =>
      this.#askTokens(asked),
    );
  }

  /** Ends all connections; calls that go on fail. */
  async close(): Promise<void> {
    await Promise.all([this.#reads.agent.destroy(), this.#writes.agent.destroy()]);
  }

  /**
   * Calls until there is an answer that is accepted. What has a streamed body is sent once. A registry that did not answer just
   * now is not called.
   * @throws RegistryError, or the reason of the signal
   */
  async send(call: Call): Promise<Answer> {
    const isOnce = isStream(call.body) || call.isOnce === true;
    return this.#away.unless(async () => this.#send(call, isOnce), isOnce);
  }

  async #send(call: Call, isOnce: boolean): Promise<Answer> {
    const attempts = new Attempts(isOnce ? { attempts: 1 } : this.backOff);
    for (;;) {
      try {
        return await this.#once(call);
      } catch (error) {
        await attempts.next(await this.#explained(call, error), call.signal);
      }
    }
  }

  /** As `send`, for answers whose body is of no interest. */
  async tell(call: Call): Promise<Omit<Answer, 'body'>> {
    const answer = await this.send(call);
    await answer.body.dump();
    return answer;
  }

  /** Does it answer, and let us in? @throws RegistryError */
  async ping(signal?: AbortSignal): Promise<void> {
    await this.tell({ method: 'GET', target: '/v2/', scopes: [], accept: [200], signal });
  }

  async #explained({ scopes, signal }: Call, error: unknown): Promise<unknown> {
    if (!(error instanceof RegistryError) || error.code !== 'REGISTRY_DENIED') return error;
    const [, repository] = /^repository:(.+):/.exec(scopes?.[0] ?? '') ?? [];
    if (repository === undefined) return error;
    const better = await this.#whyDenied?.({ client: this, repository }, signal).catch(() => null);
    return better ?? error;
  }

  async #once(call: Call): Promise<Answer> {
    const { method, signal } = call;
    const { slots, agent } = method === 'GET' || method === 'HEAD' ? this.#reads : this.#writes;
    const release = await slots.acquire(1, signal);
    const target = new URL(call.target, this.url);
    try {
      await this.#rate.take(1, signal);
      const pause = this.#pausedUntil - Date.now();
      if (pause > 0) await sleep(pause, signal);
      const answer = await this.#authorized({ ...call, target }, agent);
      if (!call.accept.includes(answer.status)) throw await this.#refusal(method, answer);
      answer.body.once('close', release);
      // Whoever reads it is told; whoever destroys it does not want to be.
      answer.body.on('error', () => undefined);
      return answer;
    } catch (error) {
      release();
      signal?.throwIfAborted();
      throw unanswered(method, target, error);
    }
  }

  async #authorized(call: Call & { target: URL }, agent: Agent): Promise<Answer> {
    const { scopes, body, signal } = call;
    const isOurs = call.target.origin === this.url.origin;
    if (scopes === null) return this.#follow(call, isOurs ? await this.#auth.basic() : null, agent);
    let sent = isOurs ? await this.#auth.authorization(scopes, isStream(body)) : null;
    for (let renewals = 0; ; renewals++) {
      signal?.throwIfAborted();
      const answer = await this.#follow(call, sent, agent);
      if (answer.status !== 401 || answer.url.origin !== this.url.origin || renewals === RENEWALS) return answer;
      const refusal = await this.#refusal(call.method, answer);
      const challenges = parseChallenges(answer.headers['www-authenticate']);
      const better = await this.#auth.challenged(challenges, scopes, sent);
      if (better === null) throw refusal;
      if (isStream(body)) {
        const message = `${refusal.message}: the token was refused while a blob was sent; there is a new one now`;
        throw new RegistryError('REGISTRY_UNREACHABLE', message, { status: 401 });
      }
      sent = better;
    }
  }

  async #follow(call: Call & { target: URL }, authorization: string | null, dispatcher: Agent): Promise<Answer> {
    const { method, body, signal, answerMs = this.answerMs } = call;
    let url = call.target;
    for (let hops = 0; ; hops++) {
      const isOurs = url.origin === this.url.origin;
      const { statusCode, headers, ...answer } = await request(url, {
        dispatcher,
        method,
        headers: {
          'user-agent': 'transship',
          ...(authorization !== null && isOurs ? { authorization } : {}),
          ...call.headers,
        },
        body: (body ?? null) as Buffer | null, // undici takes what can be iterated, and does not say so
        signal: signal ?? null,
        headersTimeout: answerMs,
        bodyTimeout: this.stallMs,
        // Undici ends the connection after a HEAD otherwise.
        reset: false,
      });
      const { location } = headers;
      const follows = statusCode === 307 || statusCode === 308 || method === 'GET' || method === 'HEAD';
      if (!REDIRECTED.includes(statusCode) || typeof location !== 'string' || !follows || isStream(body)) {
        return { status: statusCode, headers, body: answer.body, url };
      }
      await answer.body.dump();
      if (hops >= REDIRECTS) {
        throw new RegistryError('REGISTRY_REFUSED', `${method} ${call.target.pathname}: redirected in a circle`);
      }
      url = new URL(location, url);
    }
  }

  async #refusal(method: string, { status, headers, body, url }: Answer): Promise<RegistryError> {
    const error = refused(method, url, { status, headers, text: await startOf(body) });
    const { capMs = 10_000 } = this.backOff;
    const { retryAfterMs } = error;
    // Longer than that nobody waits here: whoever calls next is told the same.
    if (error.code === 'REGISTRY_BUSY' && retryAfterMs !== null && retryAfterMs <= capMs) {
      this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + retryAfterMs);
    }
    return error;
  }

  /** Without anybody's signal: others may wait for the same token. */
  async #askTokens({ url, authorization, form }: TokenRequest): Promise<unknown> {
    const method = form === null ? 'GET' : 'POST';
    const attempts = new Attempts(this.backOff);
    for (;;) {
      try {
        const { statusCode, headers, body } = await request(url, {
          method,
          dispatcher: this.#reads.agent,
          headers: {
            accept: 'application/json',
            ...(authorization === null ? {} : { authorization }),
            ...(form === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          },
          body: form?.toString() ?? null,
          headersTimeout: this.answerMs,
          bodyTimeout: this.stallMs,
        });
        if (statusCode !== 200) throw refused(method, url, { status: statusCode, headers, text: await startOf(body) });
        return await body.json().catch(() => null);
      } catch (error) {
        await attempts.next(unanswered(method, url, error));
      }
    }
  }
}

export function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

export function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

/**
 * Path of a repository's API.
 * @throws REGISTRY_REFUSED for names that the distribution spec does not allow
 */
export function pathOf(repository: string, rest: string): string {
  if (!isRepository(repository)) {
    throw new RegistryError('REGISTRY_REFUSED', `"${repository}" is no name of a repository`);
  }
  return `/v2/${repository}/${rest}`;
}

function lane(connections: number, connect: buildConnector.connector): { slots: Semaphore; agent: Agent } {
  return {
    slots: new Semaphore(connections),
    agent: new Agent({ connections, pipelining: 1, connect, keepAliveTimeout: 10_000 }),
  };
}

function isStream(body: Body | undefined): body is AsyncIterable<Uint8Array> {
  return body !== undefined && !Buffer.isBuffer(body);
}

/** The beginning of a body as text; the rest is not waited for. */
async function startOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= REFUSAL_BYTES) break;
    }
  } catch {
    // What came will do.
  }
  return Buffer.concat(chunks).toString('utf8');
}

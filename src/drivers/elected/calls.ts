import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request, type Dispatcher } from 'undici';
import { TransshipError } from '../../domain/errors.ts';
import { AT_ONCE, ATTEMPT_TIMEOUT_MS, CALL_DEADLINE_MS, REDIRECTS, ROUND_MS } from './limits.ts';

/** One request, to whichever of the processes takes it. */
export interface Call {
  method: Dispatcher.HttpMethod;
  /** From the slash on, query included. */
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** It changes nothing, so it may be left and sent again. Default: whether it is a GET. */
  isRead?: boolean;
  /** Asked before every attempt: each may be the one that does it. */
  before?: () => Promise<void>;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface ElectedOptions {
  /** What they are, for messages: `Marathon of north-1`. */
  name: string;
  /** `http(s)://host:port` of each, at least one. */
  urls: readonly string[];
  /** Value of the header `authorization`; without one none is sent. */
  authorization?: string | undefined;
  /** Default: ATTEMPT_TIMEOUT_MS. */
  attemptMs?: number | undefined;
  /** Default: CALL_DEADLINE_MS. */
  deadlineMs?: number | undefined;
  /** Header by which an answer says who leads. */
  leaderHeader?: string;
}

/** The process did not get the request: whatever it was, it was not done. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];

/** Who answers so has no leader to send it on to, or lost it meanwhile. */
const LEADERLESS = [502, 503];

/** Sent on, and not answered in time. Only a read is asked again elsewhere. */
const GATEWAY_TIMEOUT = 504;

const REDIRECTED = [302, 307];

/**
 * Calls to several processes of which one leads (Marathon, Mesos masters). Any that lives will do: it sends the call on,
 * redirects it, or says that it knows no leader; then the next one is asked, until the deadline. A redirect is followed
 * with the same method and body, whatever its status.
 *
 * A change that may have arrived is not sent again where the connection broke or the time was up; where the answer is
 * that nobody leads it is: every change that goes through here must be safe to repeat, or is told apart by a fresh read.
 */
export class ElectedCalls {
  readonly name: string;
  readonly #urls: string[];
  readonly #options: ElectedOptions;
  readonly #agent = new Agent({ connections: AT_ONCE, pipelining: 1 });
  #preferred: string;

  constructor(options: ElectedOptions) {
    this.name = options.name;
    this.#options = options;
    this.#urls = options.urls.map((url) => url.replace(/\/$/, ''));
    this.#preferred = this.#urls[0] ?? '';
  }

  /**
   * The answer of whoever leads, whatever its status.
   * @param signal ends the wait between attempts, and attempts that only read; a change that is on its way is not aborted
   * @throws CLUSTER_UNREACHABLE
   */
  async send(call: Call, signal?: AbortSignal): Promise<Answer> {
    const { deadlineMs = CALL_DEADLINE_MS } = this.#options;
    const deadline = Date.now() + deadlineMs;
    let [last, status]: [string, number | null] = ['nobody was asked', null];
    for (;;) {
      for (const url of [this.#preferred, ...this.#urls.filter((other) => other !== this.#preferred)]) {
        const outcome = await this.#attempt(url, call, signal);
        if (typeof outcome !== 'string' && !isElsewhere(call, outcome)) return outcome;
        [last, status] = typeof outcome === 'string' ? [outcome, null] : [outcome.text.slice(0, 200), outcome.status];
        if (Date.now() >= deadline) break;
      }
      if (Date.now() + ROUND_MS >= deadline) break;
      await delay(ROUND_MS, undefined, { signal });
    }
    throw this.unreachable(call, status === null ? last : `${String(status)} ${last}`.trim());
  }

  /**
   * Opens an answer that does not end, as `send` does: nobody else's connections are kept busy by it.
   * @throws CLUSTER_UNREACHABLE unless the answer is 200
   */
  async open(call: Call, signal: AbortSignal, silenceMs: number): Promise<Dispatcher.ResponseData['body']> {
    let last = 'nobody was asked';
    for (const url of this.#urls) {
      try {
        const { answer } = await this.#follow(url, call, { signal, bodyTimeout: silenceMs });
        if (answer.statusCode === 200) return answer.body;
        last = `${String(answer.statusCode)} ${(await answer.body.text()).slice(0, 200)}`.trim();
      } catch (error) {
        signal.throwIfAborted();
        last = messageOf(error);
      }
    }
    throw this.unreachable(call, last);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  unreachable({ method, path }: Pick<Call, 'method' | 'path'>, why: string, cause?: unknown): TransshipError {
    return new TransshipError('CLUSTER_UNREACHABLE', `${method} ${path} to ${this.name}: ${why}`, { cause });
  }

  /** @returns the answer, or why the next one is to be asked */
  async #attempt(url: string, call: Call, signal?: AbortSignal): Promise<Answer | string> {
    await call.before?.();
    const timeout = AbortSignal.timeout(this.#options.attemptMs ?? ATTEMPT_TIMEOUT_MS);
    const isChange = !isRead(call);
    try {
      const ends = signal === undefined || isChange ? timeout : AbortSignal.any([signal, timeout]);
      const { answer, base } = await this.#follow(url, call, { signal: ends, dispatcher: this.#agent });
      const text = await answer.body.text();
      this.#note(base, answer);
      return { status: answer.statusCode, headers: answer.headers, text };
    } catch (error) {
      if (!isChange) signal?.throwIfAborted();
      if (error instanceof TransshipError) throw error;
      if (isChange && !NOT_SENT.includes(codeIn(error))) throw this.unreachable(call, messageOf(error), error);
      return messageOf(error);
    }
  }

  /** @returns the answer, and who gave it */
  async #follow(
    url: string,
    call: Call,
    options: { signal: AbortSignal; dispatcher?: Dispatcher; bodyTimeout?: number },
  ): Promise<{ answer: Dispatcher.ResponseData; base: string }> {
    const { authorization } = this.#options;
    let target = new URL(url + call.path);
    for (let hops = 0; ; hops++) {
      const answer = await request(target, {
        ...options,
        method: call.method,
        headers: {
          accept: 'application/json',
          'user-agent': 'transship',
          ...(authorization === undefined ? {} : { authorization }),
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...call.headers,
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
      const location = answer.headers['location'];
      if (!REDIRECTED.includes(answer.statusCode) || typeof location !== 'string') {
        return { answer, base: hops === 0 ? url : target.origin };
      }
      await answer.body.dump();
      // Mesos sends `//host:port/…`: the scheme is the one that we came by.
      const next = new URL(location, target);
      if (hops >= REDIRECTS) throw this.unreachable(call, `redirected ${String(hops)} times, last to ${next.href}`);
      if (target.protocol === 'https:' && next.protocol !== 'https:') {
        throw this.unreachable(call, `the redirect to ${next.href} would send our credential unencrypted`);
      }
      target = next;
    }
  }

  /** Whoever answered is asked first from now on; the leader where we were given its address. */
  #note(base: string, { headers, statusCode }: Dispatcher.ResponseData): void {
    if (LEADERLESS.includes(statusCode)) return;
    const told = headers[this.#options.leaderHeader ?? ''];
    const leader = typeof told === 'string' ? told.replace(/\/$/, '') : base;
    const known = [leader, base].find((url) => this.#urls.includes(url));
    if (known !== undefined) this.#preferred = known;
  }
}

function isRead({ method, isRead: said = method === 'GET' }: Call): boolean {
  return said;
}

function isElsewhere(call: Call, { status }: Answer): boolean {
  return LEADERLESS.includes(status) || (status === GATEWAY_TIMEOUT && isRead(call));
}

function codeIn(error: unknown): string {
  const codes = error as { code?: string; cause?: { code?: string } } | null;
  return codes?.code ?? codes?.cause?.code ?? '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || codeIn(error) : String(error);
}

import { setTimeout as delay } from 'node:timers/promises';
import { request, type Dispatcher } from 'undici';
import { TransshipError } from '../../../domain/errors.ts';
import { fillPlaceholders, type PlaceholderValues } from '../../../domain/placeholders.ts';
import type { HttpTrafficConfig } from '../../../domain/traffic.ts';
import type { Place } from '../places.ts';

/** A connection that broke is tried again so often, after so long each time. */
const RETRIES_MS = [100, 400, 1_000];

/** The connection broke: the call may or may not have been done. All others are answers, or too late for one. */
const BROKEN = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'UND_ERR_SOCKET'];

/** A connection of its own for every call: no stray second answer is ever taken for the answer to another call. */
const ALONE = { reset: true } as const;

type Settings = Pick<HttpTrafficConfig, 'url' | 'headers' | 'timeoutSeconds' | 'drain' | 'undrain' | 'isDrained'>;

interface Attempts {
  signal?: AbortSignal | undefined;
  before?: () => Promise<void>;
}

interface Answer {
  status: number;
  text: string;
}

interface Call {
  method: Dispatcher.HttpMethod;
  url: string;
  body?: string;
}

/** The calls of one load balancer, as the fleet file describes them. */
export class BalancerApi {
  readonly #settings: Settings;
  readonly #base: string;

  /** @param idc whose load balancer it is, where the URL says `{idc}` */
  constructor(settings: Settings, idc: string) {
    this.#settings = settings;
    this.#base = settings.url.replaceAll('{idc}', idc).replace(/\/$/, '');
  }

  /**
   * What it says of the server: null where it knows none, or where the server has no address yet to ask for.
   * @throws LOAD_BALANCER_UNREACHABLE, LOAD_BALANCER_REFUSED
   */
  async isDrained(place: Place, signal?: AbortSignal): Promise<boolean | null> {
    const { isDrained } = this.#settings;
    const url = this.#url(isDrained.path, place.values);
    if (url === null) return null;
    const call = { method: isDrained.method, url };
    const { status, text } = await this.#send(call, { signal });
    if (isDrained.drained.includes(status)) return true;
    if (isDrained.serving.includes(status)) return false;
    if (status === 404) return null;
    throw refusal(call, status, text);
  }

  /**
   * Takes the server out or in.
   * @param before asked before every attempt: each may be the one that does it. A cancel ends no attempt, only its answer or
   * its time does: what was sent is not left behind.
   * @throws LOAD_BALANCER_UNREACHABLE, LOAD_BALANCER_REFUSED, LOAD_BALANCER_TARGET_UNKNOWN
   */
  async change(which: 'drain' | 'undrain', place: Place, before: () => Promise<void>): Promise<void> {
    const { method, path, body, ok } = this.#settings[which];
    const url = this.#url(path, place.values);
    const filled = body === undefined ? undefined : bodyText(body, place.values);
    if (url === null || filled === null) throw unknown(`${place.member} has no address yet to find it by`);
    const call = { method, url, ...(filled === undefined ? {} : { body: filled }) };
    const { status, text } = await this.#send(call, { before });
    if (ok === undefined ? status >= 200 && status <= 299 : ok.includes(status)) return;
    if (status === 404) throw unknown(`${told(call)}: ${said(status, text)}`);
    throw refusal(call, status, text);
  }

  /** @throws LOAD_BALANCER_TARGET_UNKNOWN, always */
  refuseUnknown(place: Place): never {
    const url = this.#url(this.#settings.isDrained.path, place.values);
    throw unknown(
      url === null ? `${place.member} has no address yet to find it by` : `${url}: it does not know ${place.member}`,
    );
  }

  #url(path: string, values: PlaceholderValues): string | null {
    const filled = fillPlaceholders(path, values, encodeURIComponent);
    return filled === null ? null : `${this.#base}${filled}`;
  }

  async #send(call: Call, { signal, before }: Attempts): Promise<Answer> {
    for (const wait of [...RETRIES_MS, null]) {
      await before?.();
      try {
        return await this.#once(call, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (wait === null || !isBroken(error)) throw unreachable(call, error, this.#settings.timeoutSeconds);
        await delay(wait);
      }
    }
    throw new Error('the last attempt neither returned nor threw');
  }

  async #once({ method, url, body }: Call, signal?: AbortSignal): Promise<Answer> {
    const timeout = AbortSignal.timeout(this.#settings.timeoutSeconds * 1000);
    const answer = await request(url, {
      method,
      ...ALONE,
      headers: {
        'user-agent': 'transship',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...this.#settings.headers,
      },
      ...(body === undefined ? {} : { body }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  }
}

/** The body about one instance, as JSON; null where a value is asked for that is not known yet. */
function bodyText(body: Record<string, unknown>, values: PlaceholderValues): string | null {
  const missing: string[] = [];
  const text = JSON.stringify(body, (key, value: unknown) => {
    if (typeof value !== 'string') return value;
    const filled = fillPlaceholders(value, values);
    if (filled === null) missing.push(key);
    return filled;
  });
  return missing.length === 0 ? text : null;
}

function isBroken(error: unknown): boolean {
  const codes = [error, ...(error instanceof AggregateError ? (error.errors as unknown[]) : [])];
  return codes.some((one) => BROKEN.includes((one as { code?: string }).code ?? ''));
}

function unreachable(call: Call, error: unknown, timeoutSeconds: number): TransshipError {
  const late = error instanceof Error && error.name === 'TimeoutError';
  const why = late ? `no answer in ${timeoutSeconds} s` : error instanceof Error ? error.message : String(error);
  return new TransshipError('LOAD_BALANCER_UNREACHABLE', `${told(call)}: ${why}`, { cause: error });
}

function refusal(call: Call, status: number, text: string): TransshipError {
  // 429 and 5xx ask for patience, or something in front of it is away.
  const code = status === 429 || status >= 500 ? 'LOAD_BALANCER_UNREACHABLE' : 'LOAD_BALANCER_REFUSED';
  return new TransshipError(code, `${told(call)}: ${said(status, text)}`);
}

const unknown = (message: string): TransshipError => new TransshipError('LOAD_BALANCER_TARGET_UNKNOWN', message);

const told = ({ method, url }: Call): string => `${method} ${url}`;

const said = (status: number, text: string): string => `${status} ${text.trim().slice(0, 200)}`.trim();

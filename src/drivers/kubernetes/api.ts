import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { TransshipError } from '../../domain/errors.ts';
import { ApiError, isStatus } from './errors.ts';
import { CALL_TIMEOUT_MS, WATCH_SILENCE_MS } from './limits.ts';
import type { List } from './resources.ts';
import type { Session, Sessions } from './session.ts';
import type { Silence } from './silence.ts';

/** How the body of a PATCH is to be read. */
const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

interface Call {
  method: Dispatcher.HttpMethod;
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  contentType?: string;
}

/** One Kubernetes API server: few verbs, explicit patch types, every write under our field manager. */
export class ApiServer {
  /** Name of its cluster, for messages. */
  readonly name: string;
  readonly #sessions: Sessions;
  readonly #silence: Silence;

  constructor(name: string, sessions: Sessions, silence: Silence) {
    this.name = name;
    this.#sessions = sessions;
    this.#silence = silence;
  }

  /** Null where it does not exist. */
  async get<T>(path: string): Promise<T | null> {
    try {
      return await this.#json<T>({ method: 'GET', path });
    } catch (error) {
      if (isStatus(error, 404)) return null;
      throw error;
    }
  }

  /** Fresh by quorum: no resourceVersion is sent, so no cache may answer. */
  async list<T>(path: string, query: Record<string, string> = {}): Promise<T[]> {
    return (await this.#json<List<T>>({ method: 'GET', path, query })).items;
  }

  async create<T>(path: string, body: unknown, options: { dryRun?: boolean } = {}): Promise<T> {
    return this.#json<T>({ method: 'POST', path, query: writing(options), body, contentType: 'application/json' });
  }

  async patch<T>(
    path: string,
    type: keyof typeof PATCH_TYPES,
    body: unknown,
    options: { dryRun?: boolean } = {},
  ): Promise<T> {
    return this.#json<T>({ method: 'PATCH', path, query: writing(options), body, contentType: PATCH_TYPES[type] });
  }

  /**
   * Deletes this very object, in the background; does nothing where it is gone or another took its name.
   * @param options.resourceVersion also does nothing where it was changed since
   * @param options.orphan leaves alone what it owns
   */
  async delete(
    path: string,
    uid: string,
    { resourceVersion, orphan = false }: { resourceVersion?: string; orphan?: boolean } = {},
  ): Promise<void> {
    const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const body = { propagationPolicy: orphan ? 'Orphan' : 'Background', preconditions };
    try {
      await this.#json({ method: 'DELETE', path, body, contentType: 'application/json' });
    } catch (error) {
      if (!isStatus(error, 404, 409)) throw error;
    }
  }

  /**
   * Lines of a watch, until it ends, breaks or is aborted.
   * @param opened called when the server has agreed to it; lines may be long in coming
   */
  async *watch(
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
    opened: () => void,
  ): AsyncGenerator<string> {
    const answer = await this.#send(
      { method: 'GET', path, query: { ...query, watch: 'true', allowWatchBookmarks: 'true' } },
      await this.#sessions.get(),
      { signal, bodyTimeout: WATCH_SILENCE_MS },
    );
    if (answer.statusCode !== 200) throw await refusal(`watch ${path} in ${this.name}`, answer);
    opened();
    let rest = '';
    for await (const chunk of answer.body.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  }

  /** Ends its connections. */
  async close(): Promise<void> {
    await this.#sessions.close();
  }

  async #json<T>(call: Call): Promise<T> {
    try {
      const answer = await this.#ask<T>(call);
      this.#silence.broken();
      return answer;
    } catch (error) {
      throw this.#silence.weigh(error, this.name);
    }
  }

  async #ask<T>(call: Call): Promise<T> {
    const name = `${call.method} ${call.path} in ${this.name}`;
    // A mutation is never aborted half way by its caller: its effect would be as unknown as that of a lost answer.
    const options = { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) };
    let answer = await this.#send(call, await this.#sessions.get(), options);
    if (answer.statusCode === 401) {
      await answer.body.dump();
      answer = await this.#send(call, await this.#sessions.renew(), options);
    }
    if (answer.statusCode >= 400) throw await refusal(name, answer);
    try {
      return (await answer.body.json()) as T;
    } catch (error) {
      throw this.#unreachable(name, error);
    }
  }

  async #send(
    call: Call,
    session: Session,
    options: { signal: AbortSignal; bodyTimeout?: number },
  ): Promise<Dispatcher.ResponseData> {
    const url = new URL(session.server + call.path);
    for (const [key, value] of Object.entries(call.query ?? {})) url.searchParams.set(key, value);
    try {
      return await request(url, {
        ...options,
        method: call.method,
        headers: {
          ...session.headers,
          accept: 'application/json',
          ...(call.contentType === undefined ? {} : { 'content-type': call.contentType }),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        ...(session.dispatcher === undefined ? {} : { dispatcher: session.dispatcher }),
      });
    } catch (error) {
      throw this.#unreachable(`${call.method} ${call.path} in ${this.name}`, error);
    }
  }

  #unreachable(call: string, error: unknown): TransshipError {
    const why = error instanceof Error ? error.message : String(error);
    return new TransshipError('CLUSTER_UNREACHABLE', `${call}: ${why}`, { cause: error });
  }
}

function writing(options: { dryRun?: boolean }): Record<string, string> {
  return { fieldManager: 'transship', ...(options.dryRun === true ? { dryRun: 'All' } : {}) };
}

async function refusal(call: string, answer: Dispatcher.ResponseData): Promise<ApiError> {
  const text = await answer.body.text().catch(() => '');
  let status: { reason?: string; message?: string; details?: { causes?: { message?: string }[] } } = {};
  try {
    status = JSON.parse(text) as typeof status;
  } catch {
    // Something in front of the API server answered: its text is all there is.
  }
  const message = status.message ?? (text.slice(0, 200) || `status ${answer.statusCode}`);
  const causes = (status.details?.causes ?? []).flatMap((cause) => cause.message ?? []);
  return new ApiError(call, answer.statusCode, status.reason ?? '', message, causes);
}

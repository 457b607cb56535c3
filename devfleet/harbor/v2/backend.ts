import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Agent, request as send, type Dispatcher } from 'undici';

/** Of one connection only, or made anew on the way. Authorization is Harbor's business: the registry behind trusts it. */
const NOT_FORWARDED = new Set([
  'authorization',
  'connection',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export type Answer = Dispatcher.ResponseData;

/** The distribution registry behind. */
export class Backend {
  readonly #url: string;
  readonly #agent = new Agent({ pipelining: 1 });

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Hands a call on, streaming. The Host stays the caller's, so that locations of uploads name Harbor.
   * @param changes path and query, and the body where it was read already
   */
  async forward(incoming: IncomingMessage, changes: { path?: string; body?: Buffer } = {}): Promise<Answer> {
    const method = incoming.method ?? 'GET';
    const headers = forwarded(incoming.headers);
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = incoming.headers;
    const hasBody = length !== '0' || encoding !== undefined;
    if (changes.body !== undefined) headers['content-length'] = String(changes.body.length);
    return send(new URL(changes.path ?? incoming.url ?? '/', this.#url), {
      method,
      headers,
      body: changes.body ?? (hasBody ? incoming : null),
      dispatcher: this.#agent,
    });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** Passes the registry's answer on, with more headers where Harbor adds some. */
export async function relay(
  answer: Answer,
  response: ServerResponse,
  more: Record<string, string> = {},
): Promise<void> {
  response.writeHead(answer.statusCode, { ...forwarded(answer.headers), ...more });
  await pipeline(answer.body, response);
}

function forwarded(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (!NOT_FORWARDED.has(name) && value !== undefined) kept[name] = value;
  return kept;
}

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

const PATIENCE_MS = 12_000;
const AGAIN_MS = 300;

/**
 * Asks Transship's API as a client that never gives up: again, with one idempotency key, until it is answered.
 * @throws Error with an answer that says that the request itself is wrong; the signal's reason
 */
export async function insist<T>(
  api: string,
  {
    method,
    path,
    body,
    signal,
  }: { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; path: string; body?: unknown; signal: AbortSignal },
): Promise<T> {
  const headers = { 'idempotency-key': randomUUID(), 'x-transship-actor': 'chaos', 'content-type': 'application/json' };
  for (;;) {
    signal.throwIfAborted();
    const answer = await request(`${api}${path}`, {
      ...{ method, headers: body === undefined ? { 'x-transship-actor': 'chaos' } : headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    })
      .then(async ({ statusCode, body: said }) => ({ statusCode, text: await said.text() }))
      .catch(() => null);
    if (answer !== null && answer.statusCode < 300) return (answer.text === '' ? null : JSON.parse(answer.text)) as T;
    if (answer !== null && answer.statusCode < 500)
      throw new Error(`${method} ${path}: ${answer.statusCode} ${answer.text}`);
    await sleep(AGAIN_MS, undefined, { signal });
  }
}

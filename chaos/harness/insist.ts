import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

/** How long a client waits for an answer before it sends the request again: at first, and at last, in ms. */
export interface Patience {
  first: number;
  last: number;
}
const PATIENCE: Patience = { first: 3_000, last: 24_000 };

/** Of one who asks for syncs: registries are looked at before the answer, which takes as long as a dead worker is not missed. */
export const SYNC_PATIENCE: Patience = { first: 12_000, last: 12_000 };
const AGAIN_MS = 200;

export interface Asked {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** Sent as JSON. */
  body?: unknown;
}

/**
 * Asks Transship's API once.
 * @param key of the request: sent twice with it, it is done once
 * @param patienceMs how long it may take. Default: 3 s
 * @throws what keeps it from answering; the signal's reason
 */
export async function ask(
  api: string,
  { method, path, body }: Asked,
  signal: AbortSignal,
  { key, patienceMs = PATIENCE.first }: { key?: string; patienceMs?: number } = {},
): Promise<{ status: number; text: string }> {
  const answer = await request(`${api}${path}`, {
    method,
    headers: {
      'x-transship-actor': 'chaos',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(body === undefined || key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

/**
 * Asks as a client that never gives up: the same again, with one key and more patience, until it is answered.
 * @throws Error with an answer that says that the request itself is wrong; the signal's reason
 */
export async function insist<T>(
  api: string,
  asked: Asked,
  signal: AbortSignal,
  { first, last } = PATIENCE,
): Promise<T> {
  const key = randomUUID();
  for (let patienceMs = first; ; patienceMs = Math.min(2 * patienceMs, last)) {
    signal.throwIfAborted();
    const answer = await ask(api, asked, signal, { key, patienceMs }).catch(() => null);
    if (answer !== null && answer.status < 300) return (answer.text === '' ? null : JSON.parse(answer.text)) as T;
    if (answer !== null && answer.status < 500)
      throw new Error(`${asked.method} ${asked.path}: ${answer.status} ${answer.text}`);
    await sleep(AGAIN_MS, undefined, { signal });
  }
}

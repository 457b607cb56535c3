import { createHash } from 'node:crypto';
import type { Catalogue } from '../catalogue/types.ts';
import type { Actor } from '../domain/types.ts';

/** A request that is to have its effect once, however often it is sent. */
export interface AskedOnce {
  /** For the hash that tells another request under the same key. */
  request: unknown;
  actor: Actor;
  /** Idempotency-Key, if one was sent. */
  key: string | undefined;
  /** For what it starts; the same request sent again keeps the first one. */
  newId: string;
}

/**
 * Does what is asked under an id; with a key, the same request again gets the same id, and the same answer once there is one.
 * A refusal gives the key back, unless something was begun under the id.
 * @param begun whether something is left under the id
 * @throws TransshipError IDEMPOTENCY_KEY_REUSED; whatever `act` throws
 */
export async function once<T>(
  { idempotency }: Pick<Catalogue, 'idempotency'>,
  { request, actor, key, newId }: AskedOnce,
  act: (id: string) => Promise<T>,
  begun: (id: string) => Promise<boolean>,
): Promise<T> {
  if (key === undefined) return act(newId);
  const body = createHash('sha256').update(canonical(request)).digest('hex');
  const reserved = await idempotency.reserve(actor.name, key, body, newId);
  if (!reserved.fresh && reserved.response !== null) return reserved.response as T;
  try {
    const answer = await act(reserved.operation);
    await idempotency.complete(actor.name, key, answer);
    return answer;
  } catch (error) {
    if (!(await begun(reserved.operation))) await idempotency.forget(actor.name, key);
    throw error;
  }
}

/** The same text for the same request, whatever the order of its keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

import { createHash } from 'node:crypto';
import type { Actor } from '../../domain/types.ts';
import type { ApiContext } from '../context.ts';
import { newReleaseId } from '../ids.ts';
import type { Accepted } from '../schemas/release.ts';
import { beginRelease } from './begin.ts';
import { links } from './view.ts';

/** One request for an operation: what is asked for, by whom. */
export interface Asked {
  /** For the hash that tells another request under the same key. */
  request: unknown;
  actor: Actor;
  /** Idempotency-Key, if one was sent. */
  key: string | undefined;
  /** Checks, plans, and writes the rows under this id. @throws any refusal */
  write: (id: string) => Promise<void>;
}

/**
 * Accepts an operation: its rows are written, its workflow is started. Once the rows are there it is accepted: where the
 * API or Temporal dies before the start, it is started later (see beginUnstarted).
 *
 * With a key, the same request again finds the same operation, finishes what is missing and answers the same. A refusal
 * gives the key back.
 * @throws TransshipError any refusal; IDEMPOTENCY_KEY_REUSED
 */
export async function acceptOnce(context: ApiContext, asked: Asked): Promise<Accepted> {
  const { request, actor, key } = asked;
  if (key === undefined) return acceptAs(context, newReleaseId(), asked.write);

  const { idempotency, operations } = context.catalogue;
  const body = createHash('sha256').update(canonical(request)).digest('hex');
  const reserved = await idempotency.reserve(actor.name, key, body, newReleaseId());
  if (!reserved.fresh && reserved.response !== null) return reserved.response as Accepted;
  try {
    const accepted = await acceptAs(context, reserved.operation, asked.write);
    await idempotency.complete(actor.name, key, accepted);
    return accepted;
  } catch (error) {
    if ((await operations.get(reserved.operation)) === null) await idempotency.forget(actor.name, key);
    throw error;
  }
}

/** Under that id: written unless it is there, begun unless it has begun. @throws TransshipError any refusal */
export async function acceptAs(context: ApiContext, id: string, write: Asked['write']): Promise<Accepted> {
  const { operations } = context.catalogue;
  let row = await operations.get(id);
  if (row === null) {
    await write(id);
    row = await operations.get(id);
  }
  if (row === null) throw new Error(`release ${id} was written and is not there`);
  if (row.startedAt === null) await beginRelease(context, row);
  return { id, state: row.state, links: links(context, id) };
}

/** The same text for the same request, whatever the order of its keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

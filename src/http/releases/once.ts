import type { Actor } from '../../domain/types.ts';
import type { ApiContext } from '../context.ts';
import { newReleaseId } from '../ids.ts';
import { once } from '../once.ts';
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
export async function acceptOnce(context: ApiContext, { request, actor, key, write }: Asked): Promise<Accepted> {
  const { catalogue } = context;
  return once(
    catalogue,
    { request, actor, key, newId: newReleaseId() },
    async (id) => acceptAs(context, id, write),
    async (id) => (await catalogue.operations.get(id)) !== null,
  );
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

import type { OperationRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import { isTerminal } from '../../domain/states.ts';
import type { Actor } from '../../domain/types.ts';
import type { ApiContext } from '../context.ts';
import type { Accepted } from '../schemas/release.ts';
import { againQueued } from './accept.ts';
import { commandRelease } from './commands.ts';
import { getRelease } from './find.ts';

/** Live operations of one app and environment looked at; a queue is short. */
const LIVE_OPERATIONS = 200;

/**
 * Lets those that wait for its groups go first: the release joins the queue once more, behind them, as a new one; then it
 * is aborted, which undoes what it did. Repeated with its key it does what is missing of that.
 * @returns the new one
 * @throws TransshipError COMMAND_ILLEGAL where it has ended, or cannot be undone; NOTHING_TO_DO where nobody waits
 */
export async function yieldRelease(
  context: ApiContext,
  id: string,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const { row, children } = await getRelease(context, id);
  const left = children.filter(({ state }) => !isTerminal(state));
  const accepted = await againQueued(context, row, left, { actor, key, check: () => refuseIdle(context, row, left) });
  const reason = `yields to those that wait; queued again as ${accepted.id}`;
  await abort(context, id, reason, actor);
  return accepted;
}

/** @throws COMMAND_ILLEGAL, NOTHING_TO_DO */
async function refuseIdle({ catalogue }: ApiContext, row: OperationRow, left: OperationRow[]): Promise<void> {
  const { id, app, env, flavor, state } = row;
  if (isTerminal(state) || state === 'REVOKING' || left.length === 0)
    throw new TransshipError('COMMAND_ILLEGAL', `${id} is ${state}: it holds nobody up`);
  if (flavor !== 'release') throw new TransshipError('COMMAND_ILLEGAL', `${id} is a ${flavor}: it does not wait`);
  if ([row, ...left].some(({ final }) => final))
    throw new TransshipError('COMMAND_ILLEGAL', `${id} is past its point of no return: it can only go on`);
  const live = await catalogue.operations.list({ kind: 'releaseGroup', app, env, live: true, limit: LIVE_OPERATIONS });
  const groups = left.map(({ group }) => group);
  for (const { root } of live.filter((other) => other.root !== id && groups.includes(other.group))) {
    // A group whose turn never came stays as it was written when its release ends: it waits for nothing any more.
    if ((await catalogue.operations.get(root))?.endedAt === null) return;
  }
  throw new TransshipError('NOTHING_TO_DO', `nobody waits for ${groups.join(', ')} in ${env}`);
}

/** Aborts what has not ended. */
async function abort(context: ApiContext, id: string, reason: string, actor: Actor): Promise<void> {
  try {
    await commandRelease(context, id, { command: 'abort', reason }, actor);
  } catch (error) {
    if (!(error instanceof TransshipError && error.code === 'COMMAND_ILLEGAL')) throw error;
    const { row } = await getRelease(context, id);
    if (!isTerminal(row.state)) throw error;
  }
}

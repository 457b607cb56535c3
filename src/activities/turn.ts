import { Context } from '@temporalio/activity';
import type { Catalogue, OperationSummary } from '../catalogue/types.ts';
import { TransshipError } from '../domain/errors.ts';
import type { Actor, GroupRef, Spec } from '../domain/types.ts';
import { waitText } from '../domain/wait.ts';
import { pause } from '../drivers/alive.ts';
import type { Command } from '../temporal/messages.ts';
import { COMMAND_SIGNAL, groupWorkflowId, releaseWorkflowId } from '../temporal/names.ts';
import { toFailure } from './failures.ts';
import { activityWaiting } from './waiting.ts';

/** How often the queue is looked at, in ms. */
const LOOK_MS = 1_000;
/** How long an abort of those that are superseded may take to arrive, in hours. */
const ABORT_HOURS = 1;

export interface AwaitTurnInput {
  ref: GroupRef;
  root: string;
  operation: string;
  actor: Actor;
  /** ISO time after which it is not waited for any longer. */
  until: string;
  /** Those that are ahead are aborted. */
  supersede: boolean;
}

/** Waiting for a group that another operation holds. The queue is the catalogue's: operations, in the order they were accepted. */
export function turnActivities(catalogue: Catalogue) {
  return {
    /**
     * Waits until every operation on the group that was accepted earlier has ended and left it.
     * @returns what the group runs by then
     * @throws GROUP_BUSY when that lasts too long
     */
    awaitTurn: async (input: AwaitTurnInput): Promise<{ from: Spec | null }> => {
      const waiting = activityWaiting();
      const told = new Set<string>();
      let said = '';
      try {
        for (;;) {
          const ahead = await catalogue.operations.ahead(input.operation);
          if (ahead.length === 0 && (await isFree(catalogue, input))) {
            const from = (await catalogue.groups.get(input.ref))?.released ?? null;
            await catalogue.operations.setFrom(input.operation, from);
            return { from };
          }
          const [first] = ahead;
          const holder = first === undefined ? 'the last operation to leave' : `${first.root} (${first.version})`;
          const position = `${String(ahead.length)} ahead, first ${holder}`;
          if (Date.now() > Date.parse(input.until)) throw new TransshipError('GROUP_BUSY', `still waits: ${position}`);
          if (position !== said) await say(catalogue, input, position);
          said = position;
          for (const other of input.supersede ? ahead.filter(({ id }) => !told.has(id)) : []) {
            if (await abort(input, other)) told.add(other.id);
          }
          await pause(waiting, LOOK_MS, `its turn with ${groupWorkflowId(input.ref)}: ${position}`);
        }
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

/** Its id and its fence are free; a dirty fence is not waited for: who claims it hears of it. */
async function isFree(catalogue: Catalogue, { ref, operation }: AwaitTurnInput): Promise<boolean> {
  const fence = await catalogue.fences.get(ref);
  if (fence !== null && fence.holder !== null && fence.holder !== operation && !fence.dirty) return false;
  try {
    const { status } = await Context.current().client.workflow.getHandle(groupWorkflowId(ref)).describe();
    return status.name !== 'RUNNING';
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return true;
    throw error;
  }
}

async function say(
  catalogue: Catalogue,
  { root, operation, ref, until }: AwaitTurnInput,
  position: string,
): Promise<void> {
  const since = new Date().toISOString();
  const row = await catalogue.operations.get(root);
  if (row === null) return;
  const reason = `in the queue for ${ref.group}: ${position}`;
  const waiting = waitText({ reason, since, until, who: 'whoever may release this app' });
  await catalogue.events.append([
    {
      ...{ root, operation, kind: 'note', step: 'queue', instance: null, attempt: 1, outcome: null },
      ...{ message: `in the queue: ${position}`, data: null, key: position },
    },
  ]);
  await catalogue.operations.setState(root, { state: row.state, waiting, trouble: null });
}

/**
 * What cannot be aborted is waited for.
 * @returns whether its release has heard of it: the release stops the group, at work or not
 */
async function abort({ operation, actor }: AwaitTurnInput, other: OperationSummary): Promise<boolean> {
  const how = { by: `supersede-${operation}`, actor };
  await abortOperation(other, how);
  return abortOperation({ id: other.root, workflowId: releaseWorkflowId(other.root) }, how);
}

/**
 * By signal: the same command any number of times is one.
 * @param how.by what the command is made known by
 * @returns whether it has heard of it
 */
export async function abortOperation(
  { id: operation, workflowId }: Pick<OperationSummary, 'id' | 'workflowId'>,
  { by, actor }: { by: string; actor: Actor },
): Promise<boolean> {
  const notAfter = new Date(Date.now() + ABORT_HOURS * 3_600_000).toISOString();
  const command: Command = { id: `${by}-${operation}`, operation, command: 'abort', actor, notAfter };
  try {
    await Context.current().client.workflow.getHandle(workflowId).signal<[Command]>(COMMAND_SIGNAL, command);
    return true;
  } catch (error) {
    // It ended by itself, or has not begun.
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return false;
    throw error;
  }
}

export type TurnActivities = ReturnType<typeof turnActivities>;

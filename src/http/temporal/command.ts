import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { ErrorCode } from '../../domain/errors.ts';
import type { CommandName } from '../../domain/states.ts';
import { commandSignal, commandUpdate, type Command } from '../../temporal/messages.ts';
import { fromFailure } from './failures.ts';
import { callTemporal, type TemporalLink } from './link.ts';

/** What must arrive however long it takes; the others are sent again by whoever still wants them. */
const SIGNALLED: CommandName[] = ['abort', 'rollback', 'brake'];

/** Seconds that the sender of a command waits for its answer. */
const ANSWER_SECONDS = 2;

export type CommandOutcome =
  | { state: 'accepted'; answer: string }
  | { state: 'refused'; code: ErrorCode; answer: string }
  /** Sent; it may still run until its notAfter. */
  | { state: 'pending' }
  /** No workflow of that id. */
  | { state: 'absent' };

/**
 * Sends a command as an update (id = the command's) and waits ANSWER_SECONDS. An update that no worker takes leaves no
 * trace, so an abort or brake without an answer is sent as a signal too; handlers know a command by its id and run it once.
 * @param later called when a pending command was answered after all
 * @throws TransshipError TEMPORAL_UNREACHABLE: not sent
 */
export async function sendCommand(
  link: TemporalLink,
  workflowId: string,
  command: Command,
  later: (outcome: CommandOutcome) => void,
): Promise<CommandOutcome> {
  const handle = link.client.workflow.getHandle(workflowId);
  const withdrawn = new AbortController();
  const answer = callTemporal(link, (Date.parse(command.notAfter) - Date.now()) / 1_000, async () =>
    link.client.connection.withAbortSignal(withdrawn.signal, async () =>
      handle.executeUpdate(commandUpdate, { args: [command], updateId: command.id }),
    ),
  ).then((text): CommandOutcome => ({ state: 'accepted', answer: text }), fromError);

  const timer = new AbortController();
  const outcome = await Promise.race([
    answer,
    sleep(ANSWER_SECONDS * 1_000, null, { signal: timer.signal }).catch(() => null),
  ]);
  timer.abort();
  if (outcome !== null) return outcome;

  void answer.then(later, () => undefined);
  // These also tell a worker that is away from a Temporal that is away.
  try {
    if (SIGNALLED.includes(command.command))
      await callTemporal(link, 3, async () => handle.signal(commandSignal, command));
    else await callTemporal(link, 3, async () => handle.describe());
  } catch (error) {
    withdrawn.abort();
    if (error instanceof WorkflowNotFoundError) return { state: 'absent' };
    throw error;
  }
  return { state: 'pending' };
}

/**
 * Tells a release, by signal, to stop: what runs is cancelled, which undoes it, and no further group begins. Temporal
 * keeps the signal until a worker takes it.
 * @throws TransshipError TEMPORAL_UNREACHABLE
 */
export async function signalRelease(link: TemporalLink, workflowId: string, command: Command): Promise<CommandOutcome> {
  const handle = link.client.workflow.getHandle(workflowId);
  try {
    await callTemporal(link, 3, async () => handle.signal(commandSignal, command));
    return { state: 'accepted', answer: 'no further group begins' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: 'absent' };
    throw error;
  }
}

function fromError(error: unknown): CommandOutcome {
  if (error instanceof WorkflowNotFoundError) return { state: 'absent' };
  if (error instanceof WorkflowUpdateFailedError) {
    const known = fromFailure(error);
    return {
      state: 'refused',
      code: known?.code ?? 'COMMAND_ILLEGAL',
      answer: known?.message ?? error.cause?.message ?? error.message,
    };
  }
  throw error;
}

import type { OperationRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import { isTerminal, legalCommands, type CommandName } from '../../domain/states.ts';
import type { ConfigChanges } from '../../domain/config.ts';
import { isUndoable, type Actor } from '../../domain/types.ts';
import type { ApiContext } from '../context.ts';
import { newCommandId } from '../ids.ts';
import type { CommandAnswer, CommandRequest } from '../schemas/command.ts';
import { sendCommand, signalRelease, type CommandOutcome } from '../temporal/command.ts';
import { configChanges } from './config.ts';
import { getRelease } from './find.ts';

/** How long a command that nobody has taken yet may still run, in seconds. */
const VALID_SECONDS = 60;

type Answer = CommandAnswer['commands'][number];

interface Sending {
  request: CommandRequest;
  actor: Actor;
  /** ISO time. */
  notAfter: string;
  changes?: ConfigChanges;
}

/**
 * Sends a command to a release: a row first, then the update, because an update that no worker takes leaves no trace.
 * An abort goes to the groups at work, and then to the release, so that no further group begins.
 * @throws TransshipError OPERATION_UNKNOWN, GROUP_UNKNOWN; COMMAND_ILLEGAL where every one refuses;
 * TEMPORAL_UNREACHABLE where it could not be sent
 */
export async function commandRelease(
  context: ApiContext,
  id: string,
  request: CommandRequest,
  actor: Actor,
): Promise<CommandAnswer> {
  const { row, children } = await getRelease(context, id);
  const toRelease = stopsAll(row, request.command) && request.group === undefined;
  const groups = row.flavor === 'promote' ? [] : groupsAtWork(row, children, request);
  if (groups.length === 0 && !toRelease) throw nobodyTakes(row, children, request);

  const notAfter = new Date(Date.now() + VALID_SECONDS * 1_000).toISOString();
  const changes = request.config === undefined ? {} : { changes: configChanges(context, request.config) };
  const sending = { request, actor, notAfter, ...changes };
  const toGroups = await Promise.allSettled(groups.map(async (group) => send(context, group, sending)));
  const [toWhole] = toRelease ? await Promise.allSettled([send(context, row, sending)]) : [];

  const results = toWhole === undefined ? toGroups : [...toGroups, toWhole];
  const commands = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  // A promotion answers by itself; of a release its groups do.
  const answering = row.flavor === 'promote' ? results : toGroups;
  const answered = (['accepted', 'pending'] as const).find((state) =>
    answering.some((result) => result.status === 'fulfilled' && result.value.state === state),
  );
  if (answered !== undefined) return { state: answered, notAfter, commands };
  if (commands.some(({ state }) => state === 'accepted')) return { state: 'accepted', notAfter, commands };
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  throw new TransshipError(
    'COMMAND_ILLEGAL',
    commands.map(({ operation, answer }) => `${operation}: ${answer}`).join('; '),
  );
}

/** Groups asked for whose workflow runs and, by what the catalogue says, takes the command. */
function groupsAtWork(
  release: OperationRow,
  children: OperationRow[],
  { command, group }: CommandRequest,
): OperationRow[] {
  const asked = group === undefined ? children : children.filter((child) => child.group === group);
  if (asked.length === 0) {
    const names = children.map((child) => child.group).join(', ');
    throw new TransshipError('GROUP_UNKNOWN', `release ${release.id} has no group ${group ?? ''}; it has ${names}`);
  }
  return asked.filter((child) => commandsOf(child).includes(command));
}

/** A group whose turn has not come has no workflow to command; one that waits for its turn at a gate has. */
export function commandsOf({
  state,
  waiting,
  flavor,
  final,
}: Pick<OperationRow, 'state' | 'waiting' | 'flavor' | 'final'>): CommandName[] {
  return state === 'PENDING' && waiting === '' ? [] : legalCommands(state, flavor, final);
}

/** What a release as a whole takes: the other commands are its groups'. */
export function commandsOfWhole({
  state,
  flavor,
  final,
}: Pick<OperationRow, 'state' | 'flavor' | 'final'>): CommandName[] {
  if (flavor === 'promote') return legalCommands(state, flavor, final);
  if (isTerminal(state) || !isUndoable(flavor)) return [];
  return final || flavor !== 'release' ? ['abort'] : ['rollback', 'abort'];
}

function stopsAll(release: OperationRow, command: CommandName): boolean {
  return commandsOfWhole(release).includes(command);
}

function nobodyTakes(release: OperationRow, children: OperationRow[], { command }: CommandRequest): TransshipError {
  const states = [release, ...children].map((row) => {
    const { id, kind, state } = row;
    const legal = kind === 'releaseApp' ? commandsOfWhole(row) : commandsOf(row);
    const past = row.final ? ', past its point of no return' : '';
    return `${id} is ${state}${past}, legal there: ${legal.join(', ') || 'nothing'}`;
  });
  return new TransshipError('COMMAND_ILLEGAL', `${command}: ${states.join('; ')}`);
}

async function send(
  { catalogue, temporal, log }: ApiContext,
  receiver: OperationRow,
  { request: { command, reason }, actor, notAfter, changes }: Sending,
): Promise<Answer> {
  const { commands, events } = catalogue;
  const operation = receiver.id;
  const row = { id: newCommandId(), operation, command, actor, notAfter };
  await commands.add(row);
  await events.append([
    {
      root: receiver.root,
      operation,
      kind: 'command',
      instance: null,
      step: command,
      attempt: 1,
      outcome: null,
      message: `${command} asked by ${actor.name} (${actor.channel})${reason === undefined ? '' : `: ${reason}`}`,
      data: { command: row.id, actor, ...(changes === undefined ? {} : { changes }) },
      key: row.id,
    },
  ]);

  const settle = async (outcome: CommandOutcome): Promise<Answer> => {
    if (outcome.state === 'pending') return { id: row.id, operation, state: 'pending', answer: '' };
    const state = outcome.state === 'accepted' ? 'accepted' : 'refused';
    const answer = outcome.state === 'absent' ? 'its workflow has ended' : outcome.answer;
    await commands.settle(row.id, state, answer);
    return { id: row.id, operation, state, answer };
  };
  const late = (outcome: CommandOutcome): void => {
    settle(outcome).catch((error: unknown) =>
      log.warn({ err: error, command: row.id }, 'answer of a command not noted'),
    );
  };
  try {
    const { kind, flavor, workflowId } = receiver;
    return await settle(
      kind === 'releaseApp' && flavor !== 'promote'
        ? await signalRelease(temporal, workflowId, row)
        : await sendCommand(temporal, workflowId, { ...row, ...(changes === undefined ? {} : { changes }) }, late),
    );
  } catch (error) {
    if (error instanceof TransshipError && error.code === 'TEMPORAL_UNREACHABLE') {
      await commands.settle(row.id, 'refused', `not sent: ${error.message}`);
    }
    throw error;
  }
}

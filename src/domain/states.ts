import { isUndoable, type Flavor } from './types.ts';

/**
 * States of a group's release, as in the original system's release mode: smoke (the bastion runs the new version
 * without traffic), bake (it takes traffic), rollout (the other batches). Each phase has its success, at which it stands
 * where a gate is closed, its failure, and the brake of each of the three.
 */
export const RELEASE_STATES = [
  'PENDING',
  'CREATING',
  'SMOKING',
  'SMOKE_SUCCESS',
  'SMOKE_FAILURE',
  'SMOKE_BRAKED',
  'SMOKE_SUCCESS_BRAKED',
  'SMOKE_FAILURE_BRAKED',
  'BAKING',
  'BAKE_SUCCESS',
  'BAKE_FAILURE',
  'BAKE_BRAKED',
  'BAKE_SUCCESS_BRAKED',
  'BAKE_FAILURE_BRAKED',
  'ROLLING_OUT',
  'BATCH_SUCCESS',
  'ROLLOUT_SUCCESS',
  'ROLLOUT_FAILURE',
  'ROLLOUT_BRAKED',
  'ROLLOUT_SUCCESS_BRAKED',
  'ROLLOUT_FAILURE_BRAKED',
  'SETTLING',
  'REVOKING',
  'SUCCESS',
  'REVOKED',
  'FAILURE',
] as const;

export type ReleaseState = (typeof RELEASE_STATES)[number];

/** The operation has ended; nothing moves it any more. */
export function isTerminal(state: ReleaseState): boolean {
  return state === 'SUCCESS' || state === 'REVOKED' || state === 'FAILURE';
}

/** The operation stands still until a person decides. */
export function needsPerson(state: ReleaseState): boolean {
  return state.endsWith('_FAILURE') || state.endsWith('_BRAKED');
}

/** What a manual gate waits for begins so. */
export const GATE_WAITS = 'waits for';

/** Nothing goes on before a person comes: it failed, is braked, or stands at a manual gate. */
export function waitsForPerson({ state, waiting }: { state: ReleaseState; waiting: string }): boolean {
  return needsPerson(state) || (gateCommand(state) !== null && waiting.startsWith(GATE_WAITS));
}

/** What a person may ask of an operation, in the order in which it is offered. */
export const COMMANDS = [
  'smoke',
  'bake',
  'rollout',
  'finish',
  'resume',
  'brake',
  'configure',
  'rollback',
  'abort',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** Commands that open a gate, and where each may be given. */
export const GATE_COMMANDS = ['smoke', 'bake', 'rollout', 'finish'] as const satisfies CommandName[];
export type GateCommand = (typeof GATE_COMMANDS)[number];

const OPENS: Partial<Record<ReleaseState, GateCommand>> = {
  PENDING: 'smoke',
  SMOKE_SUCCESS: 'bake',
  BAKE_SUCCESS: 'rollout',
  BATCH_SUCCESS: 'rollout',
  ROLLOUT_SUCCESS: 'finish',
};

/** The command that opens the gate of a state; null where there is none. */
export function gateCommand(state: ReleaseState): GateCommand | null {
  return OPENS[state] ?? null;
}

/** Where a person's brake leads, by the phase that it stops. What runs in the other states is no batch. */
const BRAKED: Partial<Record<ReleaseState, ReleaseState>> = {
  SMOKING: 'SMOKE_BRAKED',
  SMOKE_SUCCESS: 'SMOKE_SUCCESS_BRAKED',
  SMOKE_FAILURE: 'SMOKE_FAILURE_BRAKED',
  BAKING: 'BAKE_BRAKED',
  BAKE_SUCCESS: 'BAKE_SUCCESS_BRAKED',
  BAKE_FAILURE: 'BAKE_FAILURE_BRAKED',
  ROLLING_OUT: 'ROLLOUT_BRAKED',
  BATCH_SUCCESS: 'ROLLOUT_BRAKED',
  ROLLOUT_SUCCESS: 'ROLLOUT_SUCCESS_BRAKED',
  ROLLOUT_FAILURE: 'ROLLOUT_FAILURE_BRAKED',
};

/** The state of a phase that a person has braked; null where there is nothing to brake. */
export function brakedState(state: ReleaseState): ReleaseState | null {
  return BRAKED[state] ?? null;
}

/**
 * Commands that are legal in a state, in the order they are offered. `smoke`, `bake`, `rollout` and `finish` open the gate
 * before that phase at once; `resume` lets a phase that failed or was braked look again and go on where the budget allows;
 * `brake` stops it before its next step; `configure` changes the knobs of what is still to come; `abort` undoes what was
 * done; `rollback` does so too, and disables the version. A rollback or repair takes neither; what a restart made anew runs
 * the version that is meant to run. A promotion takes `rollout` between two environments, `resume` and `abort`.
 * @param final it is past its point of no return: it cannot be rolled back, and an abort leaves all as it stands
 */
export function legalCommands(state: ReleaseState, flavor: Flavor = 'release', final = false): CommandName[] {
  if (isTerminal(state) || state === 'REVOKING') return [];
  if (flavor === 'promote') return COMMANDS.filter((command) => isOfPromotion(command, state));
  const legal = new Set<CommandName>(isUndoable(flavor) ? ['configure', 'abort'] : ['configure']);
  if (flavor === 'release' && !final) legal.add('rollback');
  const gate = gateCommand(state);
  if (gate !== null) legal.add(gate);
  if (needsPerson(state)) legal.add('resume');
  if (brakedState(state) !== null) legal.add('brake');
  return COMMANDS.filter((command) => legal.has(command));
}

/** What is done to the instances is for the releases that it consists of. */
function isOfPromotion(command: CommandName, state: ReleaseState): boolean {
  if (command === 'resume') return needsPerson(state);
  return command === 'abort' || (command === 'rollout' && state === 'BATCH_SUCCESS');
}

/** What follows each state. Every live one can be revoked, or end as FAILURE where it can neither go on nor be undone. */
const NEXT: Record<ReleaseState, readonly ReleaseState[]> = {
  // A group without sets is created; a release of several groups only rolls out, and so does a rollback.
  PENDING: ['CREATING', 'SMOKING', 'SMOKE_BRAKED', 'ROLLING_OUT', 'ROLLOUT_BRAKED', 'REVOKING', 'REVOKED', 'FAILURE'],
  CREATING: ['ROLLING_OUT', 'ROLLOUT_FAILURE', 'ROLLOUT_BRAKED', 'SETTLING', 'SUCCESS', 'REVOKING', 'FAILURE'],
  // A bastion that runs and serves the version already needs no bake.
  SMOKING: [
    'SMOKE_SUCCESS',
    'BAKING',
    'BAKE_SUCCESS',
    'SMOKE_FAILURE',
    'SMOKE_BRAKED',
    'ROLLING_OUT',
    'REVOKING',
    'FAILURE',
  ],
  SMOKE_SUCCESS: ['BAKING', 'SMOKING', 'SMOKE_SUCCESS_BRAKED', 'SMOKE_BRAKED', 'REVOKING', 'FAILURE'],
  SMOKE_FAILURE: ['SMOKING', 'SMOKE_FAILURE_BRAKED', 'REVOKING', 'FAILURE'],
  SMOKE_BRAKED: ['PENDING', 'SMOKING', 'REVOKING', 'FAILURE'],
  SMOKE_SUCCESS_BRAKED: ['SMOKE_SUCCESS', 'REVOKING', 'FAILURE'],
  SMOKE_FAILURE_BRAKED: ['SMOKE_FAILURE', 'REVOKING', 'FAILURE'],
  BAKING: [
    'BAKE_SUCCESS',
    'ROLLING_OUT',
    'SMOKING',
    'BAKE_FAILURE',
    'BAKE_BRAKED',
    'SMOKE_BRAKED',
    'REVOKING',
    'FAILURE',
  ],
  // A bastion that was lost while it baked goes through it all again.
  BAKE_SUCCESS: ['ROLLING_OUT', 'SMOKING', 'BAKE_SUCCESS_BRAKED', 'SMOKE_BRAKED', 'REVOKING', 'FAILURE'],
  BAKE_FAILURE: ['SMOKING', 'BAKE_FAILURE_BRAKED', 'REVOKING', 'FAILURE'],
  BAKE_BRAKED: ['BAKING', 'REVOKING', 'FAILURE'],
  BAKE_SUCCESS_BRAKED: ['BAKE_SUCCESS', 'REVOKING', 'FAILURE'],
  BAKE_FAILURE_BRAKED: ['BAKE_FAILURE', 'REVOKING', 'FAILURE'],
  ROLLING_OUT: [
    'BATCH_SUCCESS',
    'ROLLOUT_SUCCESS',
    'SETTLING',
    'ROLLOUT_FAILURE',
    'ROLLOUT_BRAKED',
    'SUCCESS',
    'REVOKING',
    'REVOKED',
    'FAILURE',
  ],
  BATCH_SUCCESS: ['ROLLING_OUT', 'ROLLOUT_BRAKED', 'REVOKING', 'FAILURE'],
  ROLLOUT_SUCCESS: [
    'SETTLING',
    'ROLLING_OUT',
    'ROLLOUT_FAILURE',
    'ROLLOUT_BRAKED',
    'ROLLOUT_SUCCESS_BRAKED',
    'REVOKING',
    'FAILURE',
  ],
  ROLLOUT_FAILURE: ['ROLLING_OUT', 'ROLLOUT_FAILURE_BRAKED', 'REVOKING', 'FAILURE'],
  ROLLOUT_BRAKED: ['CREATING', 'ROLLING_OUT', 'BATCH_SUCCESS', 'ROLLOUT_SUCCESS', 'SETTLING', 'REVOKING', 'FAILURE'],
  ROLLOUT_SUCCESS_BRAKED: ['ROLLOUT_SUCCESS', 'REVOKING', 'FAILURE'],
  ROLLOUT_FAILURE_BRAKED: ['ROLLOUT_FAILURE', 'REVOKING', 'FAILURE'],
  SETTLING: ['ROLLING_OUT', 'ROLLOUT_BRAKED', 'SUCCESS', 'REVOKING', 'FAILURE'],
  REVOKING: ['REVOKED', 'FAILURE'],
  SUCCESS: [],
  REVOKED: [],
  FAILURE: [],
};

/** May an operation go from one state to the other? Saying the same state again is no move and always allowed. */
export function canMove(from: ReleaseState, to: ReleaseState): boolean {
  return from === to || NEXT[from].includes(to);
}

/** Where an instance stands in the operation that handles it. */
export const INSTANCE_PHASES = [
  'pending',
  'out',
  'deployed',
  'ignited',
  'done',
  'failed',
  'errored',
  'undone',
  'gone',
] as const;
export type InstancePhase = (typeof INSTANCE_PHASES)[number];

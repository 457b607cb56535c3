/**
 * States of a group's release, as in the original system's release mode: smoke (the bastion runs the new version
 * without traffic), bake (it takes traffic), rollout (the other batches).
 */
export const RELEASE_STATES = [
  'PENDING',
  'CREATING',
  'SMOKING',
  'SMOKE_FAILURE',
  'SMOKE_BRAKED',
  'BAKING',
  'BAKE_FAILURE',
  'BAKE_BRAKED',
  'ROLLING_OUT',
  'ROLLOUT_FAILURE',
  'ROLLOUT_BRAKED',
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

/** The operation waits for a person. */
export function needsPerson(state: ReleaseState): boolean {
  return state.endsWith('_FAILURE') || state.endsWith('_BRAKED');
}

/** What a person may ask of an operation. */
export const COMMANDS = ['abort', 'brake', 'resume'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** Where a person's brake leads, by the phase that it stops. What runs in the other states is no batch. */
const BRAKED: Partial<Record<ReleaseState, ReleaseState>> = {
  SMOKING: 'SMOKE_BRAKED',
  BAKING: 'BAKE_BRAKED',
  ROLLING_OUT: 'ROLLOUT_BRAKED',
};

/** The state of a phase that a person has braked; null where there is nothing to brake. */
export function brakedState(state: ReleaseState): ReleaseState | null {
  return BRAKED[state] ?? null;
}

/**
 * Commands that are legal in a state, in the order they are offered. `resume` lets a phase that failed or was braked look
 * again and go on where the budget allows; `brake` stops it before its next step; `abort` undoes what was done.
 */
export function legalCommands(state: ReleaseState): CommandName[] {
  if (isTerminal(state) || state === 'REVOKING') return [];
  if (needsPerson(state)) return ['resume', 'abort'];
  return brakedState(state) === null ? ['abort'] : ['brake', 'abort'];
}

/** What follows each state. Every live one can be revoked, or end as FAILURE where it can neither go on nor be undone. */
const NEXT: Record<ReleaseState, readonly ReleaseState[]> = {
  // A group without sets is created; a release of several groups only rolls out.
  PENDING: ['CREATING', 'SMOKING', 'SMOKE_BRAKED', 'ROLLING_OUT', 'REVOKING', 'FAILURE'],
  CREATING: ['ROLLING_OUT', 'ROLLOUT_FAILURE', 'ROLLOUT_BRAKED', 'SETTLING', 'SUCCESS', 'REVOKING', 'FAILURE'],
  // A bastion that runs and serves the version already needs no bake.
  SMOKING: ['BAKING', 'SMOKE_FAILURE', 'SMOKE_BRAKED', 'ROLLING_OUT', 'REVOKING', 'FAILURE'],
  SMOKE_FAILURE: ['SMOKING', 'REVOKING', 'FAILURE'],
  SMOKE_BRAKED: ['PENDING', 'SMOKING', 'REVOKING', 'FAILURE'],
  BAKING: ['ROLLING_OUT', 'BAKE_FAILURE', 'BAKE_BRAKED', 'SMOKE_BRAKED', 'REVOKING', 'FAILURE'],
  BAKE_FAILURE: ['SMOKING', 'REVOKING', 'FAILURE'],
  BAKE_BRAKED: ['BAKING', 'REVOKING', 'FAILURE'],
  ROLLING_OUT: ['SETTLING', 'ROLLOUT_FAILURE', 'ROLLOUT_BRAKED', 'SUCCESS', 'REVOKING', 'REVOKED', 'FAILURE'],
  ROLLOUT_FAILURE: ['ROLLING_OUT', 'REVOKING', 'FAILURE'],
  ROLLOUT_BRAKED: ['CREATING', 'ROLLING_OUT', 'SETTLING', 'REVOKING', 'FAILURE'],
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
] as const;
export type InstancePhase = (typeof INSTANCE_PHASES)[number];

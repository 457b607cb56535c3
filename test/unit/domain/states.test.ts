import { describe, expect, it, test } from 'vitest';
import {
  brakedState,
  canMove,
  GATE_COMMANDS,
  gateCommand,
  isTerminal,
  legalCommands,
  needsPerson,
  RELEASE_STATES,
  waitsForPerson,
  type ReleaseState,
} from '../../../src/domain/states.ts';

const next = (from: ReleaseState): ReleaseState[] => RELEASE_STATES.filter((to) => to !== from && canMove(from, to));

function reachable(from: ReleaseState): Set<ReleaseState> {
  const seen = new Set([from]);
  for (const state of seen) for (const to of next(state)) seen.add(to);
  return seen;
}

describe('states of a release', () => {
  // The stories a release can tell.
  test.each([
    ['first release', ['PENDING', 'CREATING', 'SUCCESS']],
    ['in place', ['PENDING', 'SMOKING', 'BAKING', 'ROLLING_OUT', 'SETTLING', 'SUCCESS']],
    ['a bastion that fails, aborted', ['PENDING', 'SMOKING', 'SMOKE_FAILURE', 'REVOKING', 'REVOKED']],
    ['a bastion that fails, looked at again', ['SMOKING', 'SMOKE_FAILURE', 'SMOKING', 'BAKING']],
    ['a bastion that gets no traffic', ['BAKING', 'BAKE_FAILURE', 'SMOKING']],
    ['braked and resumed', ['ROLLING_OUT', 'ROLLOUT_BRAKED', 'ROLLING_OUT', 'SETTLING']],
    ['instances that failed, again', ['ROLLING_OUT', 'ROLLOUT_FAILURE', 'ROLLING_OUT']],
    ['braked by a person while it bakes', ['BAKING', 'BAKE_BRAKED', 'BAKING', 'ROLLING_OUT']],
    [
      'gate by gate',
      ['SMOKING', 'SMOKE_SUCCESS', 'BAKING', 'BAKE_SUCCESS', 'ROLLING_OUT', 'BATCH_SUCCESS', 'ROLLING_OUT'],
    ],
    ['the last gate', ['ROLLING_OUT', 'ROLLOUT_SUCCESS', 'SETTLING', 'SUCCESS']],
    ['a bastion lost while it bakes', ['BAKE_SUCCESS', 'SMOKING', 'SMOKE_SUCCESS', 'BAKING', 'BAKE_SUCCESS']],
    ['an instance lost at the last gate', ['ROLLOUT_SUCCESS', 'ROLLING_OUT', 'ROLLOUT_SUCCESS']],
    ['braked at a gate', ['BAKE_SUCCESS', 'BAKE_SUCCESS_BRAKED', 'BAKE_SUCCESS', 'ROLLING_OUT']],
    ['braked between two batches', ['BATCH_SUCCESS', 'ROLLOUT_BRAKED', 'BATCH_SUCCESS']],
    ['braked while it waits after a failure', ['SMOKE_FAILURE', 'SMOKE_FAILURE_BRAKED', 'SMOKE_FAILURE', 'SMOKING']],
    ['nobody came', ['ROLLING_OUT', 'ROLLOUT_BRAKED', 'FAILURE']],
    ['undo that could not be done', ['SETTLING', 'REVOKING', 'FAILURE']],
    ['a release of several groups', ['PENDING', 'ROLLING_OUT', 'SUCCESS']],
  ] satisfies [string, ReleaseState[]][])('%s', (_story, states) => {
    for (const [i, from] of states.slice(0, -1).entries()) {
      const to = states[i + 1];
      if (to !== undefined) expect([from, to, canMove(from, to)]).toEqual([from, to, true]);
    }
  });

  test.each([
    ['SMOKING', 'SUCCESS'],
    ['SMOKE_FAILURE', 'ROLLING_OUT'],
    ['SMOKE_FAILURE', 'BAKING'],
    ['PENDING', 'SUCCESS'],
    ['REVOKING', 'ROLLING_OUT'],
    ['REVOKING', 'SUCCESS'],
    ['SETTLING', 'SMOKING'],
    ['ROLLOUT_FAILURE', 'SUCCESS'],
  ] satisfies [ReleaseState, ReleaseState][])('never from %s to %s', (from, to) => {
    expect(canMove(from, to)).toBe(false);
  });

  it('reaches every state from PENDING, and an end from every state', () => {
    expect(reachable('PENDING')).toEqual(new Set(RELEASE_STATES));
    for (const state of RELEASE_STATES) expect([...reachable(state)].some(isTerminal)).toBe(true);
  });

  it('leaves no terminal state and offers nothing there', () => {
    for (const state of RELEASE_STATES.filter(isTerminal)) {
      expect(next(state)).toEqual([]);
      expect(legalCommands(state)).toEqual([]);
      expect(canMove(state, state)).toBe(true);
    }
  });

  it('can be aborted in every live state but during the undo', () => {
    for (const state of RELEASE_STATES.filter((one) => !isTerminal(one) && one !== 'REVOKING')) {
      expect([state, legalCommands(state).includes('abort')]).toEqual([state, true]);
      expect([state, canMove(state, 'REVOKING')]).toEqual([state, true]);
    }
  });

  it('offers brake exactly where batches are at work; resume leads back to that very phase', () => {
    for (const state of RELEASE_STATES) {
      const braked = brakedState(state);
      expect([state, legalCommands(state).includes('brake')]).toEqual([state, braked !== null]);
      if (braked === null) continue;
      expect(needsPerson(braked)).toBe(true);
      expect([canMove(state, braked), canMove(braked, state)]).toEqual([true, true]);
    }
  });

  it('offers the command of a gate exactly where one may be shut', () => {
    const gates = RELEASE_STATES.flatMap((state) => {
      const command = gateCommand(state);
      expect([state, legalCommands(state).filter((legal) => GATE_COMMANDS.some((gate) => gate === legal))]).toEqual([
        state,
        command === null ? [] : [command],
      ]);
      return command === null ? [] : [`${state} ${command}`];
    });
    expect(gates).toEqual([
      'PENDING smoke',
      'SMOKE_SUCCESS bake',
      'BAKE_SUCCESS rollout',
      'BATCH_SUCCESS rollout',
      'ROLLOUT_SUCCESS finish',
    ]);
  });

  it('waits for a person at a manual gate, not while one soaks or is passed', () => {
    const at = (waiting: string): boolean => waitsForPerson({ state: 'BAKE_SUCCESS', waiting });
    expect([at('waits for "rollout": …'), at('soaks before "rollout": …'), at('')]).toEqual([true, false, false]);
    expect(waitsForPerson({ state: 'ROLLING_OUT', waiting: 'waits for "rollout"' })).toBe(false);
    expect(waitsForPerson({ state: 'BAKE_SUCCESS_BRAKED', waiting: '' })).toBe(true);
  });

  it('offers neither abort nor rollback of a rollback or repair', () => {
    for (const flavor of ['rollback', 'repair'] as const) {
      for (const state of RELEASE_STATES) {
        const legal = legalCommands(state);
        const kept = legal.filter((command) => command !== 'abort' && command !== 'rollback');
        expect([state, legalCommands(state, flavor)]).toEqual([state, kept]);
      }
    }
  });

  it('offers a promotion its gate, a second try and its end: the rest is for the releases that it consists of', () => {
    const legal = (state: (typeof RELEASE_STATES)[number]): string[] => legalCommands(state, 'promote');
    expect(legal('PENDING')).toEqual(['abort']);
    expect(legal('ROLLING_OUT')).toEqual(['abort']);
    expect(legal('BATCH_SUCCESS')).toEqual(['rollout', 'abort']);
    expect(legal('ROLLOUT_FAILURE')).toEqual(['resume', 'abort']);
    expect([legal('REVOKING'), legal('SUCCESS')]).toEqual([[], []]);
  });

  it('offers no rollback of a restart: it brought no version', () => {
    for (const state of RELEASE_STATES) {
      const kept = legalCommands(state).filter((command) => command !== 'rollback');
      expect([state, legalCommands(state, 'restart')]).toEqual([state, kept]);
    }
  });

  it('offers no rollback past the point of no return; an abort stops it there', () => {
    for (const state of RELEASE_STATES) {
      const kept = legalCommands(state).filter((command) => command !== 'rollback');
      expect([state, legalCommands(state, 'release', true)]).toEqual([state, kept]);
    }
  });

  it('has nine brakes of a person: of each phase, its success and its failure', () => {
    const brakes = new Set(RELEASE_STATES.flatMap((state) => brakedState(state) ?? []));
    expect(brakes.size).toBe(9);
  });

  it('offers resume exactly where a person is needed, and resume leads back to work', () => {
    for (const state of RELEASE_STATES) {
      expect([state, legalCommands(state).includes('resume')]).toEqual([state, needsPerson(state)]);
      if (!needsPerson(state)) continue;
      // What a person braked goes back to what it was, be that a failure.
      const work = next(state).filter((to) => !isTerminal(to) && to !== 'REVOKING' && brakedState(to) !== null);
      expect([state, work]).not.toEqual([state, []]);
      // A phase is taken up again, never skipped.
      if (state.startsWith('SMOKE')) expect(work).not.toContain('ROLLING_OUT');
    }
  });
});

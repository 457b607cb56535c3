import { ActivityFailure, ApplicationFailure, CancellationScope, condition, sleep } from '@temporalio/workflow';
import { brakedState, type ReleaseState } from '../../domain/states.ts';
import type { ReleaseConfig, Trouble } from '../../domain/types.ts';
import type { GroupRun } from './context.ts';
import type { Progress, Wait } from './progress.ts';

/** Nobody decided before the deadline. */
export class GateExpired extends Error {
  readonly trouble: Trouble;
  /** What is done then: freeze leaves all as it stands, and the group dirty; undo takes back what was done. */
  readonly action: 'freeze' | 'undo';

  constructor(trouble: Trouble, action: 'freeze' | 'undo') {
    super(trouble.message);
    this.name = 'GateExpired';
    this.trouble = trouble;
    this.action = action;
  }
}

/**
 * Waits for a person: until somebody sends resume. An abort cancels the wait.
 * @param event what ends the wait, too, when it is over, and who can see to that
 * @throws GateExpired when nobody came in time
 */
export async function hold(
  run: GroupRun,
  state: ReleaseState,
  trouble: Trouble,
  event?: { over: () => boolean; who: string },
): Promise<void> {
  const { progress, commands } = run;
  for (;;) {
    if (isBraked(run)) await passBrake(run);
    commands.expectResume();
    await progress.enter(state, trouble.message, {
      trouble,
      wait:
        event === undefined
          ? decision(run, `waits for a decision: ${trouble.message}`)
          : { ...decision(run, trouble.message), who: event.who },
    });
    const came = await someone(run, () => commands.resumed || isBraked(run) || event?.over() === true, trouble.message);
    if (!came) throw new GateExpired(trouble, 'freeze');
    if (commands.resumed || event?.over() === true) return;
  }
}

/**
 * Asked before passBrake: awaiting it for nothing would let other steps go first, and a history that was recorded without
 * it would not replay.
 */
export function isBraked({ commands }: GroupRun): boolean {
  return commands.braked !== null;
}

/**
 * Stands before every step forward where a person has braked: waits until somebody resumes.
 * @throws GateExpired when nobody came in time
 */
export async function passBrake(run: GroupRun): Promise<void> {
  while (isBraked(run)) {
    // Many steps may stand here; the state is entered, and left, once. When nobody came it stays shut.
    run.braking ??= standBraked(run).then(() => {
      run.braking = null;
    });
    await run.braking;
  }
}

/** Enters a state on the way forward; where a person has braked meanwhile, not before they resume. */
export async function advance(run: GroupRun, state: ReleaseState, message: string): Promise<void> {
  if (isBraked(run)) await passBrake(run);
  await run.progress.enter(state, message);
}

/** The step did not begin, because a person has braked. */
export function isRefusedByBrake(error: unknown): boolean {
  return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === 'BRAKED';
}

/** A step met a brake that is on no more: says once more that it is off, for those that look into the catalogue. */
export async function releaseBrake(run: GroupRun): Promise<void> {
  await sleep(1_000, { summary: 'a step met a brake that is off by now' });
  if (!isBraked(run)) await run.progress.enter(run.progress.state, 'resumed');
}

/** Does it, and meanwhile shows a brake as soon as it is put on, also while no step is about to begin. */
export async function brakable<T>(run: GroupRun, act: () => Promise<T>): Promise<T> {
  const watching = new CancellationScope();
  const watch = watching.run(async () => {
    try {
      for (;;) {
        await run.commands.brakes();
        await passBrake(run);
      }
    } catch {
      // Cancelled, or nobody came: then the steps, which stand at the same brake, hear of it.
    }
  });
  try {
    return await act();
  } finally {
    watching.cancel();
    await watch;
  }
}

async function standBraked(run: GroupRun): Promise<void> {
  const { progress } = run;
  const going = progress.state;
  const by = run.commands.braked?.actor.name ?? '';
  const trouble: Trouble = { verdict: 'errored', code: 'BRAKED', message: `braked by ${by}` };
  await progress.enter(brakedState(going) ?? going, trouble.message, {
    trouble,
    wait: decision(run, trouble.message),
  });
  if (!(await someone(run, () => !isBraked(run), trouble.message))) throw new GateExpired(trouble, 'freeze');
  await progress.enter(going, 'resumed');
}

/** What waits for a person. */
export interface Waiter {
  input: { config: Pick<ReleaseConfig, 'gateHours' | 'remindHours'> };
  progress: Progress;
}

/** Waits for a person for as long as one has to decide, and reminds meanwhile. False: nobody came. */
export async function someone(run: Waiter, came: () => boolean, about: string): Promise<boolean> {
  let left = gateMs(run);
  for (;;) {
    const slice = Math.min(left, remindMs(run));
    if (await condition(came, slice)) return true;
    left -= slice;
    if (left <= 0) return false;
    await remind(run, about, left);
  }
}

/** Says again what is waited for. */
export async function remind({ progress }: Waiter, about: string, leftMs: number): Promise<void> {
  const hours = Number((leftMs / 3_600_000).toFixed(1));
  const message = `still waits, for ${hours} h more: ${about}`;
  await progress.note({ kind: 'note', step: 'reminder', instance: null, outcome: null, message, data: null });
}

export function decision(run: Waiter, reason: string): Wait {
  const until = new Date(Date.now() + gateMs(run)).toISOString();
  return { reason, until, who: 'whoever may release this app', person: true };
}

/** How long a person has, in ms. */
export function gateMs({ input }: Waiter): number {
  return input.config.gateHours * 3_600_000;
}

export function remindMs({ input }: Waiter): number {
  return (input.config.remindHours ?? Infinity) * 3_600_000;
}

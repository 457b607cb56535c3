import { CancellationScope } from '@temporalio/workflow';
import { brakedState, type ReleaseState } from '../../domain/states.ts';
import type { Trouble } from '../../domain/types.ts';
import type { GroupRun } from './context.ts';

/** Nobody decided before the gate's deadline: the operation ends as it stands. */
export class GateExpired extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble.message);
    this.name = 'GateExpired';
    this.trouble = trouble;
  }
}

/**
 * Waits for a person: until somebody sends resume. An abort cancels the wait.
 * @throws GateExpired when nobody came in time
 */
export async function hold(run: GroupRun, state: ReleaseState, trouble: Trouble): Promise<void> {
  if (isBraked(run)) await passBrake(run);
  const { progress, commands } = run;
  commands.expectResume();
  await progress.enter(state, trouble.message, {
    trouble,
    wait: decision(run, `waits for a decision: ${trouble.message}`),
  });
  if (!(await commands.resumed(gateMs(run)))) throw new GateExpired(trouble);
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
  const { progress, commands } = run;
  const going = progress.state;
  const by = commands.braked?.actor.name ?? '';
  const trouble: Trouble = { verdict: 'errored', code: 'BRAKED', message: `braked by ${by}` };
  await progress.enter(brakedState(going) ?? going, trouble.message, {
    trouble,
    wait: decision(run, trouble.message),
  });
  if (!(await commands.released(gateMs(run)))) throw new GateExpired(trouble);
  await progress.enter(going, 'resumed');
}

function decision(run: GroupRun, reason: string): { reason: string; until: string; who: string } {
  return { reason, until: new Date(Date.now() + gateMs(run)).toISOString(), who: 'whoever may release this app' };
}

function gateMs({ input }: GroupRun): number {
  return input.config.gateHours * 3_600_000;
}

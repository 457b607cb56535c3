import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { GATE_WAITS } from '../../domain/states.ts';
import type { Trouble } from '../../domain/types.ts';
import type { ReleaseAppInput, ReleaseGroupResult, Stage } from '../../temporal/messages.ts';
import { waitingActivities } from './activities.ts';
import { Commands } from './commands.ts';
import { soaking } from './gate.ts';
import { decision, GateExpired, someone } from './hold.ts';
import { Progress } from './progress.ts';

/** A release to one environment may wait for people at every gate. Hours. */
const LONGEST_HOURS = 24 * 30;
const LONGEST_MS = LONGEST_HOURS * 3_600_000;

export type PromoteInput = ReleaseAppInput & Required<Pick<ReleaseAppInput, 'stages' | 'config'>>;

interface Promotion {
  input: PromoteInput;
  progress: Progress;
  commands: Commands;
  /** Repository → digest of what has been released so far: the same goes on. */
  pinned: Record<string, string>;
  /** What was asked for last: it may have a release by now. */
  asked: { env: string; attempt: number } | null;
}

/**
 * Brings one version to one environment after the other. In each it is a release of its own, which is accepted when its turn
 * comes, and stays what it is when a later one fails or is aborted.
 */
export async function promote(input: PromoteInput): Promise<ReleaseGroupResult> {
  const { operation, stages, policy } = input;
  const progress = new Progress(operation, operation, policy, 'promote');
  const forward = new CancellationScope();
  const listeners = { onAbort: () => forward.cancel(), onConfigure: () => undefined };
  const run: Promotion = {
    ...{ input, progress, pinned: {}, asked: null },
    commands: new Commands(operation, progress, listeners),
  };
  const cancelled: { error: Error | null } = { error: null };
  const result = await (async (): Promise<ReleaseGroupResult> => {
    try {
      await forward.run(async () => {
        for (const [at, stage] of stages.entries()) {
          const before = stages[at - 1];
          if (before !== undefined) await passStageGate(run, before, stage);
          await releaseTo(run, stage);
        }
      });
      return { state: 'SUCCESS', trouble: null };
    } catch (error) {
      if (error instanceof GateExpired) return { state: 'FAILURE', trouble: error.trouble };
      if (!(error instanceof Error && isCancellation(error))) throw error;
      if (run.commands.aborted === null) cancelled.error = error;
      return CancellationScope.nonCancellable(() => stop(run));
    }
  })();
  await CancellationScope.nonCancellable(() =>
    progress.enter(result.state, result.trouble?.message ?? result.state, { trouble: result.trouble }),
  );
  if (cancelled.error !== null && result.state === 'REVOKED') throw cancelled.error;
  return result;
}

/** Between two environments: a person's word, or the clock. @throws GateExpired */
async function passStageGate(run: Promotion, before: Stage, { env, gate }: Stage): Promise<void> {
  const { progress, commands } = run;
  if (gate.mode === 'automatic' && gate.soakSeconds === 0) return;
  commands.shut('rollout');
  const message = `${run.input.version} is released in ${before.env}; ${env} is next`;
  const isOpen = (): boolean => commands.opened('rollout');
  if (gate.mode === 'automatic') {
    const soakMs = gate.soakSeconds * 1_000;
    await progress.enter('BATCH_SUCCESS', message, { wait: soaking(soakMs, `soaks before "rollout": ${message}`) });
    await condition(isOpen, soakMs);
    return;
  }
  const waiter = { input: run.input, progress };
  await progress.enter('BATCH_SUCCESS', message, { wait: decision(waiter, `${GATE_WAITS} "rollout": ${message}`) });
  if (await someone(waiter, isOpen, message)) return;
  const text = `nobody sent "rollout" in time: ${message}`;
  throw new GateExpired({ verdict: 'errored', code: 'GATE_EXPIRED', message: text }, 'freeze');
}

/** Until it is released there; what fails is asked for again when a person says so. @throws GateExpired */
async function releaseTo(run: Promotion, stage: Stage): Promise<void> {
  const { input, progress, commands } = run;
  const { env } = stage;
  for (let attempt = 1; ; attempt++) {
    await progress.enter('ROLLING_OUT', `${input.version} to ${env}${attempt === 1 ? '' : ', again'}`);
    const trouble = await tryTo(run, { env, attempt });
    if (trouble === null) return;
    commands.expectResume();
    const waiter = { input, progress };
    await progress.enter('ROLLOUT_FAILURE', trouble.message, {
      trouble,
      wait: decision(waiter, `waits for a decision: ${trouble.message}`),
    });
    if (!(await someone(waiter, () => commands.resumed, trouble.message))) throw new GateExpired(trouble, 'freeze');
  }
}

/** @returns why it is not released there; null where it is */
async function tryTo(run: Promotion, stage: { env: string; attempt: number }): Promise<Trouble | null> {
  const { input, progress, pinned } = run;
  const { operation: root, policy } = input;
  run.asked = stage;
  const activities = (summary: string): ReturnType<typeof waitingActivities> =>
    waitingActivities(summary, LONGEST_MS, policy);
  const answer = await activities(`release to ${stage.env}`).askStage({ root, ...stage, pinned });
  if ('refusal' in answer) {
    const { refusal } = answer;
    // It runs there already.
    if (refusal.code === 'NOTHING_TO_DO') return null;
    return { ...refusal, message: `${stage.env}: ${refusal.message}` };
  }
  const { release } = answer;
  const note = { kind: 'note', step: 'stage', instance: null } as const;
  await progress.note({ ...note, outcome: 'begun', message: `${stage.env}: ${release}`, data: { ...stage, release } });
  const { state, trouble, digests } = await activities(`${release} in ${stage.env}`).awaitRelease({ release });
  const message = `${stage.env}: ${release} ended in ${state}`;
  const succeeded = state === 'SUCCESS';
  await progress.note({ ...note, outcome: succeeded ? 'done' : 'failed', message, data: { ...stage, release, state } });
  run.asked = null;
  run.pinned = { ...pinned, ...digests };
  if (succeeded) return null;
  const why = trouble === null ? '' : `: ${trouble.message}`;
  return { verdict: trouble?.verdict ?? 'errored', code: 'STAGE_FAILED', message: `${message}${why}` };
}

/** What is under way is aborted, and waited for; what was released before stays. */
async function stop(run: Promotion): Promise<ReleaseGroupResult> {
  const { input, progress, commands, asked } = run;
  const by = commands.aborted?.actor ?? { name: 'the Temporal UI', channel: 'temporal-ui' as const };
  await progress.enter('REVOKING', `aborted by ${by.name}`);
  if (asked === null) return { state: 'REVOKED', trouble: null };
  const activities = (summary: string): ReturnType<typeof waitingActivities> =>
    waitingActivities(summary, LONGEST_MS, input.policy);
  const stage = { root: input.operation, ...asked };
  const release = await activities(`abort what goes to ${asked.env}`).withdrawStage({ ...stage, actor: by });
  if (release === null) return { state: 'REVOKED', trouble: null };
  const { state, trouble } = await activities(`the end of ${release}`).awaitRelease({ release });
  return state === 'FAILURE' ? { state, trouble } : { state: 'REVOKED', trouble: null };
}

export function isPromotion(input: ReleaseAppInput): input is PromoteInput {
  return input.stages !== undefined && input.config !== undefined;
}

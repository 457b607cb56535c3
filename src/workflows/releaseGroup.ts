import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
} from '@temporalio/workflow';
import type { OperationInstance } from '../catalogue/types.ts';
import { changeConfig } from '../domain/config.ts';
import type { Trouble } from '../domain/types.ts';
import type { ReleaseGroupInput, ReleaseGroupResult } from '../temporal/messages.ts';
import { Sagas } from '../temporal/saga.ts';
import { controlActivities } from './release/activities.ts';
import { Commands } from './release/commands.ts';
import { look, type GroupLook, type GroupRun } from './release/context.ts';
import { hasGates, passGate } from './release/gate.ts';
import { brakable, GateExpired, hold, isBraked, passBrake } from './release/hold.ts';
import { Progress } from './release/progress.ts';
import { bringUp, leftOver, redoUntilWhole, rollOut } from './release/rollout.ts';
import { createAll, settleAll, stageAll } from './release/stage.ts';
import { troubleOf } from './release/troubles.ts';

type Ending = ReleaseGroupResult & { state: 'SUCCESS' | 'REVOKED' | 'FAILURE'; dirty: boolean; seen: Seen[] };

interface Seen {
  member: string;
  uid: string;
  address: string | null;
}

/**
 * Releases one version to one group: fence, stage, bastion, batches, settle. Ends in SUCCESS (all new), REVOKED (all
 * old: aborted, everything undone) or FAILURE (refused with nothing changed; or, when nobody decided in time, left as it
 * stands and dirty). See docs/workflows/release.md.
 */
export async function releaseGroup(input: ReleaseGroupInput): Promise<ReleaseGroupResult> {
  const { ref, operation, root, policy } = input;
  const progress = new Progress(operation, root, policy);
  const forward = new CancellationScope();
  const commands = new Commands(operation, () => progress.state, {
    onAbort: () => forward.cancel(),
    onConfigure: (changes) => {
      input.config = changeConfig(input.config, changes);
    },
  });
  const sagas = new Sagas();
  const claimed: { epoch: number | null } = { epoch: null };
  const cancelled: { error: Error | null } = { error: null };

  const ending = await (async (): Promise<Ending> => {
    try {
      const seen = await forward.run(async () => {
        const { epoch } = await controlActivities('claim the fence', policy).claimFence({ ref, operation });
        claimed.epoch = epoch;
        return release({ input, epoch, progress, commands, sagas, staged: new Map(), braking: null });
      });
      return { state: 'SUCCESS', trouble: null, dirty: false, seen };
    } catch (error) {
      if (error instanceof GateExpired) {
        const { trouble, action } = error;
        if (action === 'freeze') return { state: 'FAILURE', trouble, dirty: true, seen: [] };
        await undo(progress, sagas, trouble.message, trouble);
        return { state: 'REVOKED', trouble, dirty: false, seen: [] };
      }
      if (error instanceof Error && isCancellation(error)) {
        if (commands.aborted === null) cancelled.error = error;
        const by = commands.aborted?.actor.name ?? 'the Temporal UI';
        await undo(progress, sagas, `aborted by ${by}; what was done is being undone`, null);
        return { state: 'REVOKED', trouble: null, dirty: false, seen: [] };
      }
      if (!(error instanceof ActivityFailure || error instanceof ApplicationFailure)) throw error;
      // Refused before any instance was touched: by the fence, or by a set that is not as we left it.
      const trouble = troubleOf(error);
      if (claimed.epoch !== null) await undo(progress, sagas, trouble.message, trouble);
      return { state: 'FAILURE', trouble, dirty: false, seen: [] };
    }
  })();

  await CancellationScope.nonCancellable(async () => {
    await end(input, claimed.epoch, ending, progress.close(ending.state));
    await condition(allHandlersFinished);
  });
  // A run that was cancelled closes as Canceled, after its undo.
  if (cancelled.error !== null) throw cancelled.error;
  return { state: ending.state, trouble: ending.trouble };
}

/** Returns what holds the instances in the end. */
async function release(run: GroupRun): Promise<Seen[]> {
  const { input, progress } = run;
  if (hasGates(run)) {
    const message = `${input.spec.version} is ready to be released`;
    await passGate(run, { name: 'smoke', state: 'PENDING', message });
  }
  const mode = await modeOf(run);
  let whole: GroupLook;
  if (mode === 'create') {
    await progress.enter(
      'CREATING',
      `first release: ${String(input.instances.length)} instances on ${input.spec.version}`,
    );
    await createAll(run);
    whole = await bringUp(run);
  } else {
    await stageAll(run);
    whole = await brakable(run, async () => {
      const seen = await rollOut(run);
      return settle(run, hasGates(run) ? await finish(run, seen) : seen);
    });
  }
  return whole.sets.flatMap(
    ({ set }) => set?.instances.map(({ member, uid, address }) => ({ member, uid, address })) ?? [],
  );
}

/** Create when no set exists, in place when all do. */
async function modeOf(run: GroupRun): Promise<'create' | 'in-place'> {
  const now = await look(run, 'forward', 'look at the sets');
  const missing = now.sets.filter(({ set }) => set === null).map(({ ref }) => ref.name);
  if (missing.length === now.sets.length) return 'create';
  if (missing.length === 0) return 'in-place';
  throw ApplicationFailure.nonRetryable(`sets that should exist are gone: ${missing.join(', ')}`, 'SETS_MISSING');
}

/** Every instance serves on the new version; until this gate opens the release can still be undone. */
async function finish(run: GroupRun, seen: GroupLook): Promise<GroupLook> {
  const { input, progress } = run;
  const message = `all instances serve on ${input.spec.version}`;
  let whole = seen;
  const check = async (): Promise<boolean> => (await leftOver(run)).length === 0;
  while (!(await passGate(run, { name: 'finish', state: 'ROLLOUT_SUCCESS', message, check }))) {
    await progress.enter('ROLLING_OUT', 'not every instance serves any more');
    whole = await redoUntilWhole(run);
  }
  return whole;
}

/**
 * Waits for the controllers. An instance that was evicted meanwhile is reborn on the old version: it is released again.
 * Where a controller does not follow there is nothing to undo, so this holds instead of failing.
 */
async function settle(run: GroupRun, seen: GroupLook): Promise<GroupLook> {
  let whole = seen;
  for (;;) {
    if (isBraked(run)) await passBrake(run);
    await run.progress.enter('SETTLING', 'all instances serve; waiting for the controllers to agree');
    try {
      await settleAll(run);
      return whole;
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      const trouble = troubleOf(error);
      if (trouble.code !== 'INSTANCE_REPLACED') await hold(run, 'ROLLOUT_BRAKED', trouble);
      await run.progress.enter('ROLLING_OUT', trouble.message);
      whole = await redoUntilWhole(run);
    }
  }
}

async function undo(progress: Progress, sagas: Sagas, message: string, trouble: Trouble | null): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    await progress.enter('REVOKING', message, { trouble });
    const failures = await sagas.compensate();
    // Undo steps are retried until they succeed; one that throws is a defect of ours and must not be taken for done.
    const [first] = failures;
    if (first !== undefined) throw first.error;
  });
}

async function end(
  input: ReleaseGroupInput,
  epoch: number | null,
  ending: Ending,
  instances: OperationInstance[],
): Promise<void> {
  const { ref, root, operation } = input;
  await controlActivities(`end as ${ending.state}`, input.policy).endGroup({
    ref,
    root,
    operation,
    epoch,
    state: ending.state,
    trouble: ending.trouble,
    dirty: ending.dirty,
    released: ending.state === 'SUCCESS' ? input.spec.number : null,
    instances,
    seen: ending.seen,
  });
}

import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  patched,
} from '@temporalio/workflow';
import type { OperationInstance } from '../catalogue/types.ts';
import { changeConfig } from '../domain/config.ts';
import { isUndoable, type Trouble } from '../domain/types.ts';
import type { ReleaseGroupInput, ReleaseGroupResult } from '../temporal/messages.ts';
import { Sagas } from '../temporal/saga.ts';
import { controlActivities } from './release/activities.ts';
import { batchesOf, carry, Continuing, leftOf, type Carried } from './release/carried.ts';
import { Commands } from './release/commands.ts';
import type { GroupRun } from './release/context.ts';
import { GateExpired } from './release/hold.ts';
import { Leave } from './release/leave.ts';
import { Progress } from './release/progress.ts';
import { release, type Seen } from './release/release.ts';
import { registerUndo } from './release/rollout.ts';
import { fenceAll, registerFences, registerStaged } from './release/stage.ts';
import { troubleOf } from './troubles.ts';

/** Operations that began before sets were fenced replay without it. */
const FENCES = 'fence-sets';

type Ending = ReleaseGroupResult & { state: 'SUCCESS' | 'REVOKED' | 'FAILURE'; dirty: boolean; seen: Seen[] };

/**
 * Brings one group to one version: fence, stage, bastion, batches, settle. Ends in SUCCESS (all new), REVOKED (all
 * old: aborted, everything undone) or FAILURE (refused with nothing changed; or, when nobody decided in time, left as it
 * stands and dirty). A rollback or repair is the same without bastion and without undo: it looks at what runs, whatever
 * was left, and what stops it leaves the group dirty. See docs/workflows/release.md.
 * @param carried where an earlier run of it continued as new, between two batches
 */
export async function releaseGroup(input: ReleaseGroupInput, carried?: Carried): Promise<ReleaseGroupResult> {
  const { operation, root, policy, over } = input;
  const progress = new Progress(operation, root, policy, input.flavor);
  if (carried !== undefined) progress.goOn(carried.progress, input.instances);
  const forward = new CancellationScope();
  const commands = new Commands(
    operation,
    progress,
    {
      onAbort: () => forward.cancel(),
      onConfigure: (changes) => {
        input.config = changeConfig(input.config, changes);
      },
    },
    carried?.commands,
  );
  const parts: Parts = { input, progress, commands, leave: new Leave(), sagas: new Sagas() };
  const held: { run: GroupRun | null } = { run: null };
  const cancelled: { error: Error | null } = { error: null };

  const ending = await (async (): Promise<Ending | Continuing> => {
    try {
      const seen = await forward.run(async () => {
        if (carried !== undefined) {
          held.run = goOn(parts, carried);
          return release(held.run, leftOf(input, carried));
        }
        const { epoch } = await controlActivities('claim the fence', policy).claimFence({
          ref: input.ref,
          operation,
          ...(over === undefined ? {} : { over }),
        });
        const run = begin(parts, epoch);
        held.run = run;
        if (input.disables !== undefined) await disable(input, input.disables);
        if (over !== undefined && patched(FENCES)) await fenceAll(run);
        return release(run, null);
      });
      return { state: 'SUCCESS', trouble: null, dirty: false, seen };
    } catch (error) {
      if (error instanceof Continuing) return error;
      if (error instanceof Error && isCancellation(error) && commands.aborted === null) cancelled.error = error;
      return endEarly({ ...parts, run: held.run }, error);
    }
  })();

  const { run } = held;
  if (ending instanceof Continuing) {
    if (run === null) throw ending;
    // No activation lies between this and the look for commands in isLong: none can have come in between.
    return continueAsNew<typeof releaseGroup>(input, carry(run, ending.left));
  }
  await CancellationScope.nonCancellable(async () => {
    await end({ input, run, ending, instances: progress.close(ending.state) });
    await condition(allHandlersFinished);
  });
  // A run that was cancelled closes as Canceled, after its undo.
  if (cancelled.error !== null && ending.state === 'REVOKED') throw cancelled.error;
  return { state: ending.state, trouble: ending.trouble };
}

/** What there is of an operation before it holds the fence. */
type Parts = Pick<GroupRun, 'input' | 'progress' | 'commands' | 'leave' | 'sagas'>;

function begin(parts: Parts, epoch: number): GroupRun {
  return {
    ...parts,
    epoch,
    turns: 0,
    staged: new Map(),
    restarting: new Map(),
    openings: new Map(),
    begun: [],
    resized: false,
    size: parts.input.instances.length,
    lost: new Map(),
    returning: new Map(),
    braking: null,
    supplied: new Set(),
    asks: 0,
  };
}

/** The operation as the run before this one left it, with the undo of what was done so far. */
function goOn(parts: Parts, { epoch, turns, staged, restarting, begun, resized, size }: Carried): GroupRun {
  const { input, sagas } = parts;
  const maps = { staged: new Map(staged), restarting: new Map(restarting) };
  const run: GroupRun = { ...begin(parts, epoch), turns, ...maps, resized, size };
  registerStaged(run);
  for (const { index, members } of batchesOf(begun, input.instances)) registerUndo(run, index, members);
  if (!undoes(parts)) sagas.pivot();
  return run;
}

type Stopped = Parts & { run: GroupRun | null };

/** What stopped it, and whether what was done is undone, or left as it stands. */
async function endEarly(stopped: Stopped, error: unknown): Promise<Ending> {
  const { input, commands, run } = stopped;
  const frozen = (trouble: Trouble): Ending => ({ state: 'FAILURE', trouble, dirty: true, seen: [] });
  const revoked = async (message: string, trouble: Trouble | null): Promise<Ending> => {
    await undo(stopped, message, trouble);
    return { state: 'REVOKED', trouble, dirty: false, seen: [] };
  };

  if (error instanceof GateExpired) {
    const { trouble, action } = error;
    return action === 'freeze' || !undoes(stopped) ? frozen(trouble) : revoked(trouble.message, trouble);
  }
  if (error instanceof Error && isCancellation(error)) {
    const by = commands.aborted?.actor.name ?? 'the Temporal UI';
    if (!undoes(stopped)) {
      const what = stopped.progress.isFinal
        ? 'it is past its point of no return'
        : `a ${input.flavor ?? ''} is not undone`;
      const message = `cancelled by ${by}; ${what}`;
      return frozen({ verdict: 'errored', code: 'OPERATION_CUT_SHORT', message });
    }
    if (commands.aborted?.command !== 'rollback') {
      return revoked(`aborted by ${by}; what was done is being undone`, null);
    }
    const reason = `rolled back by ${by} while it was released`;
    await CancellationScope.nonCancellable(() => disable(input, { version: input.spec.version, reason }));
    return revoked(`rolled back by ${by}; what was done is being undone`, null);
  }
  if (!(error instanceof ActivityFailure || error instanceof ApplicationFailure)) throw error;
  // Refused before any instance was touched: by the fence, or by a set that is not as we left it.
  const trouble = troubleOf(error);
  if (run !== null && (input.over !== undefined || stopped.progress.isFinal)) return frozen(trouble);
  if (run !== null) await undo(stopped, trouble.message, trouble);
  return { state: 'FAILURE', trouble, dirty: false, seen: [] };
}

/** There is no rollback of a rollback, and none of a repair; nor of a release past its point of no return. */
function undoes({ input: { flavor }, progress }: Pick<Parts, 'input' | 'progress'>): boolean {
  return isUndoable(flavor) && !progress.isFinal;
}

async function undo(stopped: Stopped, message: string, trouble: Trouble | null): Promise<void> {
  const { run, progress, sagas } = stopped;
  await CancellationScope.nonCancellable(async () => {
    await progress.enter('REVOKING', message, { trouble });
    if (run !== null && patched(FENCES)) registerFences(run);
    const failures = await sagas.compensate();
    for (const counted of run?.returning.values() ?? []) await counted;
    // Undo steps are retried until they succeed; one that throws is a defect of ours and must not be taken for done.
    const [first] = failures;
    if (first !== undefined) throw first.error;
  });
}

async function disable(input: ReleaseGroupInput, held: { version: string; reason: string }): Promise<void> {
  const { ref, operation, actor, policy } = input;
  await controlActivities(`disable ${held.version}`, policy).disableVersion({
    app: ref.app,
    operation,
    actor,
    ...held,
  });
}

/** What the group runs from now on, of ours. */
function ownership(
  { takeover, remove, spec }: ReleaseGroupInput,
  succeeded: boolean,
): { released: number | null; left?: true } {
  if (!succeeded || remove === true) return { released: null };
  return takeover === 'detach' ? { released: null, left: true } : { released: spec.number };
}

async function end({
  input,
  run,
  ending,
  instances,
}: {
  input: ReleaseGroupInput;
  run: GroupRun | null;
  ending: Ending;
  instances: OperationInstance[];
}): Promise<void> {
  const { ref, root, operation } = input;
  const resized = run?.resized === true;
  await controlActivities(`end as ${ending.state}`, input.policy).endGroup({
    ref,
    root,
    operation,
    epoch: run?.epoch ?? null,
    state: ending.state,
    trouble: ending.trouble,
    dirty: ending.dirty,
    ...ownership(input, ending.state === 'SUCCESS'),
    instances,
    ...(resized ? { layout: { azSets: input.azSets, instances: input.instances } } : {}),
    seen: ending.seen,
  });
}

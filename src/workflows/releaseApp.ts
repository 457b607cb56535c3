import {
  CancellationScope,
  ChildWorkflowFailure,
  ParentClosePolicy,
  allHandlersFinished,
  condition,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ReleaseAppInput, ReleaseGroupInput, ReleaseGroupResult } from '../temporal/messages.ts';
import { commandSignal, joinedLeave } from '../temporal/messages.ts';
import { groupWorkflowId } from '../temporal/names.ts';
import type { releaseGroup } from './releaseGroup.ts';
import { releaseGroupOptions } from '../temporal/starts.ts';
import { controlActivities, waitingActivities } from './release/activities.ts';
import { isJoined, registerMeetings } from './release/joined.ts';
import { isPromotion, promote } from './release/promote.ts';
import { Progress } from './release/progress.ts';
import { troubleOf } from './troubles.ts';

/**
 * Releases one version to the groups of an app in one environment, one after the other in the order of the app file: it stops
 * at the first group that does not succeed, and groups that were finished before it stay as they are. Or joined: all in step, and
 * where one does not succeed all are undone. Or to one environment after the other (see promote).
 */
export async function releaseApp(input: ReleaseAppInput): Promise<ReleaseGroupResult> {
  if (isPromotion(input)) return promote(input);
  const progress = new Progress(input.operation, input.operation, input.policy);
  const forward = new CancellationScope();
  // Legality is the group's to judge; here an abort stops what is running and what would follow.
  setHandler(commandSignal, (command) => {
    const stops = command.command === 'abort' || command.command === 'rollback';
    if (command.operation === input.operation && stops) forward.cancel();
  });

  const [first] = input.groups;
  const asOne = first !== undefined && isJoined({ input: first });
  let result: ReleaseGroupResult = { state: 'SUCCESS', trouble: null };
  let cancelled: Error | null = null;
  try {
    if (input.onBusy !== undefined && first !== undefined) await forward.run(() => awaitTurn(input, first));
    await progress.enter('ROLLING_OUT', `${input.version} to ${input.groups.map(({ ref }) => ref.group).join(', ')}`);
    result = await forward.run(() => (asOne ? releaseJoined(input, () => forward.cancel()) : releaseInTurn(input)));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (isCancellation(error)) {
      if (CancellationScope.current().consideredCancelled) cancelled = error;
      result = { state: 'REVOKED', trouble: null };
    } else {
      // The turn of a group never came. Anything but a failed activity is a defect, and is thrown on.
      result = { state: 'FAILURE', trouble: troubleOf(error) };
    }
  }
  await CancellationScope.nonCancellable(() =>
    progress.enter(result.state, result.trouble?.message ?? result.state, { trouble: result.trouble }),
  );
  if (asOne) await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  if (cancelled !== null) throw cancelled;
  return result;
}

async function releaseInTurn(input: ReleaseAppInput): Promise<ReleaseGroupResult> {
  const [first] = input.groups;
  for (const group of input.groups) {
    if (input.onBusy !== undefined && group !== first) await awaitTurn(input, group);
    const result = await releaseOne(group);
    if (result.state !== 'SUCCESS') return result;
  }
  return { state: 'SUCCESS', trouble: null };
}

/** All at the same time. Where one does not succeed, the others are undone. */
async function releaseJoined(input: ReleaseAppInput, undoOthers: () => void): Promise<ReleaseGroupResult> {
  const { groups } = input;
  const refs = new Map(groups.map(({ ref }) => [ref.group, ref]));
  registerMeetings([...refs.keys()], async (group, meeting) => {
    const ref = refs.get(group);
    // One that has ended meanwhile needs no leave.
    if (ref !== undefined)
      await getExternalWorkflowHandle(groupWorkflowId(ref))
        .signal(joinedLeave, meeting)
        .catch(() => undefined);
  });
  if (input.onBusy !== undefined) for (const group of groups.slice(1)) await awaitTurn(input, group);
  const unsuccessful: ReleaseGroupResult[] = [];
  const ends = await Promise.allSettled(
    groups.map(async (group) => {
      const result = await releaseOne(group);
      if (result.state === 'SUCCESS') return;
      unsuccessful.push(result);
      undoOthers();
    }),
  );
  const [first] = unsuccessful;
  if (first !== undefined) return first;
  const thrown = ends.find((end) => end.status === 'rejected');
  if (thrown !== undefined) throw thrown.reason;
  return { state: 'SUCCESS', trouble: null };
}

/** Waits until the group is free. What it runs then is what this release starts from. */
async function awaitTurn({ onBusy }: ReleaseAppInput, group: ReleaseGroupInput): Promise<void> {
  const { ref, root, operation, actor, config, policy } = group;
  const longestMs = config.gateHours * 3_600_000;
  const { from } = await waitingActivities(`turn with ${ref.group}`, longestMs, policy).awaitTurn({
    ...{ ref, root, operation, actor },
    until: new Date(Date.now() + longestMs).toISOString(),
    supersede: onBusy === 'supersede',
  });
  group.from = from;
}

async function releaseOne(group: ReleaseGroupInput): Promise<ReleaseGroupResult> {
  try {
    return await executeChild<typeof releaseGroup>('releaseGroup', {
      ...releaseGroupOptions(group),
      args: [group],
      // A cancel undoes; the default, terminate, would leave the group half done.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      const message = `another operation holds ${group.ref.env}/${group.ref.app}/${group.ref.group}`;
      return { state: 'FAILURE', trouble: { verdict: 'errored', code: 'GROUP_BUSY', message } };
    }
    if (error instanceof ChildWorkflowFailure && !isCancellation(error)) return abandon(group, error);
    throw error;
  }
}

/** The group's workflow was terminated, or broke: it undid nothing, and nobody but us can say so. */
async function abandon(group: ReleaseGroupInput, { cause }: ChildWorkflowFailure): Promise<ReleaseGroupResult> {
  const { ref, root, operation, policy } = group;
  const label = `${ref.env}/${ref.app}/${ref.group}`;
  const message = `the workflow of ${label} ended without finishing or undoing: ${cause?.message ?? 'no reason given'}`;
  const trouble = { verdict: 'errored', code: 'OPERATION_CUT_SHORT', message } as const;
  await CancellationScope.nonCancellable(() =>
    controlActivities(`${label} was left half done`, policy).abandonGroup({ ref, root, operation, trouble }),
  );
  return { state: 'FAILURE', trouble };
}

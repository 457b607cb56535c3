import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  type ExternalWorkflowHandle,
} from '@temporalio/workflow';
import { joinedArrival } from '../../temporal/messages.ts';
import { releaseWorkflowId } from '../../temporal/names.ts';
import type { GroupRun } from './context.ts';
import { advance, decision, gateMs, isBraked, passBrake } from './hold.ts';

/** Where the groups of a joined release meet, beside that before the batch of each number. */
export const MEETINGS = {
  /** The bastion runs the new version without traffic. */
  smoked: 0.5,
  /** Every instance serves; what comes is the gate before the end. */
  whole: 1_000_000,
  /** The controllers agree, too: nothing is left but to end. */
  settled: 1_000_001,
} as const;

/** One of several groups that are released as one. Asked before meet: see isBraked. */
export function isJoined({ input }: Pick<GroupRun, 'input'>): boolean {
  return input.joined !== undefined;
}

/**
 * Waits until all groups of a joined release have come as far. How long is up to what they wait for, each with a deadline of
 * its own; one that does not succeed has the others undone.
 */
export async function meet(run: GroupRun, meeting: number, reached: string): Promise<void> {
  const { input, progress, leave } = run;
  if (leave.has(meeting)) return;
  const release = getExternalWorkflowHandle(releaseWorkflowId(input.root));
  await tell(release, { group: input.ref.group, meeting });
  const { state } = progress;
  const others = (input.joined ?? []).filter((group) => group !== input.ref.group).join(', ');
  let came = await condition(() => leave.has(meeting), 1_000);
  if (came) return;
  while (!came) {
    const reason = `${reached}; waits for the joined groups to come as far: ${others}`;
    if (isBraked(run)) await passBrake(run);
    const wait = { ...decision(run, reason), who: 'whoever those wait for', person: false };
    await progress.enter(state, reason, { wait });
    came = await condition(() => leave.has(meeting), gateMs(run));
  }
  await advance(run, state, `the joined groups have come as far: ${others}`);
}

async function tell(release: ExternalWorkflowHandle, arrival: { group: string; meeting: number }): Promise<void> {
  try {
    await release.signal(joinedArrival, arrival);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // The release has ended under us: its groups are cancelled.
    await CancellationScope.current().cancelRequested;
  }
}

/**
 * Of the release: hears how far its groups have come, and lets those go on that all others have caught up with.
 * @param pass lets that group pass that meeting
 */
export function registerMeetings(groups: string[], pass: (group: string, meeting: number) => Promise<void>): void {
  const reached = new Map(groups.map((group) => [group, 0]));
  const passed = new Map(reached);
  setHandler(joinedArrival, async ({ group, meeting }) => {
    if (!reached.has(group)) return;
    reached.set(group, meeting);
    const all = Math.min(...reached.values());
    const free = [...reached].filter(([name, at]) => at <= all && (passed.get(name) ?? 0) < at);
    for (const [name, at] of free) passed.set(name, at);
    await Promise.all(free.map(([name, at]) => pass(name, at)));
  });
}

import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { Batch } from '../../domain/plan.ts';
import type { InstanceRef } from '../../domain/types.ts';
import type { StagedRevision } from '../../drivers/azset/index.ts';
import type { ReleaseGroupInput } from '../../temporal/messages.ts';
import type { CommandsCarried } from './commands.ts';
import type { GroupRun } from './context.ts';
import { isBraked } from './hold.ts';
import type { ProgressCarried } from './progress.ts';

/** What is left of the batches when a release continues as new. */
export interface Left {
  batches: Batch[];
  /** Knobs were changed since these were planned. */
  stale: boolean;
  /** Of the batches before these. */
  wave?: string | undefined;
}

/**
 * What a group's release takes along where it continues as new, between two batches, because its history has become long.
 * The input goes along, too, as it is by then: its layout and knobs may have changed. Instances go by name.
 */
export interface Carried extends Pick<GroupRun, 'epoch' | 'turns' | 'size' | 'resized'> {
  staged: [azSet: string, StagedRevision][];
  restarting: [instance: string, uid: string][];
  begun: CarriedBatch[];
  left: CarriedBatch[];
  stale: boolean;
  wave?: string;
  progress: ProgressCarried;
  commands: CommandsCarried;
}

type CarriedBatch = [index: number, members: string[], wave?: string];

/** Thrown between two batches: the rest of the release is for another run. */
export class Continuing extends Error {
  readonly left: Left;

  constructor(left: Left) {
    super('the release continues as new');
    this.name = 'Continuing';
    this.left = left;
  }
}

/**
 * Is it time to continue as new? Asked between batches: nothing is under way then. Not while a brake is on, or after an
 * abort: what waits for a person, or undoes, ends in this run.
 */
export function isLong(run: GroupRun): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  const most = run.input.policy?.historyEvents ?? Infinity;
  if (!continueAsNewSuggested && historyLength < most) return false;
  const stopped = run.commands.aborted !== null || CancellationScope.current().consideredCancelled;
  return !stopped && !isBraked(run) && run.braking === null;
}

export function carry(run: GroupRun, { batches, stale, wave }: Left): Carried {
  const { epoch, turns, size, staged, restarting, begun, resized, progress, commands } = run;
  return {
    epoch,
    // Every activity of this run has an event, so none has a higher number.
    turns: turns + workflowInfo().historyLength,
    size,
    resized,
    staged: [...staged],
    restarting: [...restarting],
    begun: begun.map(toCarried),
    left: batches.map(toCarried),
    stale,
    ...(wave === undefined ? {} : { wave }),
    progress: progress.carry(),
    commands: commands.carry(),
  };
}

/** Batches again; an instance whose place is gone by now is left out, and a batch of none, too. */
export function batchesOf(carried: CarriedBatch[], instances: InstanceRef[]): Batch[] {
  const byName = new Map(instances.map((instance) => [instance.name, instance]));
  return carried
    .map(([index, names, wave]) => ({
      index,
      members: names.flatMap((name) => byName.get(name) ?? []),
      ...(wave === undefined ? {} : { wave }),
    }))
    .filter(({ members }) => members.length > 0);
}

/** What the run before this one left to do. */
export function leftOf({ instances }: ReleaseGroupInput, { left, stale, wave }: Carried): Left {
  return { batches: batchesOf(left, instances), stale, wave };
}

function toCarried({ index, members, wave }: Batch): CarriedBatch {
  const names = members.map(({ name }) => name);
  return wave === undefined ? [index, names] : [index, names, wave];
}

import { Context } from '@temporalio/activity';
import { TransshipError } from '../domain/errors.ts';
import type { EventRepository, FenceRepository } from '../catalogue/types.ts';
import { azLabel, type AzSetRef, type GroupRef, type InstanceRef } from '../domain/types.ts';
import type { Guard, Waiting } from '../drivers/azset/index.ts';
import { atOnce } from '../drivers/at-once.ts';
import { toFailure } from './failures.ts';
import { activityWaiting } from './waiting.ts';

/** By which traffic drivers the group is served. */
export interface TrafficStep {
  /** Their names in order. Workflows that began before there were several say none: the first of the fleet file. */
  traffic?: string[];
}

/** On whose behalf a mutating activity acts. */
export interface StepContext extends TrafficStep {
  ref: GroupRef;
  root: string;
  operation: string;
  epoch: number;
  /** Added to the number of the activity, which begins anew where the workflow continued as new. Left out: 0. */
  turns?: number;
  /**
   * A person's brake keeps an attempt that has not changed anything yet from doing so: it ends with BRAKED, and the step is
   * done again when they resume.
   */
  brakable?: boolean;
}

export interface StepDependencies {
  fences: Pick<FenceRepository, 'check' | 'takeTurn'>;
  events: Pick<EventRepository, 'append'>;
}

/** What people read for each step. */
const STEP_TITLES = {
  createSet: 'create',
  removeSet: 'remove',
  fenceSet: 'shut out what is on its way to',
  stageSet: 'stage',
  adoptSet: 'adopt',
  detachSet: 'leave',
  saveSet: 'save',
  convertSet: 'convert',
  openSet: 'open',
  closeSet: 'close',
  resizeSet: 'resize',
  unstageSet: 'take back the template of',
  settleSet: 'settle',
  takeOut: 'take out',
  deploy: 'deploy',
  ignite: 'ignite',
  putIn: 'put in',
} as const;

/** The catalogue is asked for so many turns at the same time. */
const TURNS_AT_ONCE = 8;

type Step = keyof typeof STEP_TITLES;

/** Number of the running step: later steps of the operation have higher ones. */
export function stepNumber({ turns = 0 }: StepContext): number {
  return turns + Number(Context.current().info.activityId);
}

function turnOf(context: StepContext): { activity: number; attempt: number } {
  return { activity: stepNumber(context), attempt: Context.current().info.attempt };
}

/** The running step takes its turn with others than its own subject, too. @throws FENCE_LOST */
export async function takeTurns({ fences }: StepDependencies, context: StepContext, subjects: string[]): Promise<void> {
  const turn = turnOf(context);
  await atOnce(TURNS_AT_ONCE, subjects, (subject) => fences.takeTurn(context.operation, { subject, ...turn }));
}

type Subject = { instance: InstanceRef } | { set: AzSetRef };

function subjectOf(context: Subject): { name: string; azSet: AzSetRef } {
  return 'instance' in context
    ? { name: context.instance.name, azSet: context.instance.azSet }
    : { name: context.set.name, azSet: context.set };
}

/**
 * Runs a mutating activity: takes its turn, writes the event that it begins, gives the driver a guard that checks the
 * fence and the turn just before each mutation, a signal and a heartbeat; writes how it ended; turns errors into failures of the table.
 * @param keep what of the result is written beside that, for whoever has lost Temporal's history
 */
export async function runStep<T>(
  { fences, events }: StepDependencies,
  step: Step,
  context: StepContext & Subject,
  act: (guard: Guard, waiting: Waiting) => Promise<T>,
  keep: (result: T) => unknown = () => null,
): Promise<T> {
  const turn = turnOf(context);
  const { name: subject, azSet } = subjectOf(context);
  const title = `${STEP_TITLES[step]} ${subject} (${azLabel(azSet)})`;
  const note = async (outcome: 'begun' | 'done' | 'failed', message: string, data: unknown = null): Promise<void> =>
    events.append([
      {
        root: context.root,
        operation: context.operation,
        kind: 'step',
        step,
        instance: subject,
        attempt: turn.attempt,
        outcome,
        message,
        data,
        key: `${turn.activity}/${turn.attempt}`,
      },
    ]);
  let begun = context.brakable !== true;
  const guard: Guard = async () => {
    const { braked } = await fences.check(context.ref, context.operation, context.epoch, { subject, ...turn });
    // What has changed something already is brought to its end; an attempt that has not is one too many.
    if (braked && !begun) throw new TransshipError('BRAKED', 'does not begin: a person has braked the release');
    begun = true;
  };
  const waiting = activityWaiting();

  try {
    await fences.takeTurn(context.operation, { subject, ...turn });
    await note('begun', title);
    const result = await act(guard, waiting);
    await note('done', title, keep(result));
    return result;
  } catch (error) {
    const failure = toFailure(error);
    // The failure itself is the durable record; a catalogue that is away must not hide it.
    await note('failed', `${title}: ${failure.message}`).catch(() => undefined);
    throw failure;
  }
}

import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { ActivityInterfaceFor, LocalActivityInterfaceFor } from '@temporalio/workflow';
import type { AzSetActivities } from '../../activities/azset.ts';
import type { BringActivities } from '../../activities/bring.ts';
import type { ControlActivities } from '../../activities/control.ts';
import type { ImageActivities } from '../../activities/image.ts';
import type { InstanceActivities } from '../../activities/instance.ts';
import type { StageActivities } from '../../activities/stages.ts';
import type { TurnActivities } from '../../activities/turn.ts';
import { CONTROL_QUEUE, idcQueue } from '../../temporal/names.ts';
import {
  bookkeeping,
  forwardStep,
  localBookkeeping,
  longWait,
  planningStep,
  undoStep,
} from '../../temporal/policies.ts';
import type { PolicyOverride } from '../../temporal/messages.ts';

type IdcActivities = AzSetActivities & InstanceActivities;
type PlanningActivities = IdcActivities & Pick<ImageActivities, 'readTag'>;

/** Forward steps give up in the end and become a person's decision; undo steps do not. */
export type Direction = 'forward' | 'undo';

export interface StepOptions {
  /** One line for the Temporal UI. */
  summary: string;
  direction: Direction;
  policy?: PolicyOverride | undefined;
  /** How long one attempt may take, in ms. */
  longestAttemptMs?: number;
  /** See forwardStep. */
  lossEnds?: boolean;
}

/** Activities inside one IDC. Proxies cost nothing: one is made for each call, with that call's summary. */
export function idcActivities(idc: string, options: StepOptions): ActivityInterfaceFor<IdcActivities> {
  const { direction, policy, longestAttemptMs, lossEnds } = options;
  return proxyActivities<IdcActivities>({
    ...(direction === 'forward' ? forwardStep(policy, longestAttemptMs, lossEnds) : undoStep(policy, longestAttemptMs)),
    taskQueue: idcQueue(idc),
    summary: options.summary,
  });
}

/** Reads for a plan that a person waits for. */
export function planningActivities(idc: string, summary: string): ActivityInterfaceFor<PlanningActivities> {
  return proxyActivities<PlanningActivities>({ ...planningStep(), taskQueue: idcQueue(idc), summary });
}

export function controlActivities(summary: string, policy?: PolicyOverride): ActivityInterfaceFor<ControlActivities> {
  return proxyActivities<ControlActivities>({ ...bookkeeping(policy), taskQueue: CONTROL_QUEUE, summary });
}

/** A wait on the control queue that may last as long as a person has patience. */
export function waitingActivities(
  summary: string,
  longestMs: number,
  policy?: PolicyOverride,
): ActivityInterfaceFor<TurnActivities & StageActivities & BringActivities> {
  return proxyActivities<TurnActivities & StageActivities & BringActivities>({
    ...longWait(policy, longestMs),
    taskQueue: CONTROL_QUEUE,
    summary,
  });
}

/** Progress rows, written by the worker that runs the workflow. */
export function progressActivities(
  summary: string,
  policy?: PolicyOverride,
): LocalActivityInterfaceFor<Pick<ControlActivities, 'record'>> {
  return proxyLocalActivities<Pick<ControlActivities, 'record'>>({ ...localBookkeeping(policy), summary });
}

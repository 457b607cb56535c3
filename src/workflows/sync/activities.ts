import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { ActivityInterfaceFor, LocalActivityInterfaceFor } from '@temporalio/workflow';
import type { ConnectActivities } from '../../activities/connect.ts';
import type { ImageActivities } from '../../activities/image.ts';
import type { SyncActivities } from '../../activities/sync.ts';
import type { SyncPriority } from '../../domain/sync/priority.ts';
import type { PolicyOverride } from '../../temporal/messages.ts';
import { idcQueue, imageQueue } from '../../temporal/names.ts';
import { copyStep, localBookkeeping, planningStep, tagStep, undoStep } from '../../temporal/policies.ts';

/** Temporal's: from 1, which goes first, to 5. */
const PRIORITY_KEY: Record<SyncPriority, number> = { high: 1, normal: 3, low: 5 };

export interface ImageStep {
  /** IDC whose worker does it: that of the destination. */
  idc: string;
  priority: SyncPriority;
  /** One line for the Temporal UI. */
  summary: string;
  policy: PolicyOverride | undefined;
}

type Copies = Pick<ImageActivities, 'copyImage'>;
type Tags = Pick<ImageActivities, 'readTag' | 'moveTag' | 'restoreTag'>;
type Looks = Pick<ImageActivities, 'lookAtRepository'>;

export function copyActivities({ idc, priority, summary, policy }: ImageStep): ActivityInterfaceFor<Copies> {
  const order = { priority: { priorityKey: PRIORITY_KEY[priority] } };
  return proxyActivities<Copies>({ ...copyStep(policy), taskQueue: imageQueue(idc), summary, ...order });
}

/** Not on the queue of copies: a tag takes milliseconds, and would wait behind gigabytes. */
export function tagActivities({ idc, priority, summary, policy }: ImageStep): ActivityInterfaceFor<Tags> {
  const order = { priority: { priorityKey: PRIORITY_KEY[priority] } };
  return proxyActivities<Tags>({ ...tagStep(policy), taskQueue: idcQueue(idc), summary, ...order });
}

/** Tried until it is done. */
export function undoTagActivities({ idc, summary, policy }: Omit<ImageStep, 'priority'>): ActivityInterfaceFor<Tags> {
  return proxyActivities<Tags>({ ...undoStep(policy, 60_000), taskQueue: idcQueue(idc), summary });
}

/** Rows of the catalogue, written by the worker that runs the workflow. */
export function recordActivities(
  summary: string,
  policy: PolicyOverride | undefined,
): LocalActivityInterfaceFor<SyncActivities> {
  return proxyLocalActivities<SyncActivities>({ ...localBookkeeping(policy), summary });
}

/** Looks at registries, and at webhook policies of theirs, for somebody who waits for the answer; safe to repeat. */
export function connectActivities(idc: string, summary: string): ActivityInterfaceFor<ConnectActivities> {
  return proxyActivities<ConnectActivities>({ ...planningStep(), taskQueue: idcQueue(idc), summary });
}

/** Reads for somebody who waits for the answer. */
export function lookActivities(idc: string, summary: string): ActivityInterfaceFor<Looks> {
  return proxyActivities<Looks>({ ...planningStep(), taskQueue: idcQueue(idc), summary });
}

import { WorkflowNotFoundError } from '@temporalio/client';
import type { CopyBeat, SyncState } from '../../domain/sync/progress.ts';
import { idcQueue, imageQueue, syncWorkflowId } from '../../temporal/names.ts';
import type { SyncActivity } from '../schemas/sync-list.ts';
import { callTemporal, type TemporalLink } from './link.ts';

type Description = Awaited<ReturnType<ReturnType<TemporalLink['client']['workflow']['getHandle']>['describe']>>;
type PendingActivity = NonNullable<Description['raw']['pendingActivities']>[number];
type Time = PendingActivity['scheduledTime'];

// The client package does not export this enum's values.
/* eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment */
const STARTED: PendingActivity['state'] = 2;

/** What goes on in a sync: for each registry, the step that it is in. */
export interface SyncSteps {
  /** Of a registry of that IDC; null: none; it waits for its time, or for the workflow to go on. */
  of(registry: string, idc: string, state: SyncState): SyncActivity | null;
}

/**
 * Asks Temporal what goes on for an image; nothing where it knows of no sync of it.
 * @throws TransshipError TEMPORAL_UNREACHABLE
 */
export async function stepsOf(link: TemporalLink, repository: string, digest: string): Promise<SyncSteps> {
  const handle = link.client.workflow.getHandle(syncWorkflowId(repository, digest));
  try {
    const { raw } = await callTemporal(link, 3, async () => handle.describe());
    return readSteps(raw.pendingActivities ?? []);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return readSteps([]);
    throw error;
  }
}

/** @returns false where none runs. @throws TransshipError TEMPORAL_UNREACHABLE */
export async function cancelSync(link: TemporalLink, repository: string, digest: string): Promise<boolean> {
  const handle = link.client.workflow.getHandle(syncWorkflowId(repository, digest));
  try {
    // Temporal takes the cancel of what has ended for done.
    const { status } = await callTemporal(link, 3, async () => handle.describe());
    if (status.name !== 'RUNNING') return false;
    await callTemporal(link, 3, async () => handle.cancel());
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Of the copies and moves of tags that Temporal has for a sync, that of a registry. */
export function readSteps(pending: readonly PendingActivity[]): SyncSteps {
  const read = pending.map((one) => ({
    queue: one.activityOptions?.taskQueue?.name ?? '',
    beat: beatOf(one.heartbeatDetails?.payloads?.[0]?.data),
    one,
  }));
  return {
    of(registry, idc, state) {
      const tag = read.find(({ queue }) => queue === idcQueue(idc));
      // It has its image, and the copy to others may go on.
      if (state === 'arrived') return tag === undefined ? null : toActivity('tag', tag.one, null);
      // A copy may be for several registries of the IDC, and there may be a second copy for those that came later.
      const copy =
        read.find(({ beat }) => beat?.registries[registry] !== undefined) ??
        read.find(({ queue, beat }) => queue === imageQueue(idc) && beat === null);
      return copy === undefined ? null : toActivity('copy', copy.one, copy.beat?.registries[registry] ?? null);
    },
  };
}

function toActivity(
  step: SyncActivity['step'],
  { attempt, state, lastWorkerIdentity, lastFailure, scheduledTime, nextAttemptScheduleTime }: PendingActivity,
  copied: CopyBeat['registries'][string] | null,
): SyncActivity {
  const worker = lastWorkerIdentity ?? '';
  return {
    step,
    since: timeOf(scheduledTime) ?? '',
    attempt: attempt ?? 1,
    worker: state === STARTED && worker !== '' ? worker : null,
    nextAttempt: timeOf(nextAttemptScheduleTime),
    last:
      lastFailure === undefined || lastFailure === null
        ? null
        : { code: lastFailure.applicationFailureInfo?.type ?? '', message: lastFailure.message ?? '' },
    copied: copied === null ? null : withoutTally(copied),
  };
}

function withoutTally({
  blobs,
  here,
  bytes,
  hereBytes,
  sentBytes,
}: CopyBeat['registries'][string]): NonNullable<SyncActivity['copied']> {
  return { blobs, here, bytes, hereBytes, sentBytes };
}

function timeOf(time: Time): string | null {
  if (time === undefined || time === null) return null;
  return new Date(Number(time.seconds ?? 0) * 1_000 + (time.nanos ?? 0) / 1_000_000).toISOString();
}

/** Null where no attempt has told anything yet, or not what a copy tells. */
function beatOf(data: Uint8Array | null | undefined): CopyBeat | null {
  try {
    const told = JSON.parse(Buffer.from(data ?? []).toString()) as Partial<CopyBeat> | null;
    return told?.registries === undefined ? null : (told as CopyBeat);
  } catch {
    return null;
  }
}

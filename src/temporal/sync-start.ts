import type { Client, WorkflowHandleWithSignaledRunId } from '@temporalio/client';
import { CONTROL_QUEUE, SEARCH, syncWorkflowId, WORKFLOWS } from './names.ts';
import { SYNC_TASK_TIMEOUT_MS } from './policies.ts';
import { syncRequest, type SyncImageInput, type SyncImageResult, type SyncMemo, type SyncRequest } from './sync.ts';

const DETAILS = [
  'To stop it press **Request Cancellation**: tags that it moved are brought back.',
  '',
  '**Never Terminate, never Reset**: both skip that.',
].join('\n');

type SyncImage = (input: SyncImageInput) => Promise<SyncImageResult>;

/**
 * Asks for an image: whoever comes first starts its workflow, everybody else joins. Asked again by the same request it changes
 * nothing.
 */
export async function askForImage(
  { workflow }: Pick<Client, 'workflow'>,
  image: Omit<SyncImageInput, 'requests'>,
  request: SyncRequest,
): Promise<WorkflowHandleWithSignaledRunId<SyncImage>> {
  const { repository, digest, from, policy } = image;
  const memo: SyncMemo = { repository, digest, from: from.name };
  return workflow.signalWithStart<SyncImage, [SyncRequest]>(WORKFLOWS.syncImage, {
    workflowId: syncWorkflowId(repository, digest),
    taskQueue: CONTROL_QUEUE,
    args: [{ ...image, requests: [request] }],
    signal: syncRequest,
    signalArgs: [request],
    memo,
    workflowTaskTimeout: policy?.workflowTaskTimeoutMs ?? SYNC_TASK_TIMEOUT_MS,
    typedSearchAttributes: [{ key: SEARCH.Image, value: repository }],
    staticSummary: `${repository}@${digest.slice(0, 19)} from ${from.name}`,
    staticDetails: DETAILS,
  });
}

import { WORKFLOW_TASK_TIMEOUT_MS } from './policies.ts';
import { CONTROL_QUEUE, SEARCH, syncWorkflowId } from './names.ts';
import { syncRequest, type SyncImageInput, type SyncMemo } from './sync.ts';

const DETAILS = [
  'To stop it press **Request Cancellation**: tags that it moved are brought back.',
  '',
  '**Never Terminate, never Reset**: both skip that.',
].join('\n');

/**
 * How an image is asked for: whoever comes first starts its workflow, everybody else joins. Asked again by the same request
 * it changes nothing.
 */
export function syncImageOptions(input: SyncImageInput & { requests: [SyncImageInput['requests'][number]] }) {
  const { repository, digest, from, requests, policy } = input;
  const memo: SyncMemo = { repository, digest, from: from.name };
  return {
    workflowId: syncWorkflowId(repository, digest),
    taskQueue: CONTROL_QUEUE,
    args: [input] as [SyncImageInput],
    signal: syncRequest,
    signalArgs: requests,
    memo,
    workflowTaskTimeout: policy?.workflowTaskTimeoutMs ?? WORKFLOW_TASK_TIMEOUT_MS,
    typedSearchAttributes: [{ key: SEARCH.Image, value: repository }],
    staticSummary: `${repository}@${digest.slice(0, 19)} from ${from.name}`,
    staticDetails: DETAILS,
  };
}

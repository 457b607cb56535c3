import type { TypedSearchAttributes } from '@temporalio/common';
import type { OperationMemo, ReleaseGroupInput } from './messages.ts';
import { CONTROL_QUEUE, SEARCH, groupWorkflowId } from './names.ts';
import { WORKFLOW_TASK_TIMEOUT_MS } from './policies.ts';

type Attributes = NonNullable<ConstructorParameters<typeof TypedSearchAttributes>[0]>;

/** Shown to whoever opens an operation in the Temporal UI. */
export const STATIC_DETAILS = [
  // Short lines: the UI cuts off what wraps.
  'To stop it press **Request Cancellation**: what was done is undone first.',
  '',
  '**Never Terminate, never Reset**: both skip the undo.',
].join('\n');

/** How the workflow of one group's release is started: as a child of the release. */
export function releaseGroupOptions(input: ReleaseGroupInput): {
  workflowId: string;
  taskQueue: string;
  workflowTaskTimeout: number;
  memo: OperationMemo;
  typedSearchAttributes: Attributes;
  staticSummary: string;
  staticDetails: string;
} {
  const { ref, operation, spec, actor, azSets, flavor = 'release', policy } = input;
  return {
    workflowId: groupWorkflowId(ref),
    taskQueue: CONTROL_QUEUE,
    workflowTaskTimeout: policy?.workflowTaskTimeoutMs ?? WORKFLOW_TASK_TIMEOUT_MS,
    memo: { operation, version: spec.version },
    typedSearchAttributes: [
      { key: SEARCH.App, value: ref.app },
      { key: SEARCH.Env, value: ref.env },
      { key: SEARCH.Group, value: ref.group },
      { key: SEARCH.State, value: 'PENDING' },
      { key: SEARCH.Attention, value: 'none' },
      { key: SEARCH.Idc, value: [...new Set(azSets.map(({ idc }) => idc))] },
    ],
    staticSummary: `${flavor} ${ref.app}/${ref.group} ${spec.version} in ${ref.env}, asked by ${actor.name}`,
    staticDetails: STATIC_DETAILS,
  };
}

import type { Client, WorkflowHandle } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';

/** One run of a workflow, with its history. */
export interface Run {
  handle: WorkflowHandle;
  history: History;
}

/** The last run of the workflow, and those that it continues as new, the last first. */
export async function* runsOf({ workflow }: Client, workflowId: string): AsyncGenerator<Run> {
  let { runId } = await workflow.getHandle(workflowId).describe();
  while (runId !== '') {
    const handle = workflow.getHandle(workflowId, runId);
    const history = await handle.fetchHistory();
    yield { handle, history };
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
  }
}

import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { attachedWorkflowId, CONTROL_QUEUE, WORKFLOWS } from '../../temporal/names.ts';
import type { BringAttachedInput } from '../../temporal/sync.ts';
import { callTemporal, type TemporalLink } from './link.ts';

/**
 * Has somebody look what a manifest is attached to, and bring it along. Once while that goes on.
 * @throws TransshipError TEMPORAL_UNREACHABLE
 */
export async function bringAttached(link: TemporalLink, input: BringAttachedInput): Promise<void> {
  const { repository, digest, from } = input;
  try {
    await callTemporal(link, 5, async () =>
      link.client.workflow.start<(input: BringAttachedInput) => Promise<string[]>>(WORKFLOWS.bringAttached, {
        workflowId: attachedWorkflowId(repository, digest),
        taskQueue: CONTROL_QUEUE,
        args: [input],
        staticSummary: `${repository}@${digest.slice(0, 19)}, pushed to ${from.name}: is it attached to an image?`,
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

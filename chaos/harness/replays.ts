import {
  Worker,
  type InjectedSinks,
  type ReplayHistoriesIterable,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { ChaosSinks } from '../hooks/workflow.ts';

/** The hooks' sink: nothing dies in a replay. */
const DEAF: InjectedSinks<ChaosSinks> = { chaos: { reached: { fn: () => undefined } } };

/** One line for each history that the workflows, as they were built with the hooks, do not replay. */
export async function replayFaults(
  workflowBundle: WorkflowBundleOption,
  histories: ReplayHistoriesIterable,
): Promise<string[]> {
  const faults: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle, sinks: DEAF }, histories))
    if (error !== undefined) faults.push(`${workflowId} does not replay: ${error.message}`);
  return faults;
}

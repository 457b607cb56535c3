import {
  Worker,
  type InjectedSinks,
  type ReplayHistoriesIterable,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { ChaosSinks } from '../hooks/workflow.ts';

/** The hooks' sink: nothing dies in a replay. */
const DEAF: InjectedSinks<ChaosSinks> = { chaos: { reached: { fn: () => undefined } } };

/** The replay that was asked for last. */
let last: Promise<unknown> = Promise.resolve();

/**
 * One line for each history that the workflows, as they were built with the hooks, do not replay. One replay goes at a
 * time: the end of one takes the SDK's runtime from another that is just being made.
 */
export async function replayFaults(
  bundle: WorkflowBundleOption,
  histories: ReplayHistoriesIterable,
): Promise<string[]> {
  const faults = last.then(async () => replay(bundle, histories));
  last = faults.catch(() => undefined);
  return faults;
}

async function replay(workflowBundle: WorkflowBundleOption, histories: ReplayHistoriesIterable): Promise<string[]> {
  const faults: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle, sinks: DEAF }, histories))
    if (error !== undefined) faults.push(`${workflowId} does not replay: ${error.message}`);
  return faults;
}

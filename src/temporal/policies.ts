import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import type { PolicyOverride } from './messages.ts';

// Timeouts and retries, all in one place. Forward steps are bounded, so that a step that cannot be done becomes a
// decision for a person; undo steps are not: they are retried, visibly, until they are done.

/** Workflow task timeout: short, so that a dead worker's task goes to the next one soon. Milliseconds. */
export const WORKFLOW_TASK_TIMEOUT_MS = 10_000;

/** The same of a sync, which is to be done in twenty seconds whatever dies. */
export const SYNC_TASK_TIMEOUT_MS = 5_000;

/**
 * How long a workflow's next task waits for the worker that keeps the workflow, before any worker may take it: a dead one is missed that
 * long, ten seconds unless it is said.
 */
export const STICKY_MS = 3_000;

/** A step of a sync beats every second: without five of them another worker goes on. */
const SYNC_HEARTBEAT_SECONDS = 5;

function retry(override: PolicyOverride | undefined): {
  initialInterval: number;
  backoffCoefficient: number;
  maximumInterval: number;
} {
  return {
    initialInterval: override?.retryInitialMs ?? 200,
    backoffCoefficient: 2,
    maximumInterval: override?.retryMaximumMs ?? 5_000,
  };
}

function heartbeatMs(override: PolicyOverride | undefined, seconds = 10): number {
  return (override?.heartbeatSeconds ?? seconds) * 1_000;
}

/**
 * A step on the way forward: five minutes to find a worker, half an hour in all.
 * @param lossEnds it is over as soon as its cluster counts as lost
 */
export function forwardStep(override?: PolicyOverride, longestAttemptMs = 600_000, lossEnds = false): ActivityOptions {
  return {
    startToCloseTimeout: longestAttemptMs,
    scheduleToStartTimeout: 300_000,
    scheduleToCloseTimeout: Math.max(1_800_000, 2 * longestAttemptMs),
    heartbeatTimeout: heartbeatMs(override),
    retry: { ...retry(override), ...(lossEnds ? { nonRetryableErrorTypes: ['CLUSTER_LOST'] } : {}) },
  };
}

/** A step on the way back: waits for its worker as long as it takes. */
export function undoStep(override?: PolicyOverride, longestAttemptMs = 600_000): ActivityOptions {
  return { startToCloseTimeout: longestAttemptMs, heartbeatTimeout: heartbeatMs(override), retry: retry(override) };
}

/**
 * A copy of an image into the registries of an IDC: for a day, however often a registry or the link is away. An attempt takes
 * as long as it gets on, and skips what those before it have brought.
 */
export function copyStep(override?: PolicyOverride): ActivityOptions {
  return {
    startToCloseTimeout: 7_200_000,
    scheduleToCloseTimeout: 86_400_000,
    heartbeatTimeout: heartbeatMs(override, SYNC_HEARTBEAT_SECONDS),
    retry: { ...retry(override), maximumInterval: override?.retryMaximumMs ?? 30_000 },
  };
}

/** A tag is read or moved: seconds of work, for a day, as the copy before it. */
export function tagStep(override?: PolicyOverride): ActivityOptions {
  return { ...copyStep(override), startToCloseTimeout: 60_000 };
}

/** A comparison of registries: one that does not answer is left for the next time. */
export function compareStep(): ActivityOptions {
  return {
    startToCloseTimeout: 1_800_000,
    scheduleToStartTimeout: 60_000,
    heartbeatTimeout: heartbeatMs(undefined),
    retry: { ...retry(undefined), maximumAttempts: 3 },
  };
}

/** Reads and bookkeeping on the control queue: wait for the catalogue however long it is away. */
export function bookkeeping(override?: PolicyOverride): ActivityOptions {
  return { startToCloseTimeout: (override?.bookkeepingSeconds ?? 30) * 1_000, retry: retry(override) };
}

/** A wait for others: as long as its own deadline says, and a little more. */
export function longWait(override: PolicyOverride | undefined, longestMs: number): ActivityOptions {
  return { startToCloseTimeout: longestMs + 600_000, heartbeatTimeout: heartbeatMs(override), retry: retry(override) };
}

/** Progress rows: written by the worker that runs the workflow, without a round trip through the server. */
export function localBookkeeping(override?: PolicyOverride): LocalActivityOptions {
  return { startToCloseTimeout: 15_000, retry: retry(override), localRetryThreshold: 30_000 };
}

/** Planning reads: a person waits for the answer. */
export function planningStep(): ActivityOptions {
  return {
    startToCloseTimeout: 10_000,
    scheduleToStartTimeout: 8_000,
    scheduleToCloseTimeout: 15_000,
    retry: { initialInterval: 200, maximumInterval: 1_000, maximumAttempts: 3 },
  };
}

/** A wait until somebody with a failed undo step is tried again: from 1 s to 10 min. Milliseconds. */
export function undoPauseMs(attempt: number): number {
  return Math.min(600_000, 1_000 * 2 ** Math.min(attempt, 10));
}

/** A wait until what serves is counted again for an undo that may take none out: from 15 s to 5 min. Milliseconds. */
export function undoCountPauseMs(turn: number): number {
  return Math.min(300_000, 15_000 * 2 ** Math.min(turn, 5));
}

import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { TransshipError } from '../../domain/errors.ts';
import type { OperationMemo, ReleaseAppInput } from '../../temporal/messages.ts';
import { CONTROL_QUEUE, SEARCH, WORKFLOWS, releaseWorkflowId } from '../../temporal/names.ts';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../../temporal/policies.ts';
import { STATIC_DETAILS } from '../../temporal/starts.ts';
import { callTemporal, type TemporalLink } from './link.ts';

/**
 * Starts the workflow of a release, or finds that it was started before: the same release may be started any number of
 * times, it runs once.
 * @throws TransshipError TEMPORAL_UNREACHABLE; GROUP_BUSY where the id belongs to something else
 */
export async function startRelease(link: TemporalLink, input: ReleaseAppInput): Promise<void> {
  const { operation, app, env, version, actor, groups, stages, policy } = input;
  const flavor = stages === undefined ? (groups[0]?.flavor ?? 'release') : 'promote';
  const workflowId = releaseWorkflowId(operation);
  const memo: OperationMemo = { operation, version };
  try {
    await callTemporal(link, 5, async () =>
      link.client.workflow.start<(input: ReleaseAppInput) => Promise<unknown>>(WORKFLOWS.releaseApp, {
        workflowId,
        taskQueue: CONTROL_QUEUE,
        args: [input],
        memo,
        workflowIdConflictPolicy: 'FAIL',
        // Ended already: it is not to run again either.
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowTaskTimeout: policy?.workflowTaskTimeoutMs ?? WORKFLOW_TASK_TIMEOUT_MS,
        typedSearchAttributes: [
          { key: SEARCH.App, value: app },
          { key: SEARCH.Env, value: env },
        ],
        staticSummary: `${flavor} ${app} ${version} in ${env}, asked by ${actor.name}`,
        staticDetails: STATIC_DETAILS,
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const found = await describeOperation(link, workflowId);
    if (found?.memo.operation !== operation) {
      throw new TransshipError(
        'GROUP_BUSY',
        `${workflowId} belongs to ${found?.memo.operation ?? 'another operation'}`,
      );
    }
  }
}

/** What runs, or last ran, under a workflow id; null where Temporal knows nothing of it (any more). */
export async function describeOperation(
  link: TemporalLink,
  workflowId: string,
): Promise<{ running: boolean; memo: Partial<OperationMemo> } | null> {
  const handle: WorkflowHandle = link.client.workflow.getHandle(workflowId);
  try {
    const { status, memo } = await callTemporal(link, 5, async () => handle.describe());
    return { running: status.name === 'RUNNING', memo: memo ?? {} };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** How long an activity may wait for a worker, or run, before that is worth a line, in ms. */
const PATIENCE_MS = 5_000;

/**
 * Steps of an operation that do not get on, one line each: those that are tried again, with the last failure; those that
 * take long, with what they wait for; and those that no worker has taken. Empty where Temporal does not know the workflow.
 */
export async function pendingSteps(link: TemporalLink, workflowId: string): Promise<string[]> {
  const handle = link.client.workflow.getHandle(workflowId);
  try {
    const { raw } = await callTemporal(link, 5, async () => handle.describe());
    return (raw.pendingActivities ?? []).flatMap(
      ({ activityType, attempt, lastFailure, scheduledTime, lastWorkerIdentity, heartbeatDetails }) => {
        const name = activityType?.name ?? 'a step';
        const since = Number(scheduledTime?.seconds ?? 0) * 1_000;
        if (lastFailure?.message !== undefined && lastFailure.message !== null) {
          const code = lastFailure.applicationFailureInfo?.type ?? '';
          return [
            `${name} is tried again, attempt ${String(attempt)}; last: ${code === '' ? '' : `${code}: `}${lastFailure.message}`,
          ];
        }
        const taken = lastWorkerIdentity !== undefined && lastWorkerIdentity !== null && lastWorkerIdentity !== '';
        const waited = since > 0 ? Date.now() - since : 0;
        if (waited <= PATIENCE_MS) return [];
        if (!taken) return [`${name} waits for a worker`];
        const beat = heartbeatText(heartbeatDetails?.payloads?.[0]?.data);
        return beat === null ? [] : [`${name} takes ${String(Math.round(waited / 1_000))} s so far: ${beat}`];
      },
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}

/** What a step says that it waits for, as its last heartbeat told; null where that is no text. */
function heartbeatText(data: Uint8Array | null | undefined): string | null {
  try {
    const told: unknown = JSON.parse(Buffer.from(data ?? []).toString());
    return typeof told === 'string' && told !== '' ? told : null;
  } catch {
    return null;
  }
}

import { randomUUID } from 'node:crypto';
import { isGrpcDeadlineError, type WorkflowHandle } from '@temporalio/client';
import { TransshipError } from '../../domain/errors.ts';
import type { PlanReleaseInput, ReleasePlan } from '../../temporal/messages.ts';
import { CONTROL_QUEUE, WORKFLOWS, planWorkflowId } from '../../temporal/names.ts';
import { fromFailure, isErrorCode, timedOut } from './failures.ts';
import { callTemporal, isOutage, type TemporalLink } from './link.ts';
import { absentWorkers } from './workers.ts';

/** How long a person waits for a plan, in seconds. */
export const PLAN_SECONDS = 20;

type PlanHandle = WorkflowHandle<(input: PlanReleaseInput) => Promise<ReleasePlan>>;

/**
 * Has the workers of the IDCs look at the groups and plan the release. Reads only.
 * @throws TransshipError with the workers' own code (IMAGE_UNKNOWN, CLUSTER_UNREACHABLE, …); IDC_WORKER_ABSENT where
 * nobody answers in PLAN_SECONDS; TEMPORAL_UNREACHABLE
 */
export async function planRelease(link: TemporalLink, input: PlanReleaseInput): Promise<ReleasePlan> {
  const handle = await callTemporal(link, 5, async () =>
    link.client.workflow.start<(input: PlanReleaseInput) => Promise<ReleasePlan>>(WORKFLOWS.planRelease, {
      workflowId: planWorkflowId(randomUUID()),
      taskQueue: CONTROL_QUEUE,
      args: [input],
      workflowExecutionTimeout: (PLAN_SECONDS + 10) * 1_000,
      staticSummary: `plan ${input.app} ${input.version} in ${input.env}`,
    }),
  );
  try {
    return await link.client.withDeadline(Date.now() + PLAN_SECONDS * 1_000, async () => handle.result());
  } catch (error) {
    const late = isGrpcDeadlineError(error);
    if (isOutage(error) && !late) {
      throw new TransshipError('TEMPORAL_UNREACHABLE', `${link.address} went away while planning`, { cause: error });
    }
    const known = fromFailure(error);
    if (known !== null) throw known;
    if (late || timedOut(error)) throw await whyLate(link, handle, input);
    throw error;
  } finally {
    // A plan that nobody waits for any more: it only reads, so ending it hard is safe.
    void callTemporal(link, 2, async () => handle.terminate('nobody waits for this plan')).catch(() => undefined);
  }
}

/** What holds a plan up: the last failure of a read that is being retried, or a worker that is not there. */
async function whyLate(link: TemporalLink, handle: PlanHandle, input: PlanReleaseInput): Promise<TransshipError> {
  const { raw } = await callTemporal(link, 3, async () => handle.describe());
  for (const { lastFailure } of raw.pendingActivities ?? []) {
    const code = lastFailure?.applicationFailureInfo?.type;
    if (isErrorCode(code)) return new TransshipError(code, lastFailure?.message ?? code);
  }
  const idcs = [...new Set(input.groups.flatMap(({ azSets }) => azSets.map(({ idc }) => idc)))];
  const absent = await absentWorkers(link, idcs);
  return new TransshipError(
    'IDC_WORKER_ABSENT',
    absent.length > 0
      ? `no worker asks for work of: ${absent.join(', ')}`
      : `the workers of ${idcs.join(', ')} did not answer in ${PLAN_SECONDS} s`,
  );
}

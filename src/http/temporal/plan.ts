import { randomUUID } from 'node:crypto';
import { isGrpcDeadlineError, type WorkflowHandle } from '@temporalio/client';
import { TransshipError } from '../../domain/errors.ts';
import type { Connection } from '../../domain/sync/connection.ts';
import type { RegistryLook } from '../../domain/sync/look.ts';
import type { PlanReleaseInput, ReleasePlan } from '../../temporal/messages.ts';
import { CONTROL_QUEUE, WORKFLOWS, planWorkflowId } from '../../temporal/names.ts';
import type { ConnectRegistriesInput, LookAtImagesInput } from '../../temporal/sync.ts';
import { fromFailure, isErrorCode, timedOut } from './failures.ts';
import { callTemporal, isOutage, type TemporalLink } from './link.ts';
import { absentWorkers } from './workers.ts';

/** How long a person waits for a plan, in seconds. */
export const PLAN_SECONDS = 20;

/** A workflow that somebody waits for, and that may end at any time: it only reads, or is safe to repeat. */
interface Reading<I> {
  workflow: (typeof WORKFLOWS)['planRelease' | 'lookAtImages' | 'connectRegistries'];
  input: I;
  /** One line for the Temporal UI. */
  summary: string;
  /** IDCs whose workers are asked. */
  idcs: string[];
}

/**
 * Has the workers of the IDCs look at the groups and plan the release. Reads only.
 * @throws TransshipError with the workers' own code (IMAGE_UNKNOWN, CLUSTER_UNREACHABLE, …); IDC_WORKER_ABSENT where
 * nobody answers in PLAN_SECONDS; TEMPORAL_UNREACHABLE
 */
export async function planRelease(link: TemporalLink, input: PlanReleaseInput): Promise<ReleasePlan> {
  return read<PlanReleaseInput, ReleasePlan>(link, {
    workflow: WORKFLOWS.planRelease,
    input,
    summary: `plan ${input.app} ${input.version} in ${input.env}`,
    idcs: input.groups.flatMap(({ azSets }) => azSets.map(({ idc }) => idc)),
  });
}

/**
 * Has the workers of the IDCs look what their registries have of a repository. A registry that does not answer is told so in
 * its look.
 * @throws TransshipError IDC_WORKER_ABSENT where nobody runs the workflow; TEMPORAL_UNREACHABLE
 */
export async function lookAtImages(link: TemporalLink, input: LookAtImagesInput): Promise<RegistryLook[]> {
  return read<LookAtImagesInput, RegistryLook[]>(link, {
    workflow: WORKFLOWS.lookAtImages,
    input,
    summary: `look at ${input.repository} in ${input.registries.map(({ name }) => name).join(', ')}`,
    idcs: input.registries.map(({ idc }) => idc),
  });
}

/**
 * Has the workers of the IDCs look whether registries are as sync rules need them, and, with `apply`, has them make and mend webhook
 * policies. One that does not answer is told so.
 * @throws TransshipError IDC_WORKER_ABSENT where nobody runs the workflow; TEMPORAL_UNREACHABLE
 */
export async function connectRegistries(link: TemporalLink, input: ConnectRegistriesInput): Promise<Connection[]> {
  const names = input.registries.map(({ name }) => name).join(', ');
  return read<ConnectRegistriesInput, Connection[]>(link, {
    workflow: WORKFLOWS.connectRegistries,
    input,
    summary: `${input.apply ? 'connect' : 'look at'} ${names}`,
    idcs: input.registries.map(({ idc }) => idc),
  });
}

async function read<I, R>(link: TemporalLink, reading: Reading<I>): Promise<R> {
  const { workflow, input, summary } = reading;
  const handle = await callTemporal(link, 5, async () =>
    link.client.workflow.start<(input: I) => Promise<R>>(workflow, {
      workflowId: planWorkflowId(randomUUID()),
      taskQueue: CONTROL_QUEUE,
      args: [input],
      workflowExecutionTimeout: (PLAN_SECONDS + 10) * 1_000,
      staticSummary: summary,
    }),
  );
  try {
    return await link.client.withDeadline(Date.now() + PLAN_SECONDS * 1_000, async () => handle.result());
  } catch (error) {
    const late = isGrpcDeadlineError(error);
    if (isOutage(error) && !late) {
      throw new TransshipError('TEMPORAL_UNREACHABLE', `${link.address} went away meanwhile`, { cause: error });
    }
    const known = fromFailure(error);
    if (known !== null) throw known;
    if (late || timedOut(error)) throw await whyLate(link, handle, reading.idcs);
    throw error;
  } finally {
    // What nobody waits for any more: ending it hard is safe.
    void callTemporal(link, 2, async () => handle.terminate('nobody waits for this any more')).catch(() => undefined);
  }
}

/** What holds it up: the last failure of a read that is being retried, or a worker that is not there. */
async function whyLate(link: TemporalLink, handle: WorkflowHandle, asked: string[]): Promise<TransshipError> {
  const { raw } = await callTemporal(link, 3, async () => handle.describe());
  for (const { lastFailure } of raw.pendingActivities ?? []) {
    const code = lastFailure?.applicationFailureInfo?.type;
    if (isErrorCode(code)) return new TransshipError(code, lastFailure?.message ?? code);
  }
  const idcs = [...new Set(asked)];
  const absent = await absentWorkers(link, idcs);
  return new TransshipError(
    'IDC_WORKER_ABSENT',
    absent.length > 0
      ? `no worker asks for work of: ${absent.join(', ')}`
      : `the workers of ${idcs.join(', ')} did not answer in ${PLAN_SECONDS} s`,
  );
}

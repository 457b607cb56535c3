import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Comparison } from '../../domain/sync/drift.ts';
import { CONTROL_QUEUE, comparisonWorkflowId, WORKFLOWS } from '../../temporal/names.ts';
import type { ReconcileInput } from '../../temporal/reconcile.ts';
import { callTemporal, type TemporalLink } from './link.ts';

type ReconcileRule = (input: ReconcileInput) => Promise<Comparison | null>;

/** How far a comparison is. */
export interface ComparisonNow {
  state: 'running' | 'done' | 'failed';
  /** What goes on now, a line for each step. */
  doing: string[];
  /** Null while it runs, where it failed, and where its rule was gone. */
  comparison: Comparison | null;
}

/** @throws TransshipError TEMPORAL_UNREACHABLE */
export async function startComparison(link: TemporalLink, id: string, input: ReconcileInput): Promise<void> {
  await callTemporal(link, 5, async () =>
    link.client.workflow.start<ReconcileRule>(WORKFLOWS.reconcileRule, {
      workflowId: comparisonWorkflowId(input.name, id),
      taskQueue: CONTROL_QUEUE,
      args: [input],
      staticSummary: `compare registries by rule ${input.name}, asked by ${input.by ?? ''}`,
    }),
  );
}

/** How long after a hint a repository is compared: what is deleted in one go is one comparison. Milliseconds. */
const SOON_MS = 5_000;

/**
 * Compares one repository by a rule in a few seconds, unless that is under way: then the schedule of the rule finds what it may
 * not have seen.
 * @throws TransshipError TEMPORAL_UNREACHABLE
 */
export async function compareSoon(
  link: TemporalLink,
  input: Required<Pick<ReconcileInput, 'name' | 'repository'>>,
): Promise<void> {
  const { name, repository } = input;
  try {
    await callTemporal(link, 5, async () =>
      link.client.workflow.start<ReconcileRule>(WORKFLOWS.reconcileRule, {
        workflowId: comparisonWorkflowId(name, repository),
        taskQueue: CONTROL_QUEUE,
        args: [input],
        startDelay: SOON_MS,
        staticSummary: `compare ${repository} by rule ${name}: something was deleted there`,
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** @returns null where Temporal knows of none. @throws TransshipError TEMPORAL_UNREACHABLE */
export async function comparisonNow(link: TemporalLink, rule: string, id: string): Promise<ComparisonNow | null> {
  const handle = link.client.workflow.getHandle<ReconcileRule>(comparisonWorkflowId(rule, id));
  try {
    const { status, raw } = await callTemporal(link, 3, async () => handle.describe());
    if (status.name === 'RUNNING') {
      const doing = (raw.pendingActivities ?? []).map((one) => {
        const told = toldBy(one.heartbeatDetails?.payloads?.[0]?.data);
        const last = one.lastFailure?.message ?? '';
        const queue = one.activityOptions?.taskQueue?.name ?? '';
        return `${queue}: ${told ?? one.activityType?.name ?? ''}${last === '' ? '' : `; last: ${last}`}`;
      });
      return { state: 'running', doing, comparison: null };
    }
    if (status.name !== 'COMPLETED') return { state: 'failed', doing: [], comparison: null };
    const comparison = await callTemporal(link, 3, async () => handle.result());
    return { state: 'done', doing: [], comparison };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** Null where it has told nothing yet, or nothing for people. */
function toldBy(data: Uint8Array | null | undefined): string | null {
  try {
    const told: unknown = JSON.parse(Buffer.from(data ?? []).toString());
    return typeof told === 'string' ? told : null;
  } catch {
    return null;
  }
}

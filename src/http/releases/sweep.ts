import type { OperationRow, OperationSummary } from '../../catalogue/types.ts';
import type { GroupRef, Trouble } from '../../domain/types.ts';
import { groupWorkflowId, releaseWorkflowId } from '../../temporal/names.ts';
import type { ApiContext } from '../context.ts';
import { describeOperation } from '../temporal/operations.ts';

/** Live releases looked at in one round. */
const LIVE_RELEASES = 500;

/**
 * Ends releases whose workflow is gone while their rows are open: somebody terminated it, or Temporal lost it. A workflow
 * that ends by itself closes its row first. What holds a fence is left dirty: it undid nothing, and only a person may
 * say what becomes of it.
 */
export async function sweep(context: ApiContext): Promise<void> {
  const { namespace } = context.temporal;
  const { operations } = context.catalogue;
  const live = await operations.list({ kind: 'releaseApp', live: true, namespace, limit: LIVE_RELEASES });
  for (const release of live) {
    if (release.startedAt !== null && !(await runs(context, releaseWorkflowId(release.id), release.id))) {
      await sweepRelease(context, release.id);
    }
  }
}

async function sweepRelease(context: ApiContext, id: string): Promise<void> {
  const { operations } = context.catalogue;
  // Read again after its workflow was seen gone: it may have closed its rows just before.
  const release = await operations.get(id);
  if (release === null || release.endedAt !== null) return;
  const open = (await operations.children(id)).filter(({ endedAt }) => endedAt === null);
  for (const child of open) {
    // It outlived its release: its cancel was asked for, and it undoes what it did.
    if (await runs(context, child.workflowId, child.id)) return;
  }
  const left: string[] = [];
  for (const child of open) if (await abandon(context, child)) left.push(child.group ?? '');
  const what = left.length === 0 ? 'no group was left half done' : `left half done: ${left.join(', ')}`;
  await fail(context, release, `its workflow is gone; ${what}`);
}

/** True where the group is left half done. A group whose turn never came stays as it was written. */
async function abandon(context: ApiContext, child: OperationRow): Promise<boolean> {
  const { fences } = context.catalogue;
  const ref: GroupRef = { env: child.env, app: child.app, group: child.group ?? '' };
  const fence = await fences.get(ref);
  const held = fence?.holder === child.id;
  if (!held && child.state === 'PENDING') return false;
  // The fence first: should this process die in between, the next round finds the row still open.
  if (held) await fences.release(ref, child.id, fence.epoch, true);
  await fail(context, child, `the workflow ${groupWorkflowId(ref)} is gone and undid nothing`);
  return held;
}

async function fail({ catalogue, log }: ApiContext, row: OperationSummary, message: string): Promise<void> {
  const trouble: Trouble = { verdict: 'errored', code: 'OPERATION_CUT_SHORT', message };
  await catalogue.events.append([
    {
      ...{ root: row.root, operation: row.id, kind: 'state', step: 'FAILURE', instance: null, attempt: 1 },
      ...{ outcome: null, message: `FAILURE: ${message}`, data: trouble, key: 'swept' },
    },
  ]);
  await catalogue.operations.setState(row.id, { state: 'FAILURE', waiting: '', trouble });
  log.error({ operation: row.id }, message);
}

async function runs({ temporal }: ApiContext, workflowId: string, operation: string): Promise<boolean> {
  const found = await describeOperation(temporal, workflowId);
  return found?.running === true && found.memo.operation === operation;
}

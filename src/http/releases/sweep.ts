import { abandonGroup, failOperation } from '../../catalogue/endings.ts';
import type { OperationRow } from '../../catalogue/types.ts';
import type { GroupRef, Trouble } from '../../domain/types.ts';
import { releaseWorkflowId } from '../../temporal/names.ts';
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
  const trouble = cutShort(`its workflow is gone; ${what}`);
  await failOperation(context.catalogue, release, trouble);
  context.log.error({ operation: id }, trouble.message);
}

/** True where the group is left half done. A group whose turn never came stays as it was written. */
async function abandon({ catalogue }: ApiContext, child: OperationRow): Promise<boolean> {
  const ref: GroupRef = { env: child.env, app: child.app, group: child.group ?? '' };
  if (child.state === 'PENDING' && (await catalogue.fences.get(ref))?.holder !== child.id) return false;
  const trouble = cutShort(`the workflow ${child.workflowId} is gone and undid nothing`);
  return abandonGroup(catalogue, ref, child, trouble);
}

const cutShort = (message: string): Trouble => ({ verdict: 'errored', code: 'OPERATION_CUT_SHORT', message });

async function runs({ temporal }: ApiContext, workflowId: string, operation: string): Promise<boolean> {
  const found = await describeOperation(temporal, workflowId);
  return found?.running === true && found.memo.operation === operation;
}

import type { OperationRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import type { ReleaseAppInput } from '../../temporal/messages.ts';
import { releaseWorkflowId } from '../../temporal/names.ts';
import type { ApiContext } from '../context.ts';
import { describeOperation, startRelease } from '../temporal/operations.ts';

/** Age from which a release without a workflow counts as left behind. Seconds. */
const LEFT_BEHIND_SECONDS = 10;

/** A release that could not be started for so long is not started any more: nobody expects it now. Seconds. */
const TOO_LATE_SECONDS = 900;

/**
 * Starts the workflow of an accepted release. Where Temporal does not answer the release stays accepted, and
 * beginUnstarted tries again.
 */
export async function beginRelease({ catalogue, temporal, log }: ApiContext, row: OperationRow): Promise<void> {
  try {
    await startRelease(temporal, row.input as ReleaseAppInput);
  } catch (error) {
    if (!(error instanceof TransshipError) || error.code !== 'TEMPORAL_UNREACHABLE') throw error;
    log.warn({ release: row.id, reason: error.message }, 'accepted; to be started when Temporal answers');
    return;
  }
  await catalogue.operations.markStarted(row.id);
}

/** Starts releases that were accepted and not started, because an API or Temporal died in between. */
export async function beginUnstarted(context: ApiContext): Promise<void> {
  const rows = await context.catalogue.operations.unstarted(context.temporal.namespace, LEFT_BEHIND_SECONDS);
  for (const row of rows) {
    if (row.kind !== 'releaseApp') continue;
    if (Date.now() - Date.parse(row.createdAt) < TOO_LATE_SECONDS * 1_000) await beginRelease(context, row);
    else await giveUp(context, row);
  }
}

async function giveUp({ catalogue, temporal, log }: ApiContext, row: OperationRow): Promise<void> {
  if ((await describeOperation(temporal, releaseWorkflowId(row.id))) !== null) {
    await catalogue.operations.markStarted(row.id);
    return;
  }
  const message = `not started within ${TOO_LATE_SECONDS / 60} minutes: Temporal did not answer; nothing was changed`;
  const trouble = { verdict: 'errored', code: 'TEMPORAL_UNREACHABLE', message } as const;
  for (const { id } of [...(await catalogue.operations.children(row.id)), row]) {
    await catalogue.operations.setState(id, { state: 'FAILURE', waiting: '', trouble });
  }
  await catalogue.events.append([
    {
      root: row.id,
      operation: row.id,
      kind: 'state',
      instance: null,
      step: 'FAILURE',
      attempt: 1,
      outcome: null,
      message,
      data: null,
    },
  ]);
  log.error({ release: row.id }, message);
}

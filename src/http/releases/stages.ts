import type { StageRow } from '../../catalogue/types.ts';
import { ERRORS, TransshipError } from '../../domain/errors.ts';
import type { ReleaseAppInput } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import { newReleaseId } from '../ids.ts';
import type { ReleaseRequest } from '../schemas/release.ts';
import { writeRelease } from './accept.ts';
import { acceptAs } from './once.ts';

/**
 * Accepts the releases that promotions ask for, or says why not. Any API process may, and several at once: a release has its
 * id before it is accepted.
 */
export async function acceptStages(context: ApiContext): Promise<void> {
  const open = await context.catalogue.stages.open(context.temporal.namespace);
  await Promise.all(open.map((stage) => acceptOrRefuse(context, stage)));
}

/** What cannot be told just now, because somebody is away, is tried again with the next round. */
async function acceptOrRefuse(context: ApiContext, stage: StageRow): Promise<void> {
  try {
    await acceptStage(context, stage);
  } catch (error) {
    if (error instanceof TransshipError && !ERRORS[error.code].retryable) {
      const { code, message } = error;
      await context.catalogue.stages.refuse(stage, { verdict: 'errored', code, message });
    } else {
      const { root, env } = stage;
      context.log.warn({ err: error, promotion: root, env }, 'not accepted yet; trying again');
    }
  }
}

async function acceptStage(context: ApiContext, stage: StageRow): Promise<void> {
  const { stages, operations } = context.catalogue;
  const id = await stages.claim(stage, newReleaseId());
  if (id === null) return;
  if (stage.withdrawn && (await operations.get(id)) === null) {
    await stages.refuse(stage, { verdict: 'errored', code: 'COMMAND_ILLEGAL', message: 'its promotion was aborted' });
    return;
  }
  const promotion = await operations.get(stage.root);
  const { stages: all = [], actor } = promotion?.input as ReleaseAppInput;
  const request = all.find(({ env }) => env === stage.env)?.request as ReleaseRequest | undefined;
  if (request === undefined) throw new TransshipError('ENVIRONMENT_UNKNOWN', `${stage.root} has no ${stage.env}`);
  await acceptAs(context, id, async (release) => writeRelease(context, request, actor, release, stage.pinned));
  await stages.accept(stage);
}

import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { AttachedActivities } from '../activities/attached.ts';
import type { ImageActivities } from '../activities/image.ts';
import { CONTROL_QUEUE, idcQueue } from '../temporal/names.ts';
import { bookkeeping, compareStep } from '../temporal/policies.ts';
import type { BringAttachedInput } from '../temporal/sync.ts';
import { troubleOf } from './troubles.ts';

/**
 * Something was pushed that may be attached to an image: a signature, an attestation. Looks what it is about, and has the image
 * copied once more wherever it was brought by rules with `referrers`. Where the source does not answer a comparison finds it.
 * @returns registries that it is brought to
 */
export async function bringAttached(input: BringAttachedInput): Promise<string[]> {
  const { id, repository, digest, subject, from } = input;
  const { findSubject } = proxyActivities<Pick<ImageActivities, 'findSubject'>>({
    ...compareStep(),
    ...{ taskQueue: idcQueue(from.idc), summary: `what ${digest.slice(0, 19)} is attached to` },
  });
  let root: string | null;
  try {
    root = await findSubject({ registry: from.name, repository, digest, subject });
  } catch (error) {
    if (isCancellation(error) || troubleOf(error).code === 'INTERNAL') throw error;
    return [];
  }
  if (root === null) return [];
  const { askAttached } = proxyActivities<AttachedActivities>({
    ...bookkeeping(),
    ...{ taskQueue: CONTROL_QUEUE, summary: `bring what is attached to ${root.slice(0, 19)}` },
  });
  return askAttached({ id, repository, subject: root, from });
}

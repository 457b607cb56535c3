import { isCancellation } from '@temporalio/workflow';
import type { RegistryLook } from '../domain/sync/look.ts';
import type { RegistryAt } from '../domain/sync/progress.ts';
import type { LookAtImagesInput } from '../temporal/sync.ts';
import { troubleOf } from './troubles.ts';
import { lookActivities } from './sync/activities.ts';

/** Tags of a repository that are looked at in one registry. */
const MOST_TAGS = 2_000;

/** Tags in all that an answer holds: with their digests they must fit into one message of Temporal (2 MiB). */
const MOST_IN_ALL = 8_000;

/**
 * Says what registries have of a repository, each asked by the worker of its IDC, and changes nothing. One that does not
 * answer, or whose worker is not there, is told so, and keeps no other from telling.
 */
export async function lookAtImages(input: LookAtImagesInput): Promise<RegistryLook[]> {
  const { registries } = input;
  const most = Math.min(MOST_TAGS, Math.floor(MOST_IN_ALL / Math.max(1, registries.length)));
  return Promise.all(registries.map(async (at) => lookAt(input, at, most)));
}

async function lookAt(
  { repository, references }: LookAtImagesInput,
  { name: registry, idc }: RegistryAt,
  most: number,
): Promise<RegistryLook> {
  try {
    const { lookAtRepository } = lookActivities(idc, `${repository} in ${registry}`);
    return await lookAtRepository({ registry, repository, references, most });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { registry, digests: {}, isCut: false, trouble: troubleOf(error) };
  }
}

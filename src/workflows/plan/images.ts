import { ApplicationFailure } from '@temporalio/workflow';
import type { ImageRef, Spec } from '../../domain/types.ts';
import type { PlanReleaseInput } from '../../temporal/messages.ts';
import { planningActivities } from '../release/activities.ts';

/**
 * The images of a spec that ran before: they must still be there, before anything is taken out for them.
 * @returns them
 */
export async function presentImages({ images }: Spec, idcs: string[]): Promise<Record<string, ImageRef>> {
  const lacking = await Promise.all(
    idcs.map(async (idc) => {
      const found = await planningActivities(idc, `look for the images (${idc})`).resolveImages({
        repositories: Object.fromEntries(Object.entries(images).map(([name, { repository }]) => [name, repository])),
        digests: Object.fromEntries(Object.entries(images).map(([name, { digest }]) => [name, digest])),
        tag: '',
      });
      return Object.entries(images)
        .filter(([name]) => (found[name] ?? null) === null)
        .map(([, { repository, tag, digest }]) => `${repository}:${tag} (${digest}) in ${idc}`);
    }),
  );
  const missing = lacking.flat();
  if (missing.length === 0) return images;
  throw ApplicationFailure.nonRetryable(`gone from the registry: ${missing.join(', ')}`, 'IMAGE_UNKNOWN');
}

/** @returns one digest per container, the same in every IDC */
export async function resolveImages(
  input: PlanReleaseInput,
  group: Pick<PlanReleaseInput['groups'][number], 'draft'>,
  idcs: string[],
): Promise<Record<string, ImageRef>> {
  const { repositories } = group.draft;
  const { version: tag, pinned = {} } = input;
  const digests = Object.fromEntries(
    Object.entries(repositories).flatMap(([container, repository]) => {
      const digest = pinned[repository];
      return digest === undefined ? [] : [[container, digest] as const];
    }),
  );
  const found = await Promise.all(
    idcs.map((idc) => planningActivities(idc, `resolve images (${idc})`).resolveImages({ repositories, digests, tag })),
  );
  const images: Record<string, ImageRef> = {};
  for (const [container, repository] of Object.entries(repositories)) {
    const image = `${repository}:${input.version}`;
    const byIdc = found.map((resolved) => resolved[container] ?? null);
    const missing = idcs.filter((_, i) => byIdc[i] === null);
    if (missing.length > 0) {
      throw ApplicationFailure.nonRetryable(
        `${image} is not in the registry of ${missing.join(', ')}`,
        'IMAGE_UNKNOWN',
      );
    }
    const [first, ...others] = byIdc;
    if (first === null || first === undefined) continue;
    if (others.some((other) => other?.digest !== first.digest)) {
      const digests = idcs.map((idc, i) => `${idc} ${byIdc[i]?.digest ?? ''}`).join(', ');
      throw ApplicationFailure.nonRetryable(`${image} differs: ${digests}`, 'IMAGE_DIFFERS');
    }
    images[container] = first;
  }
  return images;
}

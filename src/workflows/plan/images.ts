import { ApplicationFailure } from '@temporalio/workflow';
import type { ImageRef, Spec } from '../../domain/types.ts';
import type { PlanReleaseInput } from '../../temporal/messages.ts';
import type { MissingImage } from '../../domain/sync/missing.ts';
import { planningActivities } from '../release/activities.ts';

/**
 * The images of a spec that ran before: they must be there before anything is taken out for them. What the registry of an IDC
 * has lost is looked for where a sync rule brings it from.
 * @returns beside them what is to be brought to an IDC first
 * @throws IMAGE_UNKNOWN
 */
export async function presentImages(
  input: Pick<PlanReleaseInput, 'sources'>,
  { images }: Spec,
  idcs: string[],
): Promise<{ images: Record<string, ImageRef>; missing: MissingImage[] }> {
  const looks = await Promise.all(
    idcs.map(async (idc) => {
      const found = await planningActivities(idc, `look for the images (${idc})`).resolveImages({
        repositories: Object.fromEntries(Object.entries(images).map(([name, { repository }]) => [name, repository])),
        digests: Object.fromEntries(Object.entries(images).map(([name, { digest }]) => [name, digest])),
        tag: '',
      });
      return Object.entries(images).flatMap(([name, image]) =>
        (found[name] ?? null) === null ? { idc, ...image } : [],
      );
    }),
  );
  const lacking = looks.flat();
  const brought = await Promise.all(
    lacking.map(async ({ idc, repository, tag, digest }) =>
      lookElsewhere(input, { repository, tag, reference: digest }, new Map([[idc, null]])),
    ),
  );
  const gone = lacking.filter((_, at) => brought[at]?.length === 0);
  if (gone.length === 0) return { images, missing: brought.flat() };
  const names = gone.map(({ repository, tag, digest, idc }) => `${repository}:${tag} (${digest}) in ${idc}`);
  throw ApplicationFailure.nonRetryable(`gone from the registry: ${names.join(', ')}`, 'IMAGE_UNKNOWN');
}

/**
 * The images of a version, one digest per container for every IDC. What an IDC lacks, or has another image for, is looked for
 * where a sync rule brings it from.
 * @returns beside them what is to be brought to an IDC first
 */
export async function resolveImages(
  input: PlanReleaseInput,
  group: Pick<PlanReleaseInput['groups'][number], 'draft'>,
  idcs: string[],
): Promise<{ images: Record<string, ImageRef>; missing: MissingImage[] }> {
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
  const missing: MissingImage[] = [];
  for (const [container, repository] of Object.entries(repositories)) {
    const byIdc = new Map(idcs.map((idc, at) => [idc, found[at]?.[container]?.digest ?? null]));
    if (new Set(byIdc.values()).size > 1 || byIdc.get(idcs[0] ?? '') === null) {
      const reference = digests[container] ?? tag;
      const brought = await lookElsewhere(input, { repository, tag, reference }, byIdc);
      for (const { idc, digest } of brought) byIdc.set(idc, digest);
      missing.push(...brought);
    }
    const image = `${repository}:${tag}`;
    images[container] = { repository, tag, digest: same(image, byIdc) };
  }
  return { images, missing };
}

/** What sync rules bring of an image to those IDCs that have it not, or another one. */
async function lookElsewhere(
  { sources = [] }: Pick<PlanReleaseInput, 'sources'>,
  { repository, tag, reference }: { repository: string; tag: string; reference: string },
  byIdc: ReadonlyMap<string, string | null>,
): Promise<MissingImage[]> {
  const brought = await Promise.all(
    sources
      .filter((source) => source.repository === repository && byIdc.has(source.idc))
      .map(async (source): Promise<MissingImage | null> => {
        const { name: registry, idc } = source.from;
        const { readTag } = planningActivities(idc, `look for ${repository} (${registry})`);
        const digest = await readTag({ registry, repository, tag: reference });
        return digest === null || digest === byIdc.get(source.idc) ? null : { ...source, tag, digest };
      }),
  );
  const all = brought.filter((one) => one !== null);
  // Of several rules that bring it to an IDC the first one does.
  return all.filter((one, at) => all.findIndex(({ idc }) => idc === one.idc) === at);
}

/** @throws IMAGE_UNKNOWN, IMAGE_DIFFERS */
function same(image: string, byIdc: ReadonlyMap<string, string | null>): string {
  const lacking = [...byIdc].filter(([, digest]) => digest === null).map(([idc]) => idc);
  if (lacking.length > 0) {
    const message = `${image} is not in the registry of ${lacking.join(', ')}`;
    throw ApplicationFailure.nonRetryable(message, 'IMAGE_UNKNOWN');
  }
  const [first = ''] = [...byIdc.values()].map((digest) => digest ?? '');
  if ([...byIdc.values()].some((digest) => digest !== first)) {
    const digests = [...byIdc].map(([idc, digest]) => `${idc} ${digest ?? ''}`).join(', ');
    throw ApplicationFailure.nonRetryable(`${image} differs: ${digests}`, 'IMAGE_DIFFERS');
  }
  return first;
}

import { registriesOf } from '../../domain/registries.ts';
import type { ApiContext } from '../context.ts';
import type { Comparison, CompareQuery } from '../schemas/image-diff.ts';
import { lookAtImages } from '../temporal/plan.ts';
import { deletedTags } from './deleted.ts';
import { registriesNamed } from './registries.ts';

/**
 * What the tags of a repository name in each registry. Reads only.
 * @throws TransshipError REQUEST_INVALID; any of lookAtImages
 */
export async function compareImages(
  { fleet, catalogue, temporal }: Pick<ApiContext, 'fleet' | 'catalogue' | 'temporal'>,
  { repository, tag, registries: wanted }: CompareQuery,
): Promise<Comparison> {
  const names = wanted ?? registriesOf(fleet).map(({ name }) => name);
  const registries = registriesNamed(fleet, names, 'query.registries');
  const references = tag === undefined ? null : [tag];
  const [looks, deleted] = await Promise.all([
    lookAtImages(temporal, { repository, references, registries }),
    deletedTags({ catalogue }, { repository, tag }),
  ]);
  const tags = [...new Set(looks.flatMap(({ digests }) => Object.keys(digests)))].sort();
  return {
    repository,
    registries: looks.map(({ registry, trouble, isCut }) => ({ registry, trouble, isCut })),
    tags: tags.map((name) => {
      const digests = Object.fromEntries(
        looks.flatMap(({ registry, digests: own, trouble, isCut }) => {
          // Of one that has more tags than were looked at, a tag that was not seen may be there all the same.
          const isUnknown = trouble !== null || (isCut && own[name] === undefined);
          return isUnknown ? [] : [[registry, own[name] ?? null] as const];
        }),
      );
      return { tag: name, agrees: new Set(Object.values(digests)).size <= 1, digests };
    }),
    deleted: deleted.filter(({ registry }) => registries.some((one) => one.name === registry)),
  };
}

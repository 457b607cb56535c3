import type { AzSetRef } from '../../domain/types.ts';
import { destinationsOf } from '../../domain/sync/destinations.ts';
import { registriesOf } from '../../domain/registries.ts';
import { optionsOf, type ImageSource } from '../../domain/sync/missing.ts';
import type { ApiContext } from '../context.ts';

/** Images that some sets are to run. */
export interface WantedImages {
  azSets: readonly AzSetRef[];
  images: readonly { repository: string; tag: string }[];
}

/** From where sync rules bring images to the main registries of the IDCs of the sets that are to run them. */
export async function imageSources(
  { fleet, catalogue }: Pick<ApiContext, 'fleet' | 'catalogue'>,
  wanted: readonly WantedImages[],
): Promise<ImageSource[]> {
  const rules = (await catalogue.syncRules.list()).map(({ rule }) => rule);
  const registries = registriesOf(fleet);
  const all = wanted.flatMap(({ azSets, images }) => {
    const idcs = new Set(azSets.map(({ idc }) => idc));
    return registries.flatMap(({ name, idc: of }) =>
      images.flatMap(({ repository, tag }) =>
        destinationsOf(rules, name, repository, tag)
          .filter(({ registry }) => idcs.has(registry))
          .map((one): ImageSource => ({ repository, idc: one.registry, from: { name, idc: of }, ...optionsOf(one) })),
      ),
    );
  });
  // Groups that want the same are told once.
  return [...new Map(all.map((one) => [[one.repository, one.idc, one.from.name].join(' '), one])).values()];
}

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
  const sources = new Map<string, ImageSource>();
  for (const { azSets, images } of wanted) {
    const idcs = new Set(azSets.map(({ idc }) => idc));
    for (const { name, idc: of } of registries) {
      for (const { repository, tag } of images) {
        for (const one of destinationsOf(rules, name, repository, tag)) {
          if (!idcs.has(one.registry)) continue;
          const source = { repository, idc: one.registry, from: { name, idc: of }, ...optionsOf(one) };
          sources.set([repository, one.registry, name].join(' '), source);
        }
      }
    }
  }
  return [...sources.values()];
}

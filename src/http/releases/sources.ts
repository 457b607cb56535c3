import type { AzSetRef } from '../../domain/types.ts';
import { destinationsOf } from '../../domain/sync/destinations.ts';
import { registriesOf } from '../../domain/registries.ts';
import { optionsOf, type ImageSource } from '../../domain/sync/missing.ts';
import type { ApiContext } from '../context.ts';

/** From where sync rules bring images, under a tag, to the main registries of the IDCs of some sets. */
export async function imageSources(
  { fleet, catalogue }: Pick<ApiContext, 'fleet' | 'catalogue'>,
  groups: readonly { azSets: readonly AzSetRef[]; draft: { repositories: Record<string, string> } }[],
  tag: string,
): Promise<ImageSource[]> {
  const rules = (await catalogue.syncRules.list()).map(({ rule }) => rule);
  const idcs = new Set(groups.flatMap(({ azSets }) => azSets.map(({ idc }) => idc)));
  const repositories = new Set(groups.flatMap(({ draft }) => Object.values(draft.repositories)));
  return registriesOf(fleet).flatMap(({ name, idc: of }) =>
    [...repositories].flatMap((repository) =>
      destinationsOf(rules, name, repository, tag)
        .filter(({ registry }) => idcs.has(registry))
        .map((one) => ({ repository, idc: one.registry, from: { name, idc: of }, ...optionsOf(one) })),
    ),
  );
}

import { TransshipError } from '../../domain/errors.ts';
import type { Fleet } from '../../domain/fleet.ts';
import { suggest } from '../../domain/input/near.ts';
import { registriesOf } from '../../domain/registries.ts';
import type { RegistryAt } from '../../domain/sync/progress.ts';

/**
 * Registries that a request names, with the IDCs whose workers reach them.
 * @param path of the names, for messages: `from`, `to`
 * @throws TransshipError REQUEST_INVALID with every name that the fleet has not
 */
export function registriesNamed(fleet: Fleet, names: readonly string[], path: string): RegistryAt[] {
  const all = registriesOf(fleet);
  const known = all.map(({ name }) => name);
  const places = names.flatMap((name, at) => {
    if (known.includes(name)) return [];
    const message = `no registry ${JSON.stringify(name)} in the fleet file`;
    return [{ path: names.length === 1 ? path : `${path}[${at}]`, message, hint: suggest(name, known) }];
  });
  const [first] = places;
  if (first !== undefined) {
    throw new TransshipError('REQUEST_INVALID', `${first.path}: ${first.message}; ${first.hint}`, { places });
  }
  return names.flatMap((wanted) => all.filter(({ name }) => name === wanted).map(({ name, idc }) => ({ name, idc })));
}

import type { Fleet } from './fleet.ts';

/** A registry of the fleet, by its name: that of its IDC where it is the main one. */
export type FleetRegistry = Fleet['idcs'][number]['registry'] & { name: string; idc: string };

/** All registries of the fleet: of each IDC the main one first, as the fleet file has them. */
export function registriesOf({ idcs }: Pick<Fleet, 'idcs'>): FleetRegistry[] {
  return idcs.flatMap(({ name: idc, registry, replicas }) => [
    { ...registry, name: idc, idc },
    ...replicas.map((replica) => ({ ...replica, idc })),
  ]);
}

import type { Fleet } from './fleet.ts';

/** A registry of the fleet, by its name: that of its IDC where it is the main one. */
export type FleetRegistry = Fleet['idcs'][number]['registry'] & { name: string; idc: string };

/** Where a registry tells the API of pushes. */
export function hookUrlOf({ api }: Pick<Fleet, 'api'>, registry: string): string {
  const origin = (api.url ?? `http://${api.listen}`).replace(/\/$/, '');
  return `${origin}/v1/hooks/registry/${registry}`;
}

/** All registries of the fleet: of each IDC the main one first, as the fleet file has them. */
export function registriesOf({ idcs }: Pick<Fleet, 'idcs'>): FleetRegistry[] {
  return idcs.flatMap(({ name: idc, registry, replicas }) => [
    { ...registry, name: idc, idc },
    ...replicas.map((replica) => ({ ...replica, idc })),
  ]);
}

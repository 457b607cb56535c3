/**
 * Longest name of an AzSet. The StatefulSet controller puts `<name>-<hash of 10>` into a label of each pod, and a
 * label's value ends at 63 characters; pod names (`<name>-<ordinal>`) fit all the more.
 */
export const MAX_SET_NAME = 52;

/** A cluster and an AZ in it. */
export interface Place {
  cluster: string;
  az: string;
  /** What the app file calls the set there. */
  set?: string | undefined;
}

/**
 * Name of the AzSet of one place of a group: what the app file calls it, else `<app>-<group>-<az>`, with `-<cluster>` where
 * the group stands in several clusters that have an AZ of that name.
 */
export function setName(app: string, group: { name: string; placement: Place[] }, place: Place): string {
  if (place.set !== undefined) return place.set;
  const shared = group.placement.some((other) => other.az === place.az && other.cluster !== place.cluster);
  return [app, group.name, place.az, ...(shared ? [place.cluster] : [])].join('-');
}

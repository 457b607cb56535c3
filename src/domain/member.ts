// Members: the places of an AzSet, `<set>-<ordinal>`.

/** Name of the place with that number. */
export function memberName(set: string, ordinal: number): string {
  return `${set}-${String(ordinal)}`;
}

/** Number of the place in its set, from 0. */
export function ordinalOf(member: string): number {
  return Number(member.slice(member.lastIndexOf('-') + 1));
}

/** The set that has the place. */
export function setOf(member: string): string {
  return member.slice(0, member.lastIndexOf('-'));
}

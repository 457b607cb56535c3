import { TransshipError } from '../../src/domain/errors.ts';
import type { AzSetRef } from '../../src/domain/types.ts';
import type { MemberAt } from '../../src/drivers/azset/index.ts';
import type { Place, Places } from '../../src/drivers/traffic/places.ts';

export const SET: AzSetRef = { idc: 'north', az: 'az-1', cluster: 'north-1', namespace: 'pro', name: 'shop-web-az-1' };

/** Instances of one set, as a cluster would tell them; each test says who is there. */
export interface MemoryPlaces extends Places {
  /** Member → uid of what holds its place. */
  uids: Map<string, string>;
  /** Member → its address; null where it has none. */
  addresses: Map<string, string | null>;
  at(member: string): MemberAt;
}

export function memoryPlaces(members: string[]): MemoryPlaces {
  const uids = new Map(members.map((member) => [member, `uid-of-${member}`]));
  const addresses = new Map<string, string | null>(members.map((member, index) => [member, `10.0.0.${index + 1}`]));
  const place = (member: string): Place => ({
    member,
    values: {
      ...{ app: 'shop', group: 'web', env: 'pro', idc: SET.idc, az: SET.az, cluster: SET.cluster, member },
      ordinal: member.slice(member.lastIndexOf('-') + 1),
      address: addresses.get(member) ?? null,
    },
  });
  return {
    uids,
    addresses,
    at: (member) => ({ set: SET, member, uid: uids.get(member) ?? '' }),
    of: async (sets) => (sets.some(({ name }) => name === SET.name) ? [...uids.keys()].map(place) : []),
    held: async ({ member, uid }) => {
      if (uids.get(member) !== uid) throw new TransshipError('INSTANCE_REPLACED', `${member} was replaced`);
      return place(member);
    },
  };
}

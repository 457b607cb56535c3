import { ordinalOf } from '../../../domain/member.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { isStanding, readFolders, standingFolder, type StandingFolder } from '../../marathon/folder.ts';
import { addressOf, heldBy, holdersOf, type Holder } from '../../marathon/places.ts';
import type { Place, Places } from '../places.ts';

/** Instances of a Marathon cluster: places of its sets, whatever task holds them. */
export function marathonPlaces(cluster: MarathonCluster): Places {
  return {
    of: async (sets) => {
      const folders = await readFolders(cluster, sets);
      return folders.filter(isStanding).flatMap((folder) => holdersOf(folder).map(placeIn(folder)));
    },
    held: async (at) => {
      const folder = await standingFolder(cluster, at.set);
      return placeIn(folder)(heldBy(folder, at));
    },
  };
}

function placeIn({ ref: { idc, az, cluster }, state: { group } }: StandingFolder): (holder: Holder) => Place {
  return ({ member, task }) => ({
    member,
    values: {
      ...{ idc, az, cluster, member, app: group.app, group: group.group, env: group.env },
      ordinal: String(ordinalOf(member)),
      address: addressOf(task),
    },
  });
}

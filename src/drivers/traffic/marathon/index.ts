import type { MarathonCluster } from '../../marathon/cluster.ts';
import { isStanding, readFolders, standingFolder } from '../../marathon/folder.ts';
import { heldBy, holdersOf, isEnding, isReady } from '../../marathon/places.ts';
import type { TrafficDriver } from '../index.ts';
import { pullIn, pullOut } from './flags.ts';

/**
 * Who is in traffic on Marathon, kept in the record of the set: it remembers owners, survives whoever wrote it, and restarts
 * nothing. It carries no traffic itself: load balancers beside the cluster do, by drivers of their own, or by reading the
 * record (docs/traffic.md).
 */
export function marathonTraffic({ cluster }: { cluster: MarathonCluster }): TrafficDriver {
  return {
    keepsOwners: true,
    flagsObserved: true,
    serving: async (sets) => {
      const folders = (await readFolders(cluster, sets)).filter(isStanding);
      const serving = folders.flatMap((folder) =>
        holdersOf(folder).filter(
          (holder) =>
            Object.keys(holder.outBy).length === 0 &&
            !isEnding(holder) &&
            isReady(holder, folder.apps.get(holder.segment)),
        ),
      );
      return new Set(serving.map(({ member }) => member));
    },
    outBy: async (at) => heldBy(await standingFolder(cluster, at.set), at).outBy,
    pullOut: (at, flag, guard, waiting) => pullOut(cluster, at, flag, guard, waiting),
    pullIn: (at, owner, guard, waiting) => pullIn(cluster, at, owner, guard, waiting),
  };
}

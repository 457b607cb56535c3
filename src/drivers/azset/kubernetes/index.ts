import type { Cluster } from '../../kubernetes/cluster.ts';
import type { AzSetDriver } from '../index.ts';
import { createSet, removeSet } from './create.ts';
import { observeSets } from './observe.ts';
import { PrePull } from './prePull.ts';
import { replacePod } from './replace.ts';
import { Revisions } from './revisions.ts';
import { settleSet } from './settle.ts';
import { compareSet, stageSet, unstageSet } from './stage.ts';

/**
 * AzSets as native StatefulSets, replaced instance by instance, in place: the set is parked, so that only we move pods,
 * and looks to everybody else like any set at rest.
 * @param options.imageHost registry host as it stands in image names, as this IDC's hosts pull them
 */
export function kubernetesAzSetDriver({ cluster, imageHost }: { cluster: Cluster; imageHost: string }): AzSetDriver {
  const { api } = cluster;
  const revisions = new Revisions(api);
  const ahead = new PrePull(cluster);
  return {
    observe: (sets) => observeSets(api, sets),
    create: (set, group, spec, count, guard) => createSet(api, imageHost, set, group, spec, count, guard),
    remove: (set, group, guard, waiting) => removeSet(cluster, set, group, guard, waiting),
    compare: (set, spec) => compareSet(api, imageHost, set, spec),
    stage: (set, spec, guard, waiting) => stageSet(cluster, imageHost, set, spec, guard, waiting),
    unstage: (set, guard, waiting) => unstageSet(cluster, revisions, set, guard, waiting),
    prePull: (set, members, images, waiting) => ahead.pull(set, members, images, waiting),
    replace: (at, target, guard, waiting) => replacePod(cluster, revisions, at, target, guard, waiting),
    settle: (set, revision, guard, waiting) => settleSet(cluster, revisions, set, revision, guard, waiting),
  };
}

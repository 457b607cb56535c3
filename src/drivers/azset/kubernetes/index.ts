import type { Cluster } from '../../kubernetes/cluster.ts';
import type { AzSetDriver } from '../index.ts';
import { adoptSet, examineSet } from './adopt.ts';
import { convertSet, saveSet } from './convert.ts';
import { createSet, removeSet } from './create.ts';
import { detachSet } from './detach.ts';
import { fenceSet } from './fence.ts';
import { observeSets } from './observe.ts';
import { closeSet, openSet } from './open.ts';
import { PrePull } from './prePull.ts';
import { recreatePod, restartPod } from './recreate.ts';
import { replacePod } from './replace.ts';
import { resizeSet, scalerOf } from './resize.ts';
import { Revisions } from './revisions.ts';
import { settleSet } from './settle.ts';
import { compareSet, stageSet, unstageSet } from './stage.ts';

/**
 * AzSets as native StatefulSets, handled instance by instance, in place or by new pods: the set is parked, so that only we
 * move pods, and looks to everybody else like any set at rest.
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
    fence: (set, mark, guard, waiting) => fenceSet(cluster, set, mark, guard, waiting),
    compare: (set, spec, options) => compareSet(api, imageHost, set, spec, options),
    stage: (set, spec, guard, waiting, options) =>
      stageSet(cluster, revisions, imageHost, set, spec, guard, waiting, options),
    unstage: (set, guard, waiting) => unstageSet(cluster, revisions, set, guard, waiting),
    prePull: (set, members, images, waiting) => ahead.pull(set, members, images, waiting),
    replace: (at, target, guard, waiting) => replacePod(cluster, revisions, at, target, guard, waiting),
    open: (set, target, guard, waiting) => openSet(cluster, revisions, set, target, guard, waiting),
    recreate: (at, target, guard, waiting) => recreatePod(cluster, at, target, guard, waiting),
    restart: (at, target, guard, waiting) => restartPod(cluster, at, target, guard, waiting),
    close: (set, guard, waiting) => closeSet(cluster, set, guard, waiting),
    scaler: (set) => scalerOf(cluster, set),
    resize: (set, count, guard, waiting) => resizeSet(cluster, set, count, guard, waiting),
    examine: (set, group, spec) => examineSet(api, imageHost, set, group, spec),
    adopt: (set, group, spec, guard, waiting) => adoptSet(cluster, set, group, spec, guard, waiting),
    detach: (set, guard, waiting) => detachSet(cluster, set, guard, waiting),
    save: (set, waiting) => saveSet(cluster, set, waiting),
    convert: (set, saved, to, guard, waiting) => convertSet(cluster, set, saved, to, guard, waiting),
    settle: (set, revision, guard, waiting) => settleSet(cluster, revisions, set, revision, guard, waiting),
  };
}

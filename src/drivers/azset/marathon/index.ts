import type { MarathonCluster } from '../../marathon/cluster.ts';
import type { AzSetDriver } from '../index.ts';
import { adoptSet, convertSet, detachSet, examineSet, saveSet } from './adopt.ts';
import { createSet, removeSet } from './create.ts';
import { fenceSet } from './fence.ts';
import { observeSets } from './observe.ts';
import { closeSet, openSet } from './open.ts';
import { recreateTask, replaceTask } from './recreate.ts';
import { resizeSet } from './resize.ts';
import { settleSet } from './settle.ts';
import { compareSet, stageSet, unstageSet } from './stage.ts';

/**
 * AzSets as folders of Marathon: one app for each revision, and a record of what each place is to be. An app that runs is
 * never edited, because that restarts all of its tasks; only its number of instances changes (docs/adr/0007).
 * @param options.imageHost registry host as it stands in image names, as this IDC's hosts pull them
 */
export function marathonAzSetDriver({
  cluster,
  imageHost,
}: {
  cluster: MarathonCluster;
  imageHost: string;
}): AzSetDriver {
  return {
    observe: (sets) => observeSets(cluster, sets),
    create: (set, group, spec, count, guard) => createSet(cluster, imageHost, set, group, spec, count, guard),
    remove: (set, group, guard, waiting) => removeSet(cluster, set, group, guard, waiting),
    fence: (set, mark, guard) => fenceSet(cluster, set, mark, guard),
    compare: (set, spec, options) => compareSet(cluster, imageHost, set, spec, options),
    stage: (set, spec, guard, _waiting, options) => stageSet(cluster, imageHost, set, spec, guard, options),
    unstage: (set, guard, waiting) => unstageSet(cluster, set, guard, waiting),
    // Nothing reaches an agent's image store but a task that runs there: the agent pulls when it starts one.
    prePull: () => Promise.resolve(),
    replace: (at, target, guard, waiting) => replaceTask(cluster, at, target, guard, waiting),
    open: (set, target, guard) => openSet(cluster, set, target, guard),
    recreate: (at, target, guard, waiting) => recreateTask(cluster, at, target, guard, waiting),
    restart: (at, target, guard, waiting) => recreateTask(cluster, at, target, guard, waiting, { again: true }),
    close: (set, guard) => closeSet(cluster, set, guard),
    // Autoscalers of Marathon are programs beside it: they leave no trace that could be read.
    scaler: () => Promise.resolve(null),
    resize: (set, count, guard, waiting) => resizeSet(cluster, set, count, guard, waiting),
    examine: (set, group, spec) => examineSet(cluster, imageHost, set, group, spec),
    adopt: (set, group, spec, guard) => adoptSet(cluster, imageHost, set, group, spec, guard),
    detach: (set, guard) => detachSet(cluster, set, guard),
    save: (set) => saveSet(cluster, set),
    convert: (set, _saved, to) => convertSet(cluster, set, to),
    settle: (set, revision, guard, waiting) => settleSet(cluster, set, revision, guard, waiting),
  };
}

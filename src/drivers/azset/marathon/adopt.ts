import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, GroupRef, Management, SavedSet, Spec } from '../../../domain/types.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import {
  dropRecord,
  isStanding,
  readFolder,
  standingFolder,
  writeRecord,
  type Folder,
  type StandingFolder,
} from '../../marathon/folder.ts';
import { appIdOf, folderOf } from '../../marathon/labels.ts';
import type { App } from '../../marathon/resources.ts';
import type { Examined, Guard } from '../index.ts';
import { freshState } from './create.ts';
import { differences, foreignIn } from './difference.ts';
import { desiredOf, observeSet } from './observe.ts';
import { checkGroup, checkOwn, definitionOf } from './own.ts';
import { renderApp, revisionOf } from './render.ts';

/**
 * What a set is said to run stands in the labels of its app, and labels of an app that runs cannot be changed without a
 * restart of all. So only what we once made, and left, can be taken over.
 * @throws NOT_FOUND, FOREIGN_TEMPLATE, CLUSTER_UNABLE
 */
export async function examineSet(
  cluster: MarathonCluster,
  imageHost: string,
  ref: AzSetRef,
  group: GroupRef,
  spec: Spec,
): Promise<Examined> {
  const folder = await readFolder(cluster, ref);
  if (!isStanding(folder)) {
    const { app } = leftBehind(cluster, imageHost, folder, spec);
    return { count: app.instances, difference: { change: 'none', reasons: [] } };
  }
  checkGroup(folder, group);
  const before = definitionOf(folder.state, folder.state.update);
  const reasons = differences(before?.app, renderApp(cluster, ref, spec, imageHost).app);
  return { count: desiredOf(folder), difference: { change: reasons.length === 0 ? 'none' : 'recreate', reasons } };
}

/** Takes over what detach left: its record is written anew. Does nothing where the set is ours. */
export async function adoptSet(
  cluster: MarathonCluster,
  imageHost: string,
  ref: AzSetRef,
  group: GroupRef,
  spec: Spec,
  guard: Guard,
): Promise<void> {
  for (;;) {
    const folder = await readFolder(cluster, ref);
    if (isStanding(folder)) {
      checkGroup(folder, group);
      return;
    }
    const { app, definition } = leftBehind(cluster, imageHost, folder, spec);
    const state = freshState(group, spec, revisionOf(definition), definition, app.instances);
    if (await writeRecord(cluster, folder, state, guard)) return;
  }
}

function leftBehind(
  cluster: MarathonCluster,
  imageHost: string,
  { ref, apps, strangers }: Folder,
  spec: Spec,
): { app: App; definition: ReturnType<typeof renderApp> } {
  const [found, ...others] = [...apps.values(), ...strangers.values()];
  if (found === undefined) throw new TransshipError('NOT_FOUND', `no app is in ${ref.cluster}${folderOf(ref)}`);
  const definition = renderApp(cluster, ref, spec, imageHost);
  const isOurs = found.id === appIdOf(ref, revisionOf(definition)) && foreignIn(definition, found).length === 0;
  if (isOurs && others.length === 0) return { app: found, definition };
  throw new TransshipError(
    'CLUSTER_UNABLE',
    `${[found, ...others].map(({ id }) => id).join(', ')} in ${ref.cluster} cannot be taken over: Marathon restarts every task of an app whose labels are changed. Release beside it, and remove it`,
  );
}

/**
 * Takes our record away: what is left is an app that Marathon manages as it did all along. Its labels stay, because
 * changing them would restart it.
 * @throws SET_NOT_AT_REST
 */
export async function detachSet(cluster: MarathonCluster, ref: AzSetRef, guard: Guard): Promise<void> {
  const folder = await readFolder(cluster, ref);
  if (!isStanding(folder)) return;
  checkRest(folder);
  await dropRecord(cluster, folder, guard);
}

/** @throws NOT_FOUND, FOREIGN_TEMPLATE, SET_NOT_AT_REST */
export async function saveSet(cluster: MarathonCluster, ref: AzSetRef): Promise<SavedSet> {
  const folder = await standingFolder(cluster, ref);
  checkOwn(folder);
  checkRest(folder);
  const { state } = folder;
  return {
    management: 'parallel',
    revision: state.current,
    count: desiredOf(folder),
    metadata: { id: folderOf(ref), group: state.group },
    spec: { apps: state.apps },
  };
}

/**
 * Marathon starts the tasks of an app all at once, and knows no order.
 * @throws NOT_FOUND, CLUSTER_UNABLE
 */
export async function convertSet(cluster: MarathonCluster, ref: AzSetRef, to: Management): Promise<void> {
  await standingFolder(cluster, ref);
  if (to === 'parallel') return;
  throw new TransshipError('CLUSTER_UNABLE', `${ref.name} in ${ref.cluster}: Marathon has no ordered sets`);
}

function checkRest(folder: StandingFolder): void {
  if (observeSet(folder).settled) return;
  throw new TransshipError('SET_NOT_AT_REST', `${folder.ref.name} in ${folder.ref.cluster} is not at rest`);
}

import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, Spec } from '../../../domain/types.ts';
import { changeState } from '../../marathon/change.ts';
import { closedState } from '../../marathon/closed.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { isLocked, isStatus } from '../../marathon/errors.ts';
import { standingFolder, type StandingFolder } from '../../marathon/folder.ts';
import { memberIn } from '../../marathon/labels.ts';
import { wantedIn } from '../../marathon/places.ts';
import type { Definition, SetState } from '../../marathon/state.ts';
import type { Guard, Overwriting, SetDifference, StagedRevision, Waiting } from '../index.ts';
import { post } from './apps.ts';
import { differences, foreignIn } from './difference.ts';
import { removeApps } from './end.ts';
import { mend } from './mend.ts';
import { revisionIn } from './observe.ts';
import { checkOwn, definitionOf, foreignWriters, segmentsOf } from './own.ts';
import { imagesOf, renderApp, revisionOf } from './render.ts';

/**
 * Any difference needs new tasks: Marathon restarts what an app is made of differently, and so do we, one by one.
 * @throws NOT_FOUND, FOREIGN_TEMPLATE, APP_INVALID
 */
export async function compareSet(
  cluster: MarathonCluster,
  imageHost: string,
  ref: AzSetRef,
  spec: Spec,
  options?: Overwriting,
): Promise<SetDifference> {
  const folder = await standingFolder(cluster, ref);
  checkOwn(folder, options);
  const before = definitionOf(folder.state, folder.state.update);
  const reasons = differences(before?.app, renderApp(cluster, ref, spec, imageHost).app);
  const writers = foreignWriters(folder);
  // What somebody changed has to be made anew even where it was the same before.
  const isSame = reasons.length === 0 && writers === null;
  return { change: isSame ? 'none' : 'recreate', reasons, writers };
}

/**
 * Makes the app of the new revision with no instance, beside the old one, and notes where staging began. A repetition finds
 * both. A set that was left open is closed by this.
 */
export async function stageSet(
  cluster: MarathonCluster,
  imageHost: string,
  ref: AzSetRef,
  spec: Spec,
  guard: Guard,
  options?: Overwriting,
): Promise<StagedRevision> {
  const definition = renderApp(cluster, ref, spec, imageHost);
  const { state } = await changeState(
    cluster,
    ref,
    async (folder) => {
      checkOwn(folder, options);
      const segment = await appFor(cluster, folder, definition, spec, guard);
      return stagedState(folder, segment, definition, spec);
    },
    guard,
  );
  // Nothing is compared when an app is written: what came in between is found by looking again.
  checkOwn(await standingFolder(cluster, ref));
  const previous = state.previous?.revision ?? state.current;
  const before = definitionOf(state, previous);
  const held = [
    previous,
    ...state.places.flatMap(({ app }) => (app === null ? [] : (state.apps[app]?.revision ?? app))),
  ];
  return {
    revision: state.update,
    images: imagesOf(definition),
    previous: { revision: previous, images: before === null ? {} : imagesOf(before) },
    change: held.every((revision) => revision === state.update) ? 'in-place' : 'recreate',
  };
}

function stagedState(folder: StandingFolder, segment: string, definition: Definition, spec: Spec): SetState {
  const { state } = folder;
  const revision = state.apps[segment]?.revision ?? segment;
  const held = state.places.flatMap(({ app }) => (app === null ? [] : [revisionIn(folder, app)]));
  return {
    ...closedState(folder),
    spec: { version: spec.version, number: String(spec.number) },
    update: revision,
    previous: state.previous ?? { revision: state.update, spec: state.spec, held: [...new Set(held)] },
    apps: { ...foreignMarked(folder), [segment]: { revision, definition } },
  };
}

/** Who stages past an app that somebody changed is not stopped by it afterwards: instances are to leave it. */
function foreignMarked({ state, apps }: StandingFolder): SetState['apps'] {
  const marked = Object.entries(state.apps).map(([segment, known]) => {
    const app = apps.get(segment);
    const isForeign = app !== undefined && foreignIn(known.definition, app).length > 0;
    return [segment, isForeign ? { ...known, foreign: true } : known];
  });
  return Object.fromEntries(marked) as SetState['apps'];
}

/** Back on what was there before: what somebody changed of it counts again. */
function withoutForeign(state: SetState): SetState {
  const apps = Object.entries(state.apps).map(([segment, { revision, definition }]) => [
    segment,
    { revision, definition },
  ]);
  return { ...state, apps: Object.fromEntries(apps) as SetState['apps'] };
}

/** Segment of the app of that definition as we write it, made where there is none. One that somebody changed is not used. */
async function appFor(
  cluster: MarathonCluster,
  folder: StandingFolder,
  definition: Definition,
  spec: Spec,
  guard: Guard,
): Promise<string> {
  const revision = revisionOf(definition);
  for (let n = 1; ; n++) {
    const segment = n === 1 ? revision : `${revision}-${String(n)}`;
    const app = folder.apps.get(segment);
    if (app !== undefined && foreignIn(definition, app).length > 0) continue;
    if (folder.strangers.has(segment)) continue;
    if (app !== undefined) return segment;
    const known = { revision: segment, definition };
    const { version, number } = spec;
    const state = {
      ...folder.state,
      spec: { version, number: String(number) },
      apps: { ...folder.state.apps, [segment]: known },
    };
    try {
      await post(cluster, { ...folder, state }, segment, 0, guard);
    } catch (error) {
      if (!isStatus(error, 409) || isLocked(error)) throw error;
    }
    return segment;
  }
}

/**
 * Goes back to where staging began, and takes away the app that was staged, once no place is of it. Then it looks once more:
 * a size that somebody else set meanwhile would be nobody's any more.
 */
export async function unstageSet(
  cluster: MarathonCluster,
  ref: AzSetRef,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const { state } = await changeState(
    cluster,
    ref,
    (folder) => {
      const { previous } = folder.state;
      if (previous === null) return null;
      checkUnused(folder, previous);
      const closed = withoutForeign(closedState(folder));
      return withoutUnused({ ...closed, update: previous.revision, spec: previous.spec, previous: null });
    },
    guard,
  );
  await mend(cluster, ref, guard, waiting);
  await removeUnused(cluster, ref, state, guard, waiting);
  const left = await standingFolder(cluster, ref);
  const wanted = wantedIn(left);
  const isSized = [...left.apps].every(([segment, { instances }]) => instances === wanted.get(segment));
  if (!isSized) await mend(cluster, ref, guard, waiting);
}

/** Without the apps of which no place is, and that no revision of the set is of. */
export function withoutUnused(state: SetState): SetState {
  const used = new Set<string>(state.places.flatMap(({ app }) => app ?? []));
  for (const revision of [state.current, state.update, state.previous?.revision]) {
    const segment = revision === undefined ? undefined : segmentsOf(state, revision).at(-1);
    if (segment !== undefined) used.add(segment);
  }
  return { ...state, apps: Object.fromEntries(Object.entries(state.apps).filter(([segment]) => used.has(segment))) };
}

/** Removes the apps of the set that its state does not know any more. */
export async function removeUnused(
  cluster: MarathonCluster,
  ref: AzSetRef,
  state: SetState,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const folder = await standingFolder(cluster, ref);
  const unused = [...folder.apps.keys()].filter((segment) => state.apps[segment] === undefined);
  await removeApps(cluster, ref, unused, guard, waiting);
}

/** @throws REVISION_IN_USE naming places of a revision that none was of when staging began */
function checkUnused(folder: StandingFolder, previous: NonNullable<SetState['previous']>): void {
  const back = [previous.revision, ...previous.held];
  const left = folder.state.places.flatMap(({ app }, ordinal) => {
    const revision = app === null ? previous.revision : revisionIn(folder, app);
    return back.includes(revision) ? [] : [`${memberIn(folder.ref, ordinal)} (${revision})`];
  });
  if (left.length === 0) return;
  throw new TransshipError('REVISION_IN_USE', `not back on ${previous.revision} yet: ${left.join(', ')}`);
}

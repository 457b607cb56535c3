import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, GroupRef, Spec } from '../../../domain/types.ts';
import { changeState } from '../../marathon/change.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { isLocked, isStatus } from '../../marathon/errors.ts';
import {
  dropRecord,
  isStanding,
  readFolder,
  writeRecord,
  type Folder,
  type StandingFolder,
} from '../../marathon/folder.ts';
import { LABEL, ownLabels } from '../../marathon/labels.ts';
import { wantedIn } from '../../marathon/places.ts';
import type { App } from '../../marathon/resources.ts';
import type { SetState } from '../../marathon/state.ts';
import type { Guard, Waiting } from '../index.ts';
import { post } from './apps.ts';
import { removeApps } from './end.ts';
import { checkGroup, isOf, segmentFor } from './own.ts';
import { renderApp, revisionOf } from './render.ts';

/**
 * The app first, then the record: what Marathon refuses leaves nothing behind, and what stands without a record is
 * finished by a repetition.
 * @throws FOREIGN_TEMPLATE when a set of another group, or a stranger's app, stands there; APP_INVALID
 */
export async function createSet(
  cluster: MarathonCluster,
  imageHost: string,
  ref: AzSetRef,
  group: GroupRef,
  spec: Spec,
  count: number,
  guard: Guard,
): Promise<void> {
  const definition = renderApp(cluster, ref, spec, imageHost);
  for (;;) {
    const folder = await readFolder(cluster, ref);
    if (isStanding(folder)) {
      await complete(cluster, folder, group, guard);
      return;
    }
    checkFree(folder, group);
    const state = freshState(group, spec, revisionOf(definition), definition, count);
    const segment = state.current;
    try {
      if (!folder.apps.has(segment)) await post(cluster, { ...folder, state }, segment, count, guard);
    } catch (error) {
      // Made meanwhile, by an attempt that we do not hear of any more.
      if (!isStatus(error, 409) || isLocked(error)) throw error;
    }
    if (await writeRecord(cluster, folder, state, guard)) return;
  }
}

/** The state of a set that was just made. */
export function freshState(
  group: GroupRef,
  spec: Pick<Spec, 'version' | 'number'>,
  revision: string,
  definition: SetState['apps'][string]['definition'],
  count: number,
): SetState {
  return {
    group,
    spec: { version: spec.version, number: String(spec.number) },
    current: revision,
    update: revision,
    previous: null,
    open: null,
    mark: null,
    removing: false,
    apps: { [revision]: { revision, definition } },
    places: Array.from({ length: count }, () => ({ app: revision })),
    out: {},
  };
}

/** What stands is left as it is; only a removal that was cut off is taken back. */
async function complete(cluster: MarathonCluster, found: StandingFolder, group: GroupRef, guard: Guard): Promise<void> {
  checkGroup(found, group);
  if (!found.state.removing) return;
  const { ref } = found;
  const folder = await changeState(cluster, ref, ({ state }) => ({ ...state, removing: false }), guard);
  const segment = segmentFor(folder.state, folder.state.current);
  if (!folder.apps.has(segment)) await post(cluster, folder, segment, wantedIn(folder).get(segment) ?? 0, guard);
}

function checkFree({ ref, apps, strangers }: Folder, group: GroupRef): void {
  const other = [...strangers.values(), ...[...apps.values()].filter((app) => !isLabelled(app, ref, group))].at(0);
  if (other === undefined) return;
  const owner = other.labels[LABEL.group] ?? 'nobody that we know';
  throw new TransshipError('FOREIGN_TEMPLATE', `an app ${other.id} stands there, of ${owner}`);
}

function isLabelled({ labels }: App, ref: AzSetRef, group: GroupRef): boolean {
  return Object.entries(ownLabels(ref, group)).every(([key, value]) => labels[key] === value);
}

/** Undo of createSet. The empty folder stays: Marathon removes a group with whatever is in it by then (docs/adr/0007). */
export async function removeSet(
  cluster: MarathonCluster,
  ref: AzSetRef,
  group: GroupRef,
  guard: Guard,
  waiting: Waiting,
): Promise<void> {
  const found = await readFolder(cluster, ref);
  if (found.state !== null && !isOf(found.state, group)) return;
  if (isStanding(found)) {
    await changeState(cluster, ref, ({ state }) => ({ ...state, removing: true }), guard);
  }
  const folder = await readFolder(cluster, ref);
  const known = Object.keys(folder.state?.apps ?? {});
  const own = [...folder.apps].filter(([segment, app]) => known.includes(segment) || isLabelled(app, ref, group));
  await removeApps(
    cluster,
    ref,
    own.map(([segment]) => segment),
    guard,
    waiting,
  );
  if (folder.state !== null) await dropRecord(cluster, folder, guard);
}

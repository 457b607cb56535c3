import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { pause } from '../../alive.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { isLocked, isStatus } from '../../marathon/errors.ts';
import { standingFolder, type StandingFolder } from '../../marathon/folder.ts';
import { appIdOf, folderOf } from '../../marathon/labels.ts';
import { LOCK_GRACE_MS, POLL_MS } from '../../marathon/limits.ts';
import { holdersOf, wantedIn } from '../../marathon/places.ts';
import type { Guard, Waiting } from '../index.ts';
import { appOf } from './render.ts';

/**
 * Gives an app as many instances as places want of it, never fewer. Makes it where it is not there.
 * @returns false where another deployment holds it for long
 */
export async function raise(
  cluster: MarathonCluster,
  ref: AzSetRef,
  segment: string,
  guard: Guard,
  waiting: Waiting,
): Promise<boolean> {
  const deadline = Date.now() + LOCK_GRACE_MS;
  for (;;) {
    // Computed and written with nobody in between: a lower number that came after a higher one would end instances.
    const isDone = await cluster.locks.hold(folderOf(ref), () => raiseOnce(cluster, ref, segment, guard));
    if (isDone) return true;
    if (Date.now() >= deadline) return false;
    await pause(waiting, POLL_MS.blind, `a deployment of ${appIdOf(ref, segment)} to end`);
  }
}

async function raiseOnce(cluster: MarathonCluster, ref: AzSetRef, segment: string, guard: Guard): Promise<boolean> {
  const folder = await standingFolder(cluster, ref);
  const wanted = wantedIn(folder).get(segment) ?? 0;
  const app = folder.apps.get(segment);
  if (app !== undefined && app.instances >= wanted) return true;
  // Locked, as far as is known: it is not asked for what it would refuse.
  if (app !== undefined && app.deployments.length > 0) return false;
  try {
    if (app === undefined) await post(cluster, folder, segment, wanted, guard);
    else await cluster.marathon.scale(app.id, wanted, guard);
    return true;
  } catch (error) {
    // Locked; or somebody made it just now.
    if (isStatus(error, 409) || isLocked(error)) return false;
    throw error;
  }
}

/** Makes an app of the set as its state says. */
export async function post(
  { marathon }: MarathonCluster,
  { ref, state }: StandingFolder,
  segment: string,
  instances: number,
  guard: Guard,
): Promise<void> {
  const known = state.apps[segment];
  if (known === undefined) throw new TransshipError('FOREIGN_TEMPLATE', `${ref.name} knows no app ${segment} any more`);
  await marathon.create(appOf(ref, state, segment, known.definition, instances), guard);
}

/**
 * Takes away the instances of which no place wants any: a task that holds no place by name, and one that is still to be
 * launched. An app that is locked is left as it is: what is too much holds no place, gets no traffic, and ends when the
 * set is settled.
 */
export async function lowerSurplus(cluster: MarathonCluster, ref: AzSetRef, guard: Guard): Promise<void> {
  await cluster.locks.hold(folderOf(ref), async () => {
    const folder = await standingFolder(cluster, ref);
    const wanted = wantedIn(folder);
    const held = new Set(holdersOf(folder).map(({ uid }) => uid));
    for (const [segment, app] of folder.apps) {
      const want = wanted.get(segment) ?? 0;
      if (app.instances <= want) continue;
      const idle = app.tasks.map(({ id }) => id).filter((id) => !held.has(id));
      try {
        if (idle.length > 0) await cluster.marathon.killAndScale(idle.slice(0, app.instances - want), guard);
        else await cluster.marathon.scale(app.id, want, guard);
      } catch (error) {
        if (!isLocked(error) && !isStatus(error, 404)) throw error;
      }
    }
  });
}

import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { changeState } from '../../marathon/change.ts';
import { closedState } from '../../marathon/closed.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { standingFolder, type StandingFolder } from '../../marathon/folder.ts';
import type { Guard, ReplaceTarget } from '../index.ts';
import { checkOwn, foreignWriters, segmentFor } from './own.ts';

/**
 * Opens the set: from now on a task that comes is out of traffic, as by the release. One that ends by itself comes back in
 * the app that it was of, because Marathon launches it: its place is handled again.
 * @throws FOREIGN_TEMPLATE
 */
export async function openSet(
  cluster: MarathonCluster,
  ref: AzSetRef,
  { revision }: ReplaceTarget,
  guard: Guard,
): Promise<void> {
  await changeState(
    cluster,
    ref,
    (folder) => {
      checkOwn(folder);
      segmentFor(folder.state, revision);
      // What came before it was opened serves, and what came while it was open for another does not: both are written.
      return folder.state.open === revision ? null : { ...closedState(folder), open: revision };
    },
    guard,
  );
}

/** @throws FOREIGN_TEMPLATE unless the set is open for the revision */
export function checkOpen({ ref, state }: StandingFolder, revision: string): void {
  if (state.open === revision) return;
  throw new TransshipError('FOREIGN_TEMPLATE', `${ref.name} is not open for ${revision}: somebody closed it`);
}

/** Closes the set: what was born out of traffic stays so until it is put in. Does nothing where it is not open. */
export async function closeSet(cluster: MarathonCluster, ref: AzSetRef, guard: Guard): Promise<void> {
  await changeState(cluster, ref, (folder) => (folder.state.open === null ? null : closedState(folder)), guard);
  const writers = foreignWriters(await standingFolder(cluster, ref));
  if (writers === null) return;
  throw new TransshipError('FOREIGN_TEMPLATE', `the apps of ${ref.name} were changed by ${writers}`);
}

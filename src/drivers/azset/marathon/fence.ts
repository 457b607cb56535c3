import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { changeState } from '../../marathon/change.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import type { Guard } from '../index.ts';

/**
 * Every step of ours begins by writing the next record, and this takes its number: a step that was on its way has to be
 * computed, and its guard asked, anew. What a step sends after that names no record: docs/adr/0007 says what it can do.
 */
export async function fenceSet(cluster: MarathonCluster, ref: AzSetRef, mark: string, guard: Guard): Promise<void> {
  try {
    await changeState(cluster, ref, ({ state }) => (state.mark === mark ? null : { ...state, mark }), guard);
  } catch (error) {
    // Gone, as if it had not been there.
    if (error instanceof TransshipError && error.code === 'NOT_FOUND') return;
    throw error;
  }
}

import type { GroupRef, Trouble } from '../domain/types.ts';
import type { Catalogue, OperationRow } from './types.ts';

type Ended = Pick<OperationRow, 'id' | 'root'>;
type Records = Pick<Catalogue, 'events' | 'operations'>;

/** Ends an operation as a failure: its last event, then its row. Safe to repeat. */
export async function failOperation(
  { events, operations }: Records,
  { id, root }: Ended,
  trouble: Trouble,
): Promise<void> {
  await events.append([
    {
      root,
      operation: id,
      kind: 'state',
      step: 'FAILURE',
      instance: null,
      attempt: 1,
      outcome: null,
      message: `FAILURE: ${trouble.message}`,
      data: trouble,
      key: 'end',
    },
  ]);
  await operations.setState(id, { state: 'FAILURE', waiting: '', trouble });
}

/**
 * Ends a group's operation whose workflow is gone and undid nothing: as a failure, and dirty if it held the fence. The fence
 * first: whoever repeats this after a death in between finds the row still open.
 * @returns whether the group is left half done
 */
export async function abandonGroup(
  catalogue: Records & Pick<Catalogue, 'fences'>,
  ref: GroupRef,
  operation: Ended,
  trouble: Trouble,
): Promise<boolean> {
  const fence = await catalogue.fences.get(ref);
  const held = fence?.holder === operation.id;
  if (held && !fence.dirty) await catalogue.fences.release(ref, operation.id, fence.epoch, true);
  await failOperation(catalogue, operation, trouble);
  return held;
}

import type { OperationRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import type { ApiContext } from '../context.ts';

/** A release, or a promotion, which has no groups. @throws TransshipError OPERATION_UNKNOWN */
export async function getRelease(
  { catalogue: { operations } }: ApiContext,
  id: string,
): Promise<{ row: OperationRow; children: OperationRow[] }> {
  const row = await operations.get(id);
  if (row?.kind !== 'releaseApp') throw new TransshipError('OPERATION_UNKNOWN', `no release ${id}`);
  return { row, children: await operations.children(id) };
}

/** @throws TransshipError COMMAND_ILLEGAL */
export function refusePromotion({ id, flavor }: OperationRow, instead: string): void {
  if (flavor === 'promote') throw new TransshipError('COMMAND_ILLEGAL', `${id} is a promotion: ${instead}`);
}

import { askForImage } from '../../temporal/sync-start.ts';
import type { SyncImageInput, SyncRequest } from '../../temporal/sync.ts';
import type { ApiContext } from '../context.ts';
import { callTemporal } from '../temporal/link.ts';

/**
 * Asks for an image, bounded.
 * @throws TransshipError TEMPORAL_UNREACHABLE
 */
export async function ask(
  { temporal, policy }: Pick<ApiContext, 'temporal' | 'policy'>,
  image: Omit<SyncImageInput, 'requests' | 'policy'>,
  request: SyncRequest,
): Promise<void> {
  const input = { ...image, ...(policy === undefined ? {} : { policy }) };
  await callTemporal(temporal, 5, async () => askForImage(temporal.client, input, request));
}

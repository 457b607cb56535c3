import { WORKFLOWS } from '../../temporal/names.ts';
import { syncImageOptions } from '../../temporal/sync-start.ts';
import type { SyncImageInput, SyncImageResult, SyncRequest } from '../../temporal/sync.ts';
import type { ApiContext } from '../context.ts';
import { callTemporal } from '../temporal/link.ts';

/**
 * Asks for an image: whoever comes first starts its sync, everybody else joins.
 * @throws TransshipError TEMPORAL_UNREACHABLE
 */
export async function askForImage(
  { temporal, policy }: Pick<ApiContext, 'temporal' | 'policy'>,
  image: Omit<SyncImageInput, 'requests' | 'policy'>,
  request: SyncRequest,
): Promise<void> {
  const input = { ...image, requests: [request] as [SyncRequest], ...(policy === undefined ? {} : { policy }) };
  await callTemporal(temporal, 5, async () =>
    temporal.client.workflow.signalWithStart<(input: SyncImageInput) => Promise<SyncImageResult>, [SyncRequest]>(
      WORKFLOWS.syncImage,
      syncImageOptions(input),
    ),
  );
}

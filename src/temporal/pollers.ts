import type { Client } from '@temporalio/client';

type Service = Client['workflowService'];
type QueueType = NonNullable<Parameters<Service['describeTaskQueue']>[0]['taskQueueType']>;

// A queue has workflow pollers and activity pollers. The client package does not export this enum's values.
/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment */
export const WORKFLOW_QUEUE = 1 as QueueType;
export const ACTIVITY_QUEUE = 2 as QueueType;
/* eslint-enable @typescript-eslint/no-unsafe-enum-assignment */

/** A worker asks again at least once a minute; the server lists those that asked within five. */
const FRESH_SECONDS = 75;

/**
 * Who asks for the work of a queue now: identities of workers, each once.
 * @throws ServiceError
 */
export async function pollersOf(
  service: Pick<Service, 'describeTaskQueue'>,
  { namespace, queue, type }: { namespace: string; queue: string; type: QueueType },
): Promise<string[]> {
  const { pollers } = await service.describeTaskQueue({ namespace, taskQueue: { name: queue }, taskQueueType: type });
  const oldest = Date.now() / 1_000 - FRESH_SECONDS;
  const fresh = pollers.filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= oldest);
  return [...new Set(fresh.map(({ identity }) => identity ?? ''))];
}

import type { NativeConnection } from '@temporalio/worker';
import { idcQueue } from '../temporal/names.ts';

type Service = NativeConnection['workflowService'];
type QueueType = NonNullable<Parameters<Service['describeTaskQueue']>[0]['taskQueueType']>;

/** A queue has workflow pollers and activity pollers. The package does not export this enum's values. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const ACTIVITIES = 2 as QueueType;

/** A worker asks again at least once a minute; the server lists those that asked within five. */
const FRESH_SECONDS = 75;

/** How many processes copy images to an IDC now; at least 1, as whoever asks is one of them. */
export type CountCopiers = (idc: string) => Promise<number>;

/**
 * Counts them by who asks for work of the IDC. Not by the queue of copies: who has all the copies that it can do asks for no
 * more.
 * @throws ServiceError
 */
export function copiersIn(service: Service, namespace: string): CountCopiers {
  return async (idc) => {
    const taskQueue = { name: idcQueue(idc) };
    const { pollers } = await service.describeTaskQueue({ namespace, taskQueue, taskQueueType: ACTIVITIES });
    const oldest = Date.now() / 1_000 - FRESH_SECONDS;
    const fresh = pollers.filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= oldest);
    return Math.max(1, new Set(fresh.map(({ identity }) => identity)).size);
  };
}

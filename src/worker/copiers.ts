import type { NativeConnection } from '@temporalio/worker';
import { idcQueue } from '../temporal/names.ts';
import { ACTIVITY_QUEUE, pollersOf } from '../temporal/pollers.ts';

/** How many processes copy images to an IDC now; at least 1, as whoever asks is one of them. */
export type CountCopiers = (idc: string) => Promise<number>;

/**
 * Counts them by who asks for work of the IDC. Not by the queue of copies: who has all the copies that it can do asks for no
 * more.
 * @throws ServiceError
 */
export function copiersIn(service: NativeConnection['workflowService'], namespace: string): CountCopiers {
  return async (idc) => {
    const copiers = await pollersOf(service, { namespace, queue: idcQueue(idc), type: ACTIVITY_QUEUE });
    return Math.max(1, copiers.length);
  };
}

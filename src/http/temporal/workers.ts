import { CONTROL_QUEUE, idcQueue } from '../../temporal/names.ts';
import { callTemporal, type TemporalLink } from './link.ts';

type QueueType = NonNullable<
  Parameters<TemporalLink['client']['workflowService']['describeTaskQueue']>[0]['taskQueueType']
>;

// A queue has workflow pollers and activity pollers. The client package does not export this enum's values.
/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment */
const WORKFLOW_QUEUE = 1 as QueueType;
const ACTIVITY_QUEUE = 2 as QueueType;
/* eslint-enable @typescript-eslint/no-unsafe-enum-assignment */

/** A worker asks again at least once a minute; the server lists those that asked within five. */
const FRESH_SECONDS = 75;

/** Those of the control worker and the IDC workers that nobody has seen for a while, as people call them. */
export async function absentWorkers(link: TemporalLink, idcs: string[]): Promise<string[]> {
  const wanted = [
    { label: 'control (worker.ts)', name: CONTROL_QUEUE, type: WORKFLOW_QUEUE },
    ...idcs.map((idc) => ({ label: `IDC ${idc} (worker.ts --idc ${idc})`, name: idcQueue(idc), type: ACTIVITY_QUEUE })),
  ];
  const seen = await Promise.all(wanted.map(({ name, type }) => hasWorker(link, name, type)));
  return wanted.filter((_, index) => seen[index] === false).map(({ label }) => label);
}

async function hasWorker(link: TemporalLink, name: string, taskQueueType: QueueType): Promise<boolean> {
  const { pollers } = await callTemporal(link, 3, async () =>
    link.client.workflowService.describeTaskQueue({ namespace: link.namespace, taskQueue: { name }, taskQueueType }),
  );
  const oldest = Date.now() / 1_000 - FRESH_SECONDS;
  return pollers.some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= oldest);
}

import { CONTROL_QUEUE, idcQueue } from '../../temporal/names.ts';
import { ACTIVITY_QUEUE, pollersOf, WORKFLOW_QUEUE } from '../../temporal/pollers.ts';
import { callTemporal, type TemporalLink } from './link.ts';

/** Those of the control worker and the IDC workers that nobody has seen for a while, as people call them. */
export async function absentWorkers(link: TemporalLink, idcs: string[]): Promise<string[]> {
  const { client, namespace } = link;
  const wanted = [
    { label: 'control (worker.ts)', queue: CONTROL_QUEUE, type: WORKFLOW_QUEUE },
    ...idcs.map((idc) => ({
      label: `IDC ${idc} (worker.ts --idc ${idc})`,
      queue: idcQueue(idc),
      type: ACTIVITY_QUEUE,
    })),
  ];
  const seen = await Promise.all(
    wanted.map(({ queue, type }) =>
      callTemporal(link, 3, async () => pollersOf(client.workflowService, { namespace, queue, type })),
    ),
  );
  return wanted.filter((_, index) => seen[index]?.length === 0).map(({ label }) => label);
}

import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { everySeconds } from '../../domain/sync/rule.ts';
import { CONTROL_QUEUE, reconcileScheduleId, RECONCILE_PREFIX, WORKFLOWS } from '../../temporal/names.ts';
import type { ApiContext } from '../context.ts';
import { callTemporal } from '../temporal/link.ts';

/** A comparison that the API's process, or Temporal, was away for is made up for when it is not older than this. */
const CATCHUP = '1 minute';

/**
 * Lets Temporal hold one schedule for each rule in force, by which its registries are compared, and no other. A rule that is
 * new is compared at once.
 */
export async function keepSchedules({
  catalogue,
  temporal,
}: Pick<ApiContext, 'catalogue' | 'temporal'>): Promise<void> {
  const rules = (await catalogue.syncRules.list()).map(({ rule }) => rule);
  const wanted = new Map(rules.map((rule) => [reconcileScheduleId(rule.name, rule.every), rule]));
  const { schedule } = temporal.client;
  const there = new Set<string>();
  await callTemporal(temporal, 3, async () => {
    for await (const { scheduleId } of schedule.list()) {
      if (scheduleId.startsWith(RECONCILE_PREFIX)) there.add(scheduleId);
    }
  });
  for (const id of there) {
    if (!wanted.has(id)) await callTemporal(temporal, 5, async () => ended(schedule.getHandle(id).delete()));
  }
  for (const [scheduleId, { name, every }] of wanted) {
    if (there.has(scheduleId)) continue;
    const create = schedule.create({
      scheduleId,
      spec: { intervals: [{ every: everySeconds(every) * 1_000 }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP },
      state: { triggerImmediately: true },
      action: {
        type: 'startWorkflow',
        workflowType: WORKFLOWS.reconcileRule,
        workflowId: `${RECONCILE_PREFIX}${name}`,
        taskQueue: CONTROL_QUEUE,
        args: [{ name }],
        staticSummary: `compare registries by rule ${name}, every ${every}`,
      },
    });
    await callTemporal(temporal, 5, async () => ended(create));
  }
}

/** Another API process was faster. */
async function ended(change: Promise<unknown>): Promise<void> {
  await change.catch((error: unknown) => {
    if (!(error instanceof ScheduleAlreadyRunning) && !(error instanceof ScheduleNotFoundError)) throw error;
  });
}

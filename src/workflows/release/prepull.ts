import { isCancellation } from '@temporalio/workflow';
import type { Batch } from '../../domain/plan.ts';
import { idcActivities } from './activities.ts';
import { all } from './all.ts';
import { clusterOf, idcsOf, setsIn, stepOptions, type GroupRun } from './context.ts';

/** Makes the new images present on the hosts of a batch. Best effort: what it cannot pull now, deploy pulls later. */
export async function prePull(run: GroupRun, batch: Batch | undefined): Promise<void> {
  const { input } = run;
  if (batch === undefined) return;
  const present = batch.members.filter(({ azSet }) => !run.lost.has(clusterOf(azSet)));
  await all(idcsOf(present.map(({ azSet }) => azSet)), async (idc) => {
    const members = present.filter(({ azSet }) => azSet.idc === idc);
    const pulls = setsIn(input.azSets, idc).map((set) => ({
      set,
      members: members.filter(({ azSet }) => azSet.name === set.name).map(({ member }) => member),
      images: Object.values(run.staged.get(set.name)?.images ?? {}),
    }));
    try {
      await idcActivities(idc, {
        ...stepOptions(run, 'forward'),
        summary: `pre-pull for ${members.map(({ name }) => name).join(', ')}`,
      }).prePull({ pulls: pulls.filter((pull) => pull.members.length > 0) });
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  });
}

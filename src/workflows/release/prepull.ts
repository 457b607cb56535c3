import { isCancellation } from '@temporalio/workflow';
import type { Batch } from '../../domain/plan.ts';
import { idcActivities } from './activities.ts';
import { all } from './all.ts';
import { idcsOf, setsIn, type GroupRun } from './context.ts';

/** Makes the new images present on the hosts of a batch. Best effort: what it cannot pull now, deploy pulls later. */
export async function prePull(run: GroupRun, batch: Batch | undefined): Promise<void> {
  const { input } = run;
  if (batch === undefined) return;
  await all(idcsOf(batch.members.map(({ azSet }) => azSet)), async (idc) => {
    const members = batch.members.filter(({ azSet }) => azSet.idc === idc);
    const pulls = setsIn(input.azSets, idc).map((set) => ({
      set,
      members: members.filter(({ azSet }) => azSet.name === set.name).map(({ member }) => member),
      images: Object.values(run.staged.get(set.name)?.images ?? {}),
    }));
    try {
      await idcActivities(idc, {
        direction: 'forward',
        policy: input.policy,
        summary: `pre-pull for ${members.map(({ name }) => name).join(', ')}`,
      }).prePull({ pulls: pulls.filter((pull) => pull.members.length > 0) });
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  });
}

import { ApplicationFailure } from '@temporalio/workflow';
import { brake } from '../../domain/brake.ts';
import type { BatchPlan } from '../../domain/plan.ts';
import { sizeChange } from '../../domain/size.ts';
import { azLabel, type InstanceRef } from '../../domain/types.ts';
import type { GroupTarget, PlanReleaseInput } from '../../temporal/messages.ts';
import { planningActivities } from '../release/activities.ts';
import type { GroupLook } from '../release/context.ts';

/** @throws SET_NOT_AT_REST: what is made anew would be another thing than what runs */
export function refuseAstray({ azSets }: GroupTarget, changes: { change: string }[]): void {
  const astray = azSets.filter((_, at) => changes[at]?.change !== 'none').map(({ name }) => name);
  if (astray.length === 0) return;
  const message = `${astray.join(', ')} does not stand on what was released: release or repair the group first`;
  throw ApplicationFailure.nonRetryable(message, 'SET_NOT_AT_REST');
}

/**
 * What comes (batch 1), what goes (batch 2), and the brake's arithmetic for each.
 * @throws SIZE_AUTOMATIC
 */
export async function planScale(
  { config }: PlanReleaseInput,
  { ref, sizes, ...known }: GroupTarget & { sizes: Record<string, number> },
  look: GroupLook,
): Promise<BatchPlan> {
  const { azSets, instances } = standing(ref.group, known, look);
  const resized = azSets.flatMap((set) => {
    const to = sizes[set.name] ?? set.count;
    return to === set.count ? [] : [{ ...set, to }];
  });
  const scalers = await Promise.all(
    resized.map(({ count, to, ...set }) =>
      planningActivities(set.idc, `ask who sizes ${set.name} (${count} → ${to})`).scalerOf({ set }),
    ),
  );
  const automatic = resized.flatMap(({ name }, at) => (scalers[at] === null ? [] : [`${scalers[at] ?? ''}: ${name}`]));
  if (automatic.length > 0)
    throw ApplicationFailure.nonRetryable(`its size is set by ${automatic.join(', ')}`, 'SIZE_AUTOMATIC');

  const sets = resized.map(({ to, ...set }) => ({ ...set, count: to }));
  const { born, gone } = sizeChange(ref.group, instances, sets);
  const serving = instances.filter((instance) => look.serves(instance)).length;
  const sum = (desired: number, members: InstanceRef[], served: number): BatchPlan['budget'][number] => {
    const taken = members.filter((instance) => look.serves(instance)).length;
    return brake({ desired, batchPercent: config.batchPercent, serving: served, taken });
  };
  const steps = [
    { index: 1, members: born, budget: sum(instances.length, born, serving) },
    {
      index: 2,
      members: gone,
      budget: sum(
        Math.min(instances.length, instances.length + born.length - gone.length),
        gone,
        serving + born.length,
      ),
    },
  ].filter(({ members }) => members.length > 0);
  return {
    batches: steps.map(({ index, members }) => ({ index, members })),
    rounding: resized.map((set) => `${azLabel(set)} ${String(set.count)} → ${String(set.to)}`).join(', '),
    budget: steps.map(({ budget }) => budget),
  };
}

/** What the group consists of by its sets: somebody may have scaled one by hand since. */
function standing(
  group: string,
  { azSets, instances }: Pick<GroupTarget, 'azSets' | 'instances'>,
  look: GroupLook,
): Pick<GroupTarget, 'azSets' | 'instances'> {
  const found = azSets.map((set) => ({ ...set, count: look.seen(set)?.desired ?? set.count }));
  const { born, gone } = sizeChange(group, instances, found);
  return { azSets: found, instances: [...instances.filter((one) => !gone.includes(one)), ...born] };
}

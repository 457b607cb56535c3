import type { BatchPlan } from '../../domain/plan.ts';
import { sizeChange } from '../../domain/size.ts';
import type { InstanceRef, Spec } from '../../domain/types.ts';
import type { GroupPlan, PlanReleaseInput } from '../../temporal/messages.ts';
import { planningActivities } from '../release/activities.ts';
import { idcsOf } from '../release/context.ts';
import { resolveImages } from './images.ts';

type PlannedGroup = PlanReleaseInput['groups'][number];

/**
 * Which instances are taken over, and what the next release would change of them; or which are left.
 * @throws what adopting a set throws
 */
export async function planTakeover(
  input: PlanReleaseInput,
  group: PlannedGroup,
  mode: NonNullable<PlannedGroup['takeover']>,
): Promise<GroupPlan> {
  const { ref, azSets, instances } = group;
  const idcs = idcsOf(azSets);
  const adopts = mode === 'adopt';
  const images = group.spec?.images ?? (adopts ? (await resolveImages(input, group, idcs)).images : {});
  const plan = (members: InstanceRef[]): BatchPlan => ({
    batches: [{ index: 0, members }],
    rounding: 'no instance ends',
    budget: [],
  });
  const base = { ref, mode, images, running: [] };
  if (!adopts) return { ...base, plan: plan(instances), warnings: [] };

  const spec: Spec = group.spec ?? { ...group.draft, number: 0, version: input.version, images };
  const found = await Promise.all(
    azSets.map(({ count: _count, ...set }) =>
      planningActivities(set.idc, `examine ${set.name}`).examineSet({ set, ref, spec }),
    ),
  );
  const warnings = azSets.flatMap(({ name, count }, at) => {
    const { count: there = count, difference } = found[at] ?? {};
    const differs = (difference?.reasons ?? []).join(', ');
    return [
      ...(there === count ? [] : [`${name} has ${String(there)} instances, not ${String(count)}: all are taken over`]),
      ...(difference?.change === 'recreate'
        ? [`${name} differs from the app file in ${differs}: the next release makes its instances anew`]
        : []),
      ...(difference?.change === 'in-place'
        ? [`${name} does not run the images of ${input.version} by digest: the next release restarts its containers`]
        : []),
    ];
  });
  const sets = azSets.map((set, at) => ({ ...set, count: found[at]?.count ?? set.count }));
  const { born, gone } = sizeChange(ref.group, instances, sets);
  return { ...base, plan: plan([...instances.filter((one) => !gone.includes(one)), ...born]), warnings };
}

import { ApplicationFailure } from '@temporalio/workflow';
import { brake } from '../domain/brake.ts';
import { planBatches, type BatchPlan } from '../domain/plan.ts';
import { sizeChange } from '../domain/size.ts';
import { azLabel, type ImageRef, type InstanceRef, type Spec } from '../domain/types.ts';
import type { GroupPlan, PlanReleaseInput, ReleasePlan } from '../temporal/messages.ts';
import { planningActivities } from './release/activities.ts';
import { GroupLook, idcsOf, setsIn } from './release/context.ts';

type PlannedGroup = PlanReleaseInput['groups'][number];

/**
 * Says what a release would do, and changes nothing: images resolved in every IDC, how the sets differ, which instance
 * goes in which batch, and the brake's arithmetic.
 */
export async function planRelease(input: PlanReleaseInput): Promise<ReleasePlan> {
  const groups = await Promise.all(input.groups.map((group) => planGroup(input, group)));
  return { env: input.env, app: input.app, version: input.version, groups };
}

async function planGroup(input: PlanReleaseInput, group: PlannedGroup): Promise<GroupPlan> {
  if (group.takeover !== undefined) return planTakeover(input, group, group.takeover);
  const { ref } = group;
  const idcs = idcsOf(group.azSets);
  const [images, looks] = await Promise.all([
    group.spec === undefined ? resolveImages(input, group, idcs) : presentImages(group.spec, idcs),
    Promise.all(
      idcs.map((idc) =>
        planningActivities(idc, `look at ${ref.app}/${ref.group} (${idc})`).observe({
          sets: setsIn(group.azSets, idc),
          traffic: group.draft.traffic,
        }),
      ),
    ),
  ]);
  const look = new GroupLook(looks.flat());
  const existing = look.sets.filter(({ set }) => set !== null);
  const running = [
    ...new Set(existing.flatMap(({ set }) => set?.instances.flatMap((it) => Object.values(it.images)) ?? [])),
  ];

  if (
    group.restart === undefined &&
    group.scale === undefined &&
    (existing.length === 0 || (group.partial === true && existing.length < group.azSets.length))
  ) {
    const all = { index: 0, members: group.instances };
    return {
      ref,
      mode: 'create',
      images,
      running,
      plan: { batches: [all], rounding: 'a first release creates all instances at once', budget: [] },
      warnings: [],
    };
  }
  if (existing.length < group.azSets.length) {
    const missing = look.sets.filter(({ set }) => set === null).map(({ ref: set }) => set.name);
    throw ApplicationFailure.nonRetryable(`sets that should exist are gone: ${missing.join(', ')}`, 'SETS_MISSING');
  }

  const spec: Spec = group.spec ?? { ...group.draft, number: 0, version: input.version, images };
  const changes = await Promise.all(
    group.azSets.map((set) => {
      const overwrite = group.overwrite === true ? { overwrite: true } : {};
      return planningActivities(set.idc, `compare ${set.name}`).compareSet({ set, spec, ...overwrite });
    }),
  );
  const reasons = changes.flatMap(({ change, reasons: why }) => (change === 'recreate' ? why : []));
  const only = group.restart?.only;
  const members = group.instances
    .filter(({ name }) => only === undefined || only.includes(name))
    .map((instance) => ({ instance, serving: look.serves(instance) }));
  const idle = members.filter(({ serving }) => !serving).map(({ instance }) => instance.name);
  const warnings = idle.length === 0 ? [] : [`not serving now, replaced first: ${idle.join(', ')}`];
  for (const [at, { writers }] of changes.entries()) {
    // Workers of before there was a choice do not say.
    if (typeof writers === 'string')
      warnings.push(`${group.azSets[at]?.name ?? ''}: what ${writers} wrote into its template is written over`);
  }
  for (const { ref: set, set: found } of existing) {
    const known = group.instances.filter(({ azSet }) => azSet.name === set.name && azSet.idc === set.idc).length;
    if (found !== null && found.desired !== known)
      warnings.push(`${set.name} has ${String(found.desired)} places, not ${String(known)}: the release follows it`);
  }
  if (group.scale !== undefined) {
    refuseAstray(group, changes);
    const plan = await planScale(input, { ...group, sizes: group.scale.sizes }, look);
    return { ref, mode: plan.batches.length === 0 ? 'none' : 'scale', images, running, plan, warnings: [] };
  }
  const slicing = { bastion: input.bastion ?? true, desired: group.instances.length };
  if (group.restart !== undefined) {
    return { ref, mode: 'restart', images, running, plan: planBatches(members, input.config, slicing), warnings };
  }
  if (changes.every(({ change }) => change === 'none') && existing.every(({ set }) => set?.settled === true)) {
    return { ref, mode: 'none', images, running, plan: { batches: [], rounding: '', budget: [] }, warnings };
  }
  if (reasons.length > 0) warnings.push(`new pods are needed for: ${[...new Set(reasons)].join(', ')}`);
  return {
    ref,
    mode: reasons.length > 0 ? 'recreate' : 'in-place',
    images,
    running,
    plan: planBatches(members, input.config, slicing),
    warnings,
  };
}

/**
 * Which instances are taken over, and what the next release would change of them; or which are left.
 * @throws what adopting a set throws
 */
async function planTakeover(
  input: PlanReleaseInput,
  group: PlannedGroup,
  mode: NonNullable<PlannedGroup['takeover']>,
): Promise<GroupPlan> {
  const { ref, azSets, instances } = group;
  const idcs = idcsOf(azSets);
  const adopts = mode === 'adopt';
  const images = group.spec?.images ?? (adopts ? await resolveImages(input, group, idcs) : {});
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

/** @throws SET_NOT_AT_REST: what is made anew would be another thing than what runs */
function refuseAstray({ azSets }: PlannedGroup, changes: { change: string }[]): void {
  const astray = azSets.filter((_, at) => changes[at]?.change !== 'none').map(({ name }) => name);
  if (astray.length === 0) return;
  const message = `${astray.join(', ')} does not stand on what was released: release or repair the group first`;
  throw ApplicationFailure.nonRetryable(message, 'SET_NOT_AT_REST');
}

/**
 * What comes (batch 1), what goes (batch 2), and the brake's arithmetic for each.
 * @throws SIZE_AUTOMATIC
 */
async function planScale(
  { config }: PlanReleaseInput,
  { ref, azSets, instances, sizes }: PlannedGroup & { sizes: Record<string, number> },
  look: GroupLook,
): Promise<BatchPlan> {
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

/**
 * The images of a spec that ran before: they must still be there, before anything is taken out for them.
 * @returns them
 */
async function presentImages({ images }: Spec, idcs: string[]): Promise<Record<string, ImageRef>> {
  const lacking = await Promise.all(
    idcs.map(async (idc) => {
      const found = await planningActivities(idc, `look for the images (${idc})`).resolveImages({
        repositories: Object.fromEntries(Object.entries(images).map(([name, { repository }]) => [name, repository])),
        digests: Object.fromEntries(Object.entries(images).map(([name, { digest }]) => [name, digest])),
        tag: '',
      });
      return Object.entries(images)
        .filter(([name]) => (found[name] ?? null) === null)
        .map(([, { repository, tag, digest }]) => `${repository}:${tag} (${digest}) in ${idc}`);
    }),
  );
  const missing = lacking.flat();
  if (missing.length === 0) return images;
  throw ApplicationFailure.nonRetryable(`gone from the registry: ${missing.join(', ')}`, 'IMAGE_UNKNOWN');
}

/** @returns one digest per container, the same in every IDC */
async function resolveImages(
  input: PlanReleaseInput,
  group: PlannedGroup,
  idcs: string[],
): Promise<Record<string, ImageRef>> {
  const repositories = group.draft.repositories;
  const found = await Promise.all(
    idcs.map((idc) =>
      planningActivities(idc, `resolve images (${idc})`).resolveImages({ repositories, tag: input.version }),
    ),
  );
  const images: Record<string, ImageRef> = {};
  for (const [container, repository] of Object.entries(repositories)) {
    const image = `${repository}:${input.version}`;
    const byIdc = found.map((resolved) => resolved[container] ?? null);
    const missing = idcs.filter((_, i) => byIdc[i] === null);
    if (missing.length > 0) {
      throw ApplicationFailure.nonRetryable(
        `${image} is not in the registry of ${missing.join(', ')}`,
        'IMAGE_UNKNOWN',
      );
    }
    const [first, ...others] = byIdc;
    if (first === null || first === undefined) continue;
    if (others.some((other) => other?.digest !== first.digest)) {
      const digests = idcs.map((idc, i) => `${idc} ${byIdc[i]?.digest ?? ''}`).join(', ');
      throw ApplicationFailure.nonRetryable(`${image} differs: ${digests}`, 'IMAGE_DIFFERS');
    }
    images[container] = first;
  }
  return images;
}

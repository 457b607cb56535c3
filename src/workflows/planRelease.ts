import { ApplicationFailure, patched } from '@temporalio/workflow';
import { planBatches } from '../domain/plan.ts';
import type { Spec } from '../domain/types.ts';
import type { GroupPlan, PlanReleaseInput, ReleasePlan } from '../temporal/messages.ts';
import { planConversion } from './plan/convert.ts';
import { presentImages, resolveImages } from './plan/images.ts';
import { planScale, refuseAstray } from './plan/scale.ts';
import { refuseStrangers } from './plan/strangers.ts';
import { planTakeover } from './plan/takeover.ts';
import { planningActivities } from './release/activities.ts';
import { GroupLook, idcsOf, setsIn } from './release/context.ts';

/** Plans that began before did not look for sets that others made. */
const STRANGERS = 'plan-strangers';

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
  const [{ images, missing }, looks] = await Promise.all([
    group.spec === undefined ? resolveImages(input, group, idcs) : presentImages(input, group.spec, idcs),
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
  if (group.convert !== undefined) return planConversion(group, group.convert, look);
  const existing = look.sets.filter(({ set }) => set !== null);
  const running = [
    ...new Set(existing.flatMap(({ set }) => set?.instances.flatMap((it) => Object.values(it.images)) ?? [])),
  ];

  const base = { ref, images, running, ...(missing.length === 0 ? {} : { missing }) };
  if (
    group.restart === undefined &&
    group.scale === undefined &&
    (existing.length === 0 || (group.partial === true && existing.length < group.azSets.length))
  ) {
    // What is finished, or waited for, made them itself.
    if (group.partial !== true && patched(STRANGERS))
      await refuseStrangers(group, group.spec ?? { ...group.draft, number: 0, version: input.version, images });
    const all = { index: 0, members: group.instances };
    return {
      ...base,
      mode: 'create',
      plan: { batches: [all], rounding: 'a first release creates all instances at once', budget: [] },
      warnings: [],
    };
  }
  if (existing.length < group.azSets.length) {
    const gone = look.sets.filter(({ set }) => set === null).map(({ ref: set }) => set.name);
    throw ApplicationFailure.nonRetryable(`sets that should exist are gone: ${gone.join(', ')}`, 'SETS_MISSING');
  }

  const spec: Spec = group.spec ?? { ...group.draft, number: 0, version: input.version, images };
  const changes = await Promise.all(
    group.azSets.map((set) => {
      const overwrite = group.overwrite === true ? { overwrite: true } : {};
      return planningActivities(set.idc, `compare ${set.name}`).compareSet({ set, spec, ...overwrite });
    }),
  );
  const anew = group.azSets.flatMap((set, at) =>
    changes[at]?.change === 'recreate' ? { set, why: changes[at].reasons } : [],
  );
  const only = group.restart?.only;
  const members = look.planned(group.instances.filter(({ name }) => only === undefined || only.includes(name)));
  const idle = members.filter(({ serving }) => !serving).map(({ instance }) => instance.name);
  const warnings = idle.length === 0 ? [] : [`not serving now, replaced first: ${idle.join(', ')}`];
  for (const [at, { writers }] of changes.entries()) {
    // Workers of before there was a choice do not say.
    if (typeof writers === 'string')
      warnings.push(`${group.azSets[at]?.name ?? ''}: what ${writers} wrote into its template is written over`);
  }
  const ordered = existing.filter(({ set }) => set?.management === 'ordered').map(({ ref: set }) => set.name);
  if (ordered.length > 0)
    warnings.push(
      `${ordered.join(', ')} is OrderedReady: one instance of it at a time, from the last to the first, and the release stops at one that fails (transship convert makes it Parallel)`,
    );
  for (const { ref: set, set: found } of existing) {
    const known = group.instances.filter(({ azSet }) => azSet.name === set.name && azSet.idc === set.idc).length;
    if (found !== null && found.desired !== known)
      warnings.push(`${set.name} has ${String(found.desired)} places, not ${String(known)}: the release follows it`);
  }
  if (group.scale !== undefined) {
    refuseAstray(group, changes);
    const plan = await planScale(input, { ...group, sizes: group.scale.sizes }, look);
    return { ...base, mode: plan.batches.length === 0 ? 'none' : 'scale', plan, warnings: [] };
  }
  const slicing = { bastion: input.bastion ?? true, desired: group.instances.length };
  if (group.restart !== undefined) {
    return { ...base, mode: 'restart', plan: planBatches(members, input.config, slicing), warnings };
  }
  if (changes.every(({ change }) => change === 'none') && existing.every(({ set }) => set?.settled === true)) {
    return { ...base, mode: 'none', plan: { batches: [], rounding: '', budget: [] }, warnings };
  }
  const mode = anew.length === 0 ? 'in-place' : anew.length === group.azSets.length ? 'recreate' : 'mixed';
  if (anew.length > 0) {
    const where = mode === 'mixed' ? ` in ${anew.map(({ set }) => `${set.cluster}/${set.az}`).join(', ')}` : '';
    const reasons = [...new Set(anew.flatMap(({ why }) => why))].join(', ');
    warnings.push(`new instances are needed${where} for: ${reasons}`);
  }
  return {
    ...base,
    mode,
    plan: planBatches(members, input.config, slicing),
    warnings,
  };
}

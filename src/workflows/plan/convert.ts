import { ApplicationFailure } from '@temporalio/workflow';
import type { AzSetRef } from '../../domain/types.ts';
import type { GroupPlan, PlanReleaseInput } from '../../temporal/messages.ts';
import type { GroupLook } from '../release/context.ts';

type PlannedGroup = PlanReleaseInput['groups'][number];

/**
 * Whose sets are made anew.
 * @throws SETS_MISSING, SET_NOT_AT_REST where a set was not saved before
 */
export function planConversion(
  { ref, instances }: PlannedGroup,
  { to, saved = {}, savedOnly = false }: NonNullable<PlannedGroup['convert']>,
  look: GroupLook,
): GroupPlan {
  const isSaved = ({ ref: set }: { ref: AzSetRef }): boolean => saved[set.name] !== undefined;
  const found = look.sets.filter((one) => !savedOnly || isSaved(one));
  const others = found.filter((one) => !isSaved(one));
  const named = (sets: typeof others): string => sets.map(({ ref: set }) => set.name).join(', ');
  const missing = others.filter(({ set }) => set === null);
  const refuse = (code: string, message: string): Error => ApplicationFailure.nonRetryable(message, code);
  if (missing.length > 0) throw refuse('SETS_MISSING', `sets that should exist are gone: ${named(missing)}`);
  const astray = others.filter(({ set }) => set?.settled !== true);
  if (astray.length > 0) throw refuse('SET_NOT_AT_REST', `${named(astray)} is not at rest on its revision`);
  const names = found.filter(({ set }) => set?.management !== to).map(({ ref: set }) => set.name);
  const members = instances.filter(({ azSet }) => names.includes(azSet.name));
  const base = { ref, images: {}, running: [] };
  if (names.length === 0)
    return { ...base, mode: 'none', plan: { batches: [], rounding: '', budget: [] }, warnings: [] };
  return {
    ...base,
    mode: 'convert',
    plan: {
      batches: [{ index: 0, members }],
      rounding: `${names.join(', ')} becomes ${to}; no instance ends`,
      budget: [],
    },
    warnings: ['for some moments in which a set is away, nothing brings back an instance of it that ends'],
  };
}

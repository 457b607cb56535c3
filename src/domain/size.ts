import { TransshipError } from './errors.ts';
import { memberName, ordinalOf } from './member.ts';
import type { AzSetRef, InstanceRef } from './types.ts';

/** How many instances a set has, or is to have. */
export type SizedSet = AzSetRef & { count: number };

/** Instances that come, and those whose place goes. */
export interface SizeChange {
  born: InstanceRef[];
  gone: InstanceRef[];
}

/**
 * What becomes of a group's instances when its sets have these sizes. The places at the end of a set are those that come
 * and go; new instances are numbered on.
 * @param group named in front of the number, where there is no instance to go by
 * @param sets those whose size is known; of the others every instance keeps its place
 */
export function sizeChange(group: string, instances: readonly InstanceRef[], sets: readonly SizedSet[]): SizeChange {
  const gone = instances.filter(({ azSet, member }) => {
    const set = sets.find((one) => isSameSet(one, azSet));
    return set !== undefined && ordinalOf(member) >= set.count;
  });
  const [any] = instances;
  const prefix = any?.name.slice(0, -String(any.index).length) ?? `${group}-`;
  let index = Math.max(-1, ...instances.map((instance) => instance.index));
  const born: InstanceRef[] = [];
  for (const { count, ...azSet } of sets) {
    const known = new Set(instances.filter((it) => isSameSet(it.azSet, azSet)).map(({ member }) => member));
    for (let ordinal = 0; ordinal < count; ordinal++) {
      const member = memberName(azSet.name, ordinal);
      if (known.has(member)) continue;
      index += 1;
      born.push({ index, name: `${prefix}${String(index)}`, azSet, member });
    }
  }
  return { born, gone };
}

/**
 * Sizes that sum to the total, as even as what there is allows: what comes goes to the smallest sets, what goes is of the
 * largest.
 * @throws TransshipError REQUEST_INVALID where the group has no set
 */
export function spread<S extends SizedSet>(sets: readonly S[], total: number): S[] {
  const sized = sets.map((set) => ({ ...set }));
  const by = (better: (a: S, b: S) => boolean): S => {
    const [first, ...others] = sized;
    if (first === undefined) throw new TransshipError('REQUEST_INVALID', 'the group has no set that could be scaled');
    return others.reduce((best, one) => (better(one, best) ? one : best), first);
  };
  let left = total - sized.reduce((sum, { count }) => sum + count, 0);
  for (; left > 0; left--) by((a, b) => a.count < b.count).count++;
  for (; left < 0; left++) by((a, b) => a.count >= b.count).count--;
  return sized;
}

/** The same set, whatever is said beside its name. */
export function isSameSet(a: AzSetRef, b: AzSetRef): boolean {
  return a.name === b.name && a.idc === b.idc && a.cluster === b.cluster && a.namespace === b.namespace;
}

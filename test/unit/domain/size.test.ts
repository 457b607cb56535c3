import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sizeChange, spread, type SizedSet } from '../../../src/domain/size.ts';
import type { InstanceRef } from '../../../src/domain/types.ts';

const set = (name: string, count: number, idc = 'north'): SizedSet => ({
  ...{ idc, az: 'az-1', cluster: `${idc}-1`, namespace: 'pro', name },
  count,
});
const counts = (sets: SizedSet[]): number[] => sets.map(({ count }) => count);

describe('spread', () => {
  it('makes the sets as even as they can become', () => {
    const sets = [set('a', 2), set('b', 2), set('c', 2)];
    expect(counts(spread(sets, 6))).toEqual([2, 2, 2]);
    expect(counts(spread(sets, 8))).toEqual([3, 3, 2]);
    expect(counts(spread(sets, 4))).toEqual([2, 1, 1]);
    expect(counts(spread([set('a', 5), set('b', 1)], 8))).toEqual([5, 3]);
    expect(counts(spread([set('a', 5), set('b', 1)], 3))).toEqual([2, 1]);
  });

  it('sums to the total, and takes from none while it gives to another', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), fc.nat(80), (sizes, total) => {
        const sets = sizes.map((count, i) => set(`s${String(i)}`, count));
        const after = counts(spread(sets, total));
        expect(after.reduce((sum, one) => sum + one, 0)).toBe(total);
        const moves = after.map((one, i) => Math.sign(one - (sizes[i] ?? 0)));
        expect(moves.includes(1) && moves.includes(-1)).toBe(false);
        expect(Math.min(...after)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('sizeChange', () => {
  const at = (index: number, name: string, ordinal: number, idc = 'north'): InstanceRef => {
    const azSet = { idc, az: 'az-1', cluster: `${idc}-1`, namespace: 'pro', name };
    return { index, name: `web-${String(index)}`, azSet, member: `${name}-${String(ordinal)}` };
  };
  const four = [at(0, 'a', 0), at(1, 'b', 0), at(2, 'a', 1), at(3, 'b', 1)];
  const names = (instances: InstanceRef[]): string[] => instances.map(({ name, member }) => `${name} ${member}`);

  it('numbers on what comes, and lets the last places go', () => {
    const { born, gone } = sizeChange('web', four, [set('a', 4), set('b', 1)]);
    expect(names(born)).toEqual(['web-4 a-2', 'web-5 a-3']);
    expect(names(gone)).toEqual(['web-3 b-1']);
  });

  it('knows a set by its place, not by its name alone', () => {
    const { born, gone } = sizeChange('web', four, [set('a', 1, 'south')]);
    expect(names(gone)).toEqual([]);
    expect(born.map(({ azSet, member }) => `${azSet.idc} ${member}`)).toEqual(['south a-0']);
  });

  it('begins with 0 where there is no instance', () => {
    expect(names(sizeChange('web', [], [set('a', 2)]).born)).toEqual(['web-0 a-0', 'web-1 a-1']);
  });

  it('leaves alone a set whose size is not known', () => {
    expect(sizeChange('web', four, [])).toEqual({ born: [], gone: [] });
  });
});

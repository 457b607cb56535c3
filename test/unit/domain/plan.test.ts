import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { brake } from '../../../src/domain/brake.ts';
import { type PlannedMember, planBatches } from '../../../src/domain/plan.ts';

/** Members dealt round robin over `sets` AzSets, as a layout does; those listed in `broken` do not serve. */
function members(count: number, { broken = [], sets = 1 }: { broken?: number[]; sets?: number } = {}): PlannedMember[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `set-${index % sets}`;
    const azSet = { idc: 'north', az: `az-${index % sets}`, cluster: 'north-1', namespace: 'fat', name };
    const member = `${name}-${Math.floor(index / sets)}`;
    return { instance: { index, name: `web-${index}`, azSet, member }, serving: !broken.includes(index) };
  });
}

const indexes = (plan: ReturnType<typeof planBatches>): number[][] =>
  plan.batches.map((batch) => batch.members.map(({ index }) => index));

/** A group of any size over any AzSets, unevenly full, any of its members broken, listed in any order. */
const groups = fc.nat(120).chain((count) =>
  fc.record({
    group: fc
      .array(fc.record({ set: fc.nat(5), serving: fc.boolean() }), { minLength: count, maxLength: count })
      .map((drawn) =>
        drawn.map(({ set, serving }, index) => {
          const [member] = members(1);
          if (member === undefined) throw new Error('no member');
          const azSet = { ...member.instance.azSet, name: `set-${set}` };
          return { serving, instance: { index, name: `web-${index}`, azSet, member: `set-${set}-${index}` } };
        }),
      )
      .chain((list) => fc.shuffledSubarray(list, { minLength: list.length })),
    batchPercent: fc.integer({ min: 1, max: 50 }),
  }),
);

describe('planBatches', () => {
  test.each([
    [0, 25, [], 'no instances, no batches'],
    [1, 25, [1], '25 % of 1 = 0.25, at least 1'],
    [2, 25, [1, 1], '25 % of 2 = 0.5, at least 1'],
    [3, 20, [1, 1, 1], '20 % of 3 = 0.6, at least 1'],
    [3, 50, [1, 1, 1], '50 % of 3 = 1.5, rounded down to 1'],
    [4, 25, [1, 1, 1, 1], '25 % of 4 = 1'],
    [4, 50, [1, 2, 1], '50 % of 4 = 2'],
    [12, 25, [1, 3, 3, 3, 2], '25 % of 12 = 3'],
    [12, 33, [1, 3, 3, 3, 2], '33 % of 12 = 3.96, rounded down to 3'],
    [12, 50, [1, 6, 5], '50 % of 12 = 6'],
    [12, 90, [1, 6, 5], '90 % of 12 = 10.8, rounded down to 10, at most 50 % = 6'],
    [13, 25, [1, 3, 3, 3, 3], '25 % of 13 = 3.25, rounded down to 3'],
    [40, 25, [1, 10, 10, 10, 9], '25 % of 40 = 10'],
    [40, 1, Array.from({ length: 40 }, () => 1), '1 % of 40 = 0.4, at least 1'],
  ])('%i instances, %i percent: batches of %j, because %s', (count, batchPercent, sizes, rounding) => {
    const plan = planBatches(members(count), { batchPercent });
    expect(plan.batches.map((batch) => batch.members.length)).toEqual(sizes);
    expect(plan.batches.map(({ index }) => index)).toEqual(sizes.map((_, index) => index));
    expect(plan.rounding).toBe(rounding);
    expect(plan.budget).toHaveLength(sizes.length);
  });

  it('spreads the members of a batch over the AzSets', () => {
    const plan = planBatches(members(12, { sets: 4 }), { batchPercent: 25 });
    expect(indexes(plan)).toEqual([[0], [1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11]]);
    for (const batch of plan.batches) {
      const sets = batch.members.map(({ azSet }) => azSet.name);
      expect(new Set(sets).size).toBe(sets.length);
    }
  });

  it('takes AzSets apart that bear one name in two clusters', () => {
    const group = members(6).map((member, index) => {
      const azSet = { ...member.instance.azSet, cluster: index < 3 ? 'north-1' : 'south-1' };
      return { ...member, instance: { ...member.instance, azSet } };
    });
    expect(indexes(planBatches(group, { batchPercent: 34 }))).toEqual([[0], [3, 1], [4, 2], [5]]);
  });

  it('takes broken members first, by index, the first of them as bastion', () => {
    const plan = planBatches(members(12, { broken: [9, 2, 5], sets: 2 }), { batchPercent: 25 });
    expect(indexes(plan)).toEqual([[2], [5, 9, 0], [1, 4, 3], [6, 7, 8], [11, 10]]);
    expect(plan.budget.map(({ serving, taken }) => [serving, taken])).toEqual([
      [9, 0],
      [10, 1],
      [12, 3],
      [12, 3],
      [12, 2],
    ]);
  });

  it('replaces a version that is broken everywhere without a brake', () => {
    const plan = planBatches(members(8, { broken: [0, 1, 2, 3, 4, 5, 6, 7] }), { batchPercent: 25 });
    expect(plan.budget.map(({ taken, pass }) => [taken, pass])).toEqual(plan.budget.map(() => [0, true]));
  });

  it('holds every instance exactly once, in no empty batch and none over the cap, bastion alone and first', () => {
    fc.assert(
      fc.property(groups, ({ group, batchPercent }) => {
        const { batches } = planBatches(group, { batchPercent });
        const desired = group.length;
        const planned = batches.flatMap((batch) => batch.members);
        expect(planned.toSorted((a, b) => a.index - b.index)).toEqual(
          group.map(({ instance }) => instance).toSorted((a, b) => a.index - b.index),
        );
        const cap = Math.max(1, Math.min(Math.floor((batchPercent * desired) / 100), Math.floor(desired / 2)));
        for (const [index, batch] of batches.entries()) {
          expect(batch.index).toBe(index);
          expect(batch.members.length).toBeGreaterThan(0);
          expect(batch.members.length).toBeLessThanOrEqual(index === 0 ? 1 : cap);
          // Only the last batch may be smaller than the others.
          if (index > 0 && index < batches.length - 1) expect(batch.members.length).toBe(cap);
        }
      }),
    );
  });

  it('puts those that do not serve before those that do', () => {
    fc.assert(
      fc.property(groups, ({ group, batchPercent }) => {
        const serving = new Map(group.map((member) => [member.instance.index, member.serving]));
        const order = planBatches(group, { batchPercent }).batches.flatMap((batch) => batch.members);
        const flags = order.map(({ index }) => serving.get(index));
        expect(flags).toEqual(flags.toSorted((a, b) => Number(a) - Number(b)));
        const broken = order.filter(({ index }) => serving.get(index) === false).map(({ index }) => index);
        expect(broken).toEqual(broken.toSorted((a, b) => a - b));
      }),
    );
  });

  it('takes a second member of an AzSet only when every AzSet with members left gave one', () => {
    fc.assert(
      fc.property(groups, ({ group, batchPercent }) => {
        const healthy = group.map((member) => ({ ...member, serving: true }));
        const order = planBatches(healthy, { batchPercent }).batches.flatMap((batch) => batch.members);
        const left = Map.groupBy(order, ({ azSet }) => azSet.name);
        const given = new Map<string, number>();
        for (const { azSet } of order) {
          const turn = given.get(azSet.name) ?? 0;
          for (const [name, all] of left) {
            expect(given.get(name) ?? 0).toBeGreaterThanOrEqual(Math.min(turn, all.length));
          }
          given.set(azSet.name, turn + 1);
        }
      }),
    );
  });

  // For every size ≥ 0, every percentage 1–50 and whatever is broken at the start: if each batch comes back, no brake.
  it('never brakes itself: every batch passes when the earlier ones came back', () => {
    fc.assert(
      fc.property(groups, ({ group, batchPercent }) => {
        const { batches, budget } = planBatches(group, { batchPercent });
        const serving = new Set(group.filter((member) => member.serving).map(({ instance }) => instance.index));
        for (const [i, batch] of batches.entries()) {
          const taken = batch.members.filter(({ index }) => serving.has(index)).length;
          expect(budget[i]).toEqual(brake({ desired: group.length, batchPercent, serving: serving.size, taken }));
          expect(budget[i]?.pass).toBe(true);
          for (const { index } of batch.members) serving.add(index);
        }
      }),
    );
  });

  describe('in waves', () => {
    const waved = fc
      .record({ of: groups, waves: fc.constantFrom('idc' as const, 'az' as const) })
      .map(({ of: { group, batchPercent }, waves }) => ({
        config: { batchPercent, waves },
        group: group.map((member) => {
          const { azSet } = member.instance;
          const set = Number(azSet.name.split('-')[1]);
          const place = { idc: `idc-${String(set % 2)}`, az: `az-${String(set % 3)}` };
          return { ...member, instance: { ...member.instance, azSet: { ...azSet, ...place } } };
        }),
      }));
    const labelOf = ({ azSet }: PlannedMember['instance'], waves: 'idc' | 'az'): string =>
      waves === 'idc' ? azSet.idc : `${azSet.idc}/${azSet.az}`;

    it('all of one IDC come before the next; what does not serve comes first, wherever it is', () => {
      const all = members(8, { sets: 2 }).map(({ instance, serving }, index) => {
        const azSet = { ...instance.azSet, idc: index % 2 === 0 ? 'north' : 'south' };
        return { serving: serving && index !== 7, instance: { ...instance, azSet } };
      });
      const plan = planBatches(all, { batchPercent: 25, waves: 'idc' });
      expect(indexes(plan)).toEqual([[7], [0, 2], [4, 6], [1, 3], [5]]);
      expect(plan.batches.map(({ wave }) => wave)).toEqual([undefined, 'north', 'north', 'south', 'south']);
      expect(plan.rounding).toBe('25 % of 8 = 2; wave by wave: north, then south');
      expect(indexes(planBatches(all, { batchPercent: 25, waves: 'none' }))).toEqual([
        [7],
        [0, 1],
        [2, 3],
        [4, 5],
        [6],
      ]);
    });

    it('holds every instance exactly once, no batch spans two waves, and none comes back to one that was left', () => {
      fc.assert(
        fc.property(waved, ({ group, config }) => {
          const { batches, budget } = planBatches(group, config);
          const planned = batches.flatMap((batch) => batch.members).map(({ index }) => index);
          expect(planned.toSorted((a, b) => a - b)).toEqual(group.map((_, index) => index).toSorted((a, b) => a - b));
          expect(budget.every(({ pass }) => pass)).toBe(true);
          const serving = new Map(group.map((member) => [member.instance.index, member.serving]));
          const passed: string[] = [];
          for (const { members: batch, wave } of batches) {
            const here = batch.filter(({ index }) => serving.get(index)).map((it) => labelOf(it, config.waves));
            expect([...new Set(here)]).toEqual(wave === undefined ? [] : [wave]);
            if (wave === undefined || passed.at(-1) === wave) continue;
            expect(passed).not.toContain(wave);
            passed.push(wave);
          }
        }),
      );
    });
  });

  describe('with ordered sets', () => {
    const ordered = fc
      .record({ of: groups, sets: fc.uniqueArray(fc.nat(5)) })
      .map(({ of: { group, batchPercent }, sets }) => ({
        batchPercent,
        group: group.map((member) => ({
          ...member,
          ordered: sets.some((set) => member.instance.azSet.name === `set-${String(set)}`),
        })),
      }));

    it('takes one of a set at a time, from the last; and first those that do not serve, from the first', () => {
      const all = members(6, { sets: 2 }).map((member, index) => ({ ...member, ordered: index % 2 === 0 }));
      // set-0 holds 0, 2 and 4.
      expect(indexes(planBatches(all, { batchPercent: 50 }))).toEqual([[4], [1, 2, 3], [0, 5]]);
      const broken = all.map((member, index) => ({ ...member, serving: index !== 0 && index !== 2 }));
      expect(indexes(planBatches(broken, { batchPercent: 50 }))).toEqual([[0], [2, 1, 3], [4, 5]]);
      const alone = members(4).map((member) => ({ ...member, ordered: true }));
      expect(indexes(planBatches(alone, { batchPercent: 50 }))).toEqual([[3], [2], [1], [0]]);
      const shares = { batchPercent: 50, batchShares: [50, 50] };
      expect(indexes(planBatches(alone, shares))).toEqual([[3], [2], [1], [0]]);
    });

    it('holds every instance exactly once, in no empty batch, and of an ordered set one at a time', () => {
      fc.assert(
        fc.property(ordered, ({ group, batchPercent }) => {
          const { batches } = planBatches(group, { batchPercent });
          const planned = batches.flatMap((batch) => batch.members).map(({ index }) => index);
          expect(planned.toSorted((a, b) => a - b)).toEqual(group.map((_, index) => index));
          const isOrdered = new Set(group.filter((one) => one.ordered).map(({ instance }) => instance.azSet.name));
          for (const { members: batch } of batches) {
            expect(batch.length).toBeGreaterThan(0);
            for (const set of isOrdered)
              expect(batch.filter(({ azSet }) => azSet.name === set).length).toBeLessThanOrEqual(1);
          }
        }),
      );
    });

    it('still never brakes itself, and replaces what does not serve first', () => {
      fc.assert(
        fc.property(ordered, ({ group, batchPercent }) => {
          const { batches, budget } = planBatches(group, { batchPercent });
          expect(budget.every(({ pass }) => pass)).toBe(true);
          const serving = new Map(group.map((member) => [member.instance.index, member.serving]));
          const flags = batches.flatMap((batch) => batch.members).map(({ index }) => serving.get(index));
          expect(flags).toEqual(flags.toSorted((a, b) => Number(a) - Number(b)));
        }),
      );
    });
  });

  it('gives the same plan whatever the order it is told the members in', () => {
    fc.assert(
      fc.property(groups, ({ group, batchPercent }) => {
        const sorted = group.toSorted((a, b) => a.instance.index - b.instance.index);
        expect(planBatches(group, { batchPercent })).toEqual(planBatches(sorted, { batchPercent }));
      }),
    );
  });
});

import { describe, expect, it, test } from 'vitest';
import { batchPatternSchema, sharesOf } from '../../../src/domain/pattern.ts';
import { planBatches, type PlannedMember } from '../../../src/domain/plan.ts';

const members = (count: number): PlannedMember[] =>
  Array.from({ length: count }, (_, index) => ({
    instance: {
      index,
      name: `web-${index}`,
      member: `set-${index}`,
      azSet: { idc: 'north', az: 'az-1', cluster: 'north-1', namespace: 'fat', name: 'set' },
    },
    serving: true,
  }));

const sizes = (count: number, pattern: string): number[] => {
  const shares = sharesOf(batchPatternSchema.parse(pattern));
  const plan = planBatches(members(count), { batchPercent: shares[0] ?? 0, batchShares: shares });
  expect(plan.budget.every(({ pass }) => pass)).toBe(true);
  expect(plan.batches.map(({ index }) => index)).toEqual(plan.batches.map((_, index) => index));
  return plan.batches.map((batch) => batch.members.length);
};

describe('a batch pattern', () => {
  test.each([
    ['10%+20%', 'the shares sum to 30, not to 100'],
    ['50%+51%', 'the shares sum to 101, not to 100'],
    ['10%+40%+50%', 'a batch of 40 % would brake'],
    ['60%+40%', 'a batch of 60 % would brake'],
    ['0%+50%+50%', 'a batch of 0 % takes nobody'],
    ['60%', 'no batch takes more than 50 %'],
    ['25', 'must be 25%'],
    ['25%+', 'must be 25%'],
    ['', 'must be 25%'],
  ])('%s is refused: %s', (pattern, why) => {
    const { error } = batchPatternSchema.safeParse(pattern);
    expect(error?.issues.map(({ message }) => message).join()).toContain(why);
  });

  test.each([
    [12, '10%+20%+25%+25%+20%', [1, 1, 2, 3, 2, 3]],
    [41, '10%+20%+25%+25%+20%', [1, 4, 8, 10, 10, 8]],
    [100, '5%+20%+25%+25%+25%', [1, 4, 20, 25, 25, 25]],
    [3, '25%+25%+25%+25%', [1, 1, 1]],
    [1, '50%+50%', [1]],
    [0, '50%+50%', []],
    [10, '50%+50%', [1, 4, 5]],
  ])('%i instances by %s: batches of %j', (count, pattern, expected) => {
    expect(sizes(count, pattern)).toEqual(expected);
  });

  it('takes everybody once, in no batch over the budget, whatever the size of the group', () => {
    for (let count = 0; count <= 200; count++) {
      for (const pattern of ['10%+20%+25%+25%+20%', '1%+24%+25%+25%+25%', '40%+40%+20%']) {
        expect(sizes(count, pattern).reduce((sum, size) => sum + size, 0)).toBe(count);
      }
    }
  });

  it('slices the rest of a group by its whole size, without a bastion', () => {
    const plan = planBatches(members(12).slice(4), { batchPercent: 25 }, { bastion: false, desired: 12 });
    expect(plan.batches.map(({ index, members: { length } }) => [index, length])).toEqual([
      [1, 3],
      [2, 3],
      [3, 2],
    ]);
    expect(plan.budget[0]).toMatchObject({ desired: 12, floor: 9, serving: 12, taken: 3, pass: true });
  });
});

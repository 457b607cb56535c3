import { expect, test } from 'vitest';
import { slopePercent } from '../../bench/releases/slope.ts';

test('a slope is the last quarter against the first', () => {
  expect(slopePercent([10, 10, 99, 1, 1, 99, 12, 12])).toBeCloseTo(20);
  expect(slopePercent([7])).toBe(0);
});

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { brake, describeBudget } from '../../../src/domain/brake.ts';

const amounts = fc
  .record({ desired: fc.nat(5000), batchPercent: fc.integer({ min: 1, max: 50 }) })
  .chain(({ desired, batchPercent }) =>
    fc.nat(desired).chain((serving) => fc.nat(serving).map((taken) => ({ desired, batchPercent, serving, taken }))),
  );

describe('brake', () => {
  // desired, first batch %, floor
  test.each([
    [0, 25, 0],
    [1, 25, 0],
    [2, 25, 1],
    [3, 25, 1],
    [3, 50, 1],
    [4, 25, 3],
    [4, 50, 2],
    [5, 25, 3],
    [12, 25, 9],
    [12, 10, 9],
    [12, 50, 6],
    [40, 25, 30],
    [40, 30, 28],
    [41, 25, 30],
  ])('%i desired, batches of %i percent: %i must serve', (desired, batchPercent, floor) => {
    expect(brake({ desired, batchPercent, serving: desired, taken: 0 }).floor).toBe(floor);
  });

  // desired, serving, taken, pass
  test.each([
    [12, 12, 3, true],
    [12, 12, 4, false],
    [12, 11, 2, true],
    [12, 11, 3, false],
    [12, 9, 1, false],
    [12, 5, 0, true],
    [12, 0, 0, true],
    [3, 3, 2, true],
    [3, 2, 1, true],
    [3, 1, 1, false],
    [1, 1, 1, true],
  ])('%i desired, %i serve, %i taken at 25 percent: pass is %s', (desired, serving, taken, pass) => {
    expect(brake({ desired, batchPercent: 25, serving, taken }).pass).toBe(pass);
  });

  it('never lets what serves fall under the floor', () => {
    fc.assert(
      fc.property(amounts, (input) => {
        const sum = brake(input);
        if (sum.pass && sum.taken > 0) expect(sum.serving - sum.taken).toBeGreaterThanOrEqual(sum.floor);
      }),
    );
  });

  it('always passes where nothing that serves is taken', () => {
    fc.assert(
      fc.property(amounts, (input) => {
        expect(brake({ ...input, taken: 0 }).pass).toBe(true);
      }),
    );
  });

  it('passes less readily the more is taken, the less serves and the smaller the batches', () => {
    fc.assert(
      fc.property(amounts, (input) => {
        fc.pre(input.taken > 0 && brake(input).pass);
        expect(brake({ ...input, taken: input.taken - 1 }).pass).toBe(true);
        expect(brake({ ...input, serving: input.serving + 1 }).pass).toBe(true);
        expect(brake({ ...input, batchPercent: input.batchPercent + 1 }).pass).toBe(true);
      }),
    );
  });

  it('says its arithmetic in one line', () => {
    const said = (serving: number, taken: number) =>
      describeBudget(brake({ desired: 12, batchPercent: 25, serving, taken }));
    expect(said(12, 3)).toBe('12 desired, at most 25 % out: 9 must serve; 12 serve − 3 taken = 9 ≥ 9: pass');
    expect(said(10, 3)).toBe('12 desired, at most 25 % out: 9 must serve; 10 serve − 3 taken = 7 < 9: brake');
    expect(said(4, 0)).toBe('12 desired, at most 25 % out: 9 must serve; 4 serve, none of them taken: pass');
  });
});

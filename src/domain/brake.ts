/** The brake's arithmetic, shown to people. */
export interface BudgetSum {
  desired: number;
  /** Largest percentage that may be out: max(25, batchPercent). */
  percent: number;
  /** Instances that must keep serving. */
  floor: number;
  serving: number;
  /** Members of the batch that serve now. */
  taken: number;
  pass: boolean;
}

/** Never less than this percentage may be out, however small the batches: else a group of few could not move at all. */
const LEAST_PERCENT_OUT = 25;

/**
 * The brake: may a batch go out now? Desired size d, p = max(25, batchPercent). The floor, the number of instances that
 * must keep serving, is 0 for d ≤ 1, 1 for d = 2 or 3, else ⌊d·(100−p)/100⌋. Pass when nothing that serves is taken
 * (replacing what is out costs nothing), or when serving − taken ≥ floor.
 *
 * The base is the desired size, not what happens to be online, so that a group that melts batch by batch cannot lower
 * its own floor.
 *
 * @param input.desired instances the group should have, over all its clusters
 * @param input.batchPercent size of the first batch in percent, 1–50
 * @param input.serving instances that receive traffic now
 * @param input.taken those members of the batch that serve now
 */
export function brake(input: { desired: number; batchPercent: number; serving: number; taken: number }): BudgetSum {
  const { desired, serving, taken } = input;
  const percent = brakePercent(input.batchPercent);
  const floor = floorOf(desired, percent);
  return { desired, percent, floor, serving, taken, pass: taken === 0 || serving - taken >= floor };
}

/** The largest percentage that may be out at once. */
export function brakePercent(firstBatchPercent: number): number {
  return Math.max(LEAST_PERCENT_OUT, firstBatchPercent);
}

/** Instances that must keep serving. */
export function floorOf(desired: number, percent: number): number {
  if (desired <= 1) return 0;
  if (desired <= 3) return 1;
  return Math.floor((desired * (100 - percent)) / 100);
}

/** The arithmetic in one line: `12 desired, at most 25 % out: 9 must serve; 12 serve − 3 taken = 9 ≥ 9: pass`. */
export function describeBudget(sum: BudgetSum): string {
  const rule = `${sum.desired} desired, at most ${sum.percent} % out: ${sum.floor} must serve`;
  if (sum.taken === 0) return `${rule}; ${sum.serving} serve, none of them taken: pass`;
  const left = sum.serving - sum.taken;
  const enough = left >= sum.floor;
  return `${rule}; ${sum.serving} serve − ${sum.taken} taken = ${left} ${enough ? '≥' : '<'} ${sum.floor}: ${sum.pass ? 'pass' : 'brake'}`;
}

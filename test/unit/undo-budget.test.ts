// The leave of an undo, on conditions as the SDK has them: asked in the order in which they began to wait, once all that
// was woken before has come to rest.
import { beforeEach, expect, test, vi } from 'vitest';
import { UndoBudget } from '../../src/workflows/release/budget.ts';

interface Waiter {
  fulfilled: () => boolean;
  timed: boolean;
  wake: (fulfilled: boolean) => void;
}
const clock = vi.hoisted((): { waiters: Waiter[] } => ({ waiters: [] }));

vi.mock('@temporalio/workflow', () => ({
  patched: () => true,
  condition: (fulfilled: () => boolean, timeout?: number) =>
    fulfilled()
      ? Promise.resolve(true)
      : new Promise((wake) => clock.waiters.push({ fulfilled, timed: timeout !== undefined, wake })),
}));

beforeEach(() => {
  clock.waiters = [];
});

/** Wakes whoever may go on, until nobody may. */
async function settle(): Promise<void> {
  for (;;) {
    await new Promise(setImmediate);
    const woken = clock.waiters.filter(({ fulfilled }) => fulfilled());
    if (woken.length === 0) return;
    clock.waiters = clock.waiters.filter((waiter) => !woken.includes(waiter));
    for (const { wake } of woken) wake(true);
  }
}

/** The pause of the count is over. @returns how many counts there were that paused */
async function pass(): Promise<number> {
  const timed = clock.waiters.filter((waiter) => waiter.timed);
  clock.waiters = clock.waiters.filter((waiter) => !waiter.timed);
  for (const { wake } of timed) wake(false);
  await settle();
  return timed.length;
}

/** Six serve at first, and six must. */
function budgetOf(serving: { now: string[] | null }): { budget: UndoBudget; taken: string[]; said: (number | null)[] } {
  const [taken, said]: [string[], (number | null)[]] = [[], []];
  const budget = new UndoBudget(6, 6, {
    serving: () => Promise.resolve(serving.now),
    short: (count) => Promise.resolve(void said.push(count)),
  });
  return { budget, taken, said };
}

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `web-${at}`);

test('of several that wait each gets leave as soon as one more serves, though none was given back', async () => {
  const serving: { now: string[] | null } = { now: names(6) };
  const { budget, taken, said } = budgetOf(serving);
  for (const name of ['web-0', 'web-1', 'web-2']) void budget.take(name).then(() => taken.push(name));
  await settle();
  expect(await pass()).toBe(1);
  expect([taken, said]).toEqual([[], [6]]);

  serving.now = names(7);
  expect(await pass()).toBe(1);
  expect(taken).toEqual(['web-0']);
  // It is in hand, whether it serves still or not: that takes no leave from the floor twice.
  expect(await pass()).toBe(1);
  expect(taken).toEqual(['web-0']);

  serving.now = names(9);
  expect(await pass()).toBe(1);
  expect(taken).toEqual(['web-0', 'web-1', 'web-2']);
  expect(clock.waiters).toEqual([]);
});

test('what is given back goes to the next one; the one after it waits on, and is counted for', async () => {
  const serving: { now: string[] | null } = { now: names(7) };
  const { budget, taken } = budgetOf(serving);
  for (const name of ['web-0', 'web-1', 'web-2']) void budget.take(name).then(() => taken.push(name));
  await settle();
  await pass();
  await pass();
  budget.giveBack('web-0');
  await settle();
  expect(taken).toEqual(['web-0', 'web-1']);
  serving.now = names(8);
  expect(await pass()).toBe(1);
  expect(taken).toEqual(['web-0', 'web-1', 'web-2']);
});

test('where no cluster tells, it says so, and nobody gets leave', async () => {
  const { budget, taken, said } = budgetOf({ now: null });
  void budget.take('web-0').then(() => taken.push('web-0'));
  await settle();
  await pass();
  expect([taken, said]).toEqual([[], [null]]);
});

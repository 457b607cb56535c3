import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { MemberAt } from '../../../src/drivers/azset/index.ts';
import { codeOf, eventually, membersOf, openGuard, type World } from '../world.ts';
import { recreation } from './recreation.ts';

/** Who says how many must stay is asked before an instance is ended. */
export function budgetContract(world: () => World): void {
  const { open, staged, recreate } = recreation(world);

  test('a budget that has nothing to give is waited for, and named', async () => {
    const { subject, target, before } = await staged(2);
    const [, high] = before;
    if (high === undefined) throw new Error('two');
    const release = await world().budget(subject, 2);
    await open(subject, target);
    const told: string[] = [];
    const waiting = { signal: new AbortController().signal, heartbeat: (what: string) => void told.push(what) };
    const attempt = world().azSets.recreate(high, target, openGuard(), waiting);
    await eventually(() => Promise.resolve(told.some((what) => what.includes('budget-') && what.includes('needs 2'))));
    expect(await membersOf(world(), subject)).toEqual(before);
    await release();
    expect(await attempt).toMatchObject({ revision: target.revision, running: true });
  });

  test('a budget that gives nothing for long: said so, and the same call finishes when it does', async () => {
    const { subject, target, before } = await staged(1);
    const release = await world().budget(subject, 1);
    await open(subject, target);
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const attempt = codeOf(recreate(before[0] as MemberAt, target));
      await delay(500);
      vi.setSystemTime(Date.now() + 301_000);
      const { code, message } = await attempt;
      expect(code).toBe('EVICTION_REFUSED');
      expect(message).toContain('budget-');
    } finally {
      vi.useRealTimers();
    }
    await release();
    expect(await recreate(before[0] as MemberAt, target)).toMatchObject({ running: true });
  });

  test('two budgets for one instance are for a person to mend', async () => {
    const { subject, target, before } = await staged(1);
    const releases = [await world().budget(subject, 0), await world().budget(subject, 0)];
    await open(subject, target);
    const { code, message } = await codeOf(recreate(before[0] as MemberAt, target));
    expect(code).toBe('BUDGETS_CONFLICT');
    expect(message).toContain(before[0]?.member);
    expect(await membersOf(world(), subject)).toEqual(before);
    await releases[0]?.();
    expect(await recreate(before[0] as MemberAt, target)).toMatchObject({ running: true });
  });
}

/** Where nobody can say so: whoever asks has to have counted. */
export function unbudgetedContract(world: () => World): void {
  const { pullOut, open, close, staged, recreate } = recreation(world);

  test('nobody is asked: all of a set are ended at once, where that is wanted', async () => {
    const { subject, target, before } = await staged(3);
    await Promise.all(before.map((at) => pullOut(at)));
    await open(subject, target);
    const born = await Promise.all(before.map((at) => recreate(at, target)));
    expect(born.map(({ running }) => running)).toEqual([true, true, true]);
    await close(subject);
    const starts = await world().starts(subject);
    expect(Object.values(starts)).toEqual(Array(3).fill(['v2']));
  });
}

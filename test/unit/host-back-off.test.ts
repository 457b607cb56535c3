import { describe, expect, test } from 'vitest';
import { BackOff } from '../../devfleet/host/kubelet/back-off.ts';

describe('restart back-off', () => {
  const limits = () => ({ startSeconds: 10, maxSeconds: 300 });

  test('none before the first retry, then 10 s doubling to 300 s', () => {
    const backOff = new BackOff(limits);
    const waits: number[] = [];
    const words: string[] = [];
    for (let now = 0, n = 0; n < 8; n++) {
      const wait = backOff.left(now, now);
      waits.push(wait / 1000);
      now += wait;
      backOff.next(now);
      words.push(backOff.delay);
    }
    expect(words.slice(0, 4)).toEqual(['10s', '20s', '40s', '1m20s']);
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  test('counts from the end of the last run', () => {
    const backOff = new BackOff(limits);
    backOff.next(0);
    expect(backOff.left(6000, 4000)).toBe(8000);
    expect(backOff.left(15_000, 4000)).toBe(0);
  });

  test('a run of more than twice the maximum clears it', () => {
    const backOff = new BackOff(limits);
    backOff.next(0);
    backOff.next(10_000);
    expect(backOff.left(611_000, 611_000)).toBe(0);
    backOff.next(611_000);
    expect(backOff.delayMs).toBe(10_000);
  });

  test('a reset clears it', () => {
    const backOff = new BackOff(limits);
    backOff.next(0);
    backOff.reset();
    expect(backOff.left(1)).toBe(0);
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { coalesce } from '../../../src/drivers/kubernetes/coalesce.ts';

test('who asks together shares one read; who asks while it runs gets a later one', async () => {
  const reads: string[][] = [];
  const read = coalesce(async (asked) => {
    reads.push([...asked]);
    await delay(50);
    return reads.length;
  });
  const first = [read('a'), read('b'), read('a')];
  await delay(30);
  const second = [read('c'), read('a')];
  expect(await Promise.all(first)).toEqual([1, 1, 1]);
  expect(await Promise.all(second)).toEqual([2, 2]);
  expect(reads).toEqual([
    ['a', 'b'],
    ['c', 'a'],
  ]);
});

test('a read that fails fails those who shared it, and nobody after them', async () => {
  let reads = 0;
  const read = coalesce(async () => {
    await delay(10);
    if (++reads === 1) throw new Error('away');
    return reads;
  });
  const [one, two] = await Promise.allSettled([read('a'), read('b')]);
  expect([one.status, two.status]).toEqual(['rejected', 'rejected']);
  expect(await read('a')).toBe(2);
});

import { expect, test } from 'vitest';
import { statsOf, SYNC_BUCKETS } from '../../../../src/domain/sync/stats.ts';

const ended = (registry: string, ...seconds: number[]) =>
  seconds.map((one) => ({ registry, state: 'done' as const, seconds: one }));

test('percentiles are values that were measured, and the share within the goal counts what failed, too', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
  const [south] = statsOf(
    ['south'],
    [...ended('south', ...hundred.toReversed()), { registry: 'south', state: 'failed', seconds: 3 }],
    [],
  );
  expect(south).toMatchObject({ done: 100, failed: 1, seconds: { p50: 50, p95: 95, p99: 99, max: 100 } });
  expect(south?.withinGoal).toBeCloseTo(20 / 101);
});

test('each is counted in one bucket, up to its bound and including it', () => {
  const [south] = statsOf([], ended('south', 0, 1, 1.5, 20, 20.1, 3_600, 3_601, 9_999), []);
  expect(south?.histogram.map(({ le }) => le)).toEqual([...SYNC_BUCKETS, null]);
  expect(Object.fromEntries(south?.histogram.map(({ le, count }) => [String(le), count]) ?? [])).toEqual({
    ...{ 1: 2, 2: 1, 5: 0, 10: 0, 20: 1, 60: 1, 300: 0, 3600: 1, null: 2 },
  });
});

test('registries come in the order given, also those of which nothing is known; what is open is added up', () => {
  const open = [
    { registry: 'gone', priority: 'low' as const, open: 4, late: 4, oldestSeconds: 7_200 },
    { registry: 'south', priority: 'high' as const, open: 1, late: 0, oldestSeconds: 3 },
    { registry: 'south', priority: 'low' as const, open: 2, late: 1, oldestSeconds: 90 },
  ];
  const stats = statsOf(['north', 'south'], [], open);
  expect(stats.map(({ registry, open: count, late, oldestSeconds }) => [registry, count, late, oldestSeconds])).toEqual(
    [
      ['north', 0, 0, null],
      ['south', 3, 1, 90],
      ['gone', 4, 4, 7_200],
    ],
  );
  expect(stats[0]).toMatchObject({ done: 0, failed: 0, seconds: null, withinGoal: null });
});

test('one value is all percentiles', () => {
  expect(statsOf([], ended('south', 7), [])[0]).toMatchObject({
    ...{ seconds: { p50: 7, p95: 7, p99: 7, max: 7 }, withinGoal: 1 },
  });
});

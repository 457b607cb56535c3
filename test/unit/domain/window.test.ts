import { describe, expect, it, test } from 'vitest';
import { bytesPerSecondAt } from '../../../src/domain/fleet-registry.ts';
import { isOpen, opensAt, windowSchema } from '../../../src/domain/window.ts';

const NIGHT = '22:00-06:00 Europe/Berlin';

test.each([
  ['22:00-06:00', 'must be a time of day with its zone: 22:00-06:00 Europe/Berlin'],
  ['24:00-06:00 UTC', 'must be a time of day with its zone: 22:00-06:00 Europe/Berlin'],
  ['22-06 UTC', 'must be a time of day with its zone: 22:00-06:00 Europe/Berlin'],
  ['22:00-06:60 UTC', 'must be a time of day with its zone: 22:00-06:00 Europe/Berlin'],
  ['22:00-22:00 UTC', 'ends when it begins: leave it out for always'],
  ['22:00-06:00 Europe/Berln', 'no time zone "Europe/Berln"; did you mean "Europe/Berlin"?'],
  ['22:00-06:00 +01:00', 'no time zone "+01:00"; write it like Europe/Berlin, or UTC'],
])('the window %s is refused: %s', (text, message) => {
  expect(windowSchema.safeParse(text).error?.issues.map((issue) => issue.message)).toEqual([message]);
});

test.each(['22:00-06:00 Europe/Berlin', '00:00-23:59 UTC', '09:30-17:00 Asia/Kolkata'])('%s is a window', (text) => {
  expect(windowSchema.safeParse(text).success).toBe(true);
});

describe('whether it holds', () => {
  test.each([
    // In winter Berlin is an hour ahead, in summer two.
    [NIGHT, '2026-01-10T20:59:59Z', false],
    [NIGHT, '2026-01-10T21:00:00Z', true],
    [NIGHT, '2026-01-11T04:59:59Z', true],
    [NIGHT, '2026-01-11T05:00:00Z', false],
    [NIGHT, '2026-07-10T20:00:00Z', true],
    [NIGHT, '2026-07-11T04:00:00Z', false],
    ['09:30-17:00 Asia/Kolkata', '2026-01-10T04:00:00Z', true],
    ['09:30-17:00 Asia/Kolkata', '2026-01-10T11:30:00Z', false],
    ['00:00-00:01 UTC', '2026-01-10T00:00:59Z', true],
    ['00:00-00:01 UTC', '2026-01-10T00:01:00Z', false],
  ])('%s at %s: %s', (window, at, expected) => {
    expect(isOpen([window], new Date(at))).toBe(expected);
  });

  it('is the case for one of several, and always without any', () => {
    const noon = new Date('2026-01-10T12:00:00Z');
    expect(isOpen([NIGHT, '12:00-13:00 UTC'], noon)).toBe(true);
    expect(isOpen([NIGHT], noon)).toBe(false);
    expect(isOpen(undefined, noon)).toBe(true);
  });
});

describe('when it holds next', () => {
  test.each([
    [NIGHT, '2026-01-10T12:34:56.789Z', '2026-01-10T21:00:00.000Z'],
    [NIGHT, '2026-01-10T20:59:30Z', '2026-01-10T21:00:00.000Z'],
    [NIGHT, '2026-01-10T23:00:00.001Z', '2026-01-10T23:00:00.001Z'],
    ['06:00-07:00 UTC', '2026-01-10T07:00:00Z', '2026-01-11T06:00:00.000Z'],
    // On 29 March 2026 the clocks of Berlin go from 02:00 to 03:00: no such time on that day.
    ['02:00-03:00 Europe/Berlin', '2026-03-28T02:30:00Z', '2026-03-30T00:00:00.000Z'],
    // On 25 October they go back from 03:00 to 02:00: it comes twice.
    ['02:00-03:00 Europe/Berlin', '2026-10-24T23:00:00Z', '2026-10-25T00:00:00.000Z'],
  ])('%s after %s: %s', (window, now, expected) => {
    expect(opensAt([window], new Date(now)).toISOString()).toBe(expected);
  });

  it('is now without any', () => {
    const now = new Date('2026-01-10T12:00:00.500Z');
    expect(opensAt(undefined, now)).toEqual(now);
  });

  it('is when the clock comes by again, on the day it is put back', () => {
    expect(isOpen(['02:00-03:00 Europe/Berlin'], new Date('2026-10-25T00:59:00Z'))).toBe(true);
    expect(isOpen(['02:00-03:00 Europe/Berlin'], new Date('2026-10-25T01:59:00Z'))).toBe(true);
    expect(isOpen(['02:00-03:00 Europe/Berlin'], new Date('2026-10-25T02:00:00Z'))).toBe(false);
  });
});

test('a link has what its first window that holds says, else what it has always', () => {
  const link = {
    from: 'north',
    to: 'south',
    bytesPerSecond: 10,
    windows: [
      { window: '00:00-02:00 UTC', bytesPerSecond: 300 },
      { window: '22:00-06:00 UTC', bytesPerSecond: 100 },
    ],
  };
  const at = (time: string): number => bytesPerSecondAt(link, new Date(`2026-01-10T${time}:00Z`));
  expect(['12:00', '23:00', '01:00', '05:59', '06:00'].map(at)).toEqual([10, 100, 300, 100, 10]);
});

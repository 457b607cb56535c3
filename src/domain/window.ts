import { z } from 'zod';
import { nearest } from './input/near.ts';

const WINDOW = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d) (\S+)$/;
const MINUTE_MS = 60_000;
/** Longer than any window is shut: a day, and another one where the change to summer time skips it. */
const SEARCH_MINUTES = 3 * 1_440;

/**
 * A time of every day as people write it: `22:00-06:00 Europe/Berlin`. The first minute is in it, the last one is not; one
 * that ends before it begins goes over midnight. It is the wall clock of its zone that counts: where a change of the clock
 * skips the window there is none on that day, where the clock is put back it may come twice.
 */
export const windowSchema = z.string().superRefine((text, context) => {
  const message = windowFault(text);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

function windowFault(text: string): string | null {
  const [, fromHour, fromMinute, toHour, toMinute, zone = ''] = WINDOW.exec(text) ?? [];
  if (zone === '') return 'must be a time of day with its zone: 22:00-06:00 Europe/Berlin';
  if (fromHour === toHour && fromMinute === toMinute) return 'ends when it begins: leave it out for always';
  if (isZone(zone)) return null;
  const near = nearest(zone, Intl.supportedValuesOf('timeZone'));
  const meant = near === undefined ? 'write it like Europe/Berlin, or UTC' : `did you mean ${JSON.stringify(near)}?`;
  return `no time zone ${JSON.stringify(zone)}; ${meant}`;
}

/** Names only: an offset would be wrong for half of the year. */
function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    clock(zone);
    return true;
  } catch {
    return false;
  }
}

/** Whether one of the windows holds; without any it is always. */
export function isOpen(windows: readonly string[] | undefined, at: Date): boolean {
  return windows === undefined || windows.some((window) => holds(window, at));
}

/** When one of the windows holds next: now where one does already; to the minute. Without any it is now. */
export function opensAt(windows: readonly string[] | undefined, now: Date): Date {
  if (isOpen(windows, now)) return now;
  const next = Math.ceil(now.getTime() / MINUTE_MS);
  for (let minute = next; minute <= next + SEARCH_MINUTES; minute++) {
    const at = new Date(minute * MINUTE_MS);
    if (isOpen(windows, at)) return at;
  }
  throw new RangeError(`no window of ${(windows ?? []).join(', ')} opens`);
}

function holds(window: string, at: Date): boolean {
  const [, fromHour, fromMinute, toHour, toMinute, zone = 'UTC'] = WINDOW.exec(window) ?? [];
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  const now = minuteOfDay(at, zone);
  return from < to ? from <= now && now < to : from <= now || now < to;
}

function minuteOfDay(at: Date, zone: string): number {
  const [hour, minute] = clock(zone).format(at).split(':');
  return Number(hour) * 60 + Number(minute);
}

/** Making one takes a hundred times as long as asking it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(timeZone: string): Intl.DateTimeFormat {
  let known = clocks.get(timeZone);
  known ??= new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  clocks.set(timeZone, known);
  return known;
}

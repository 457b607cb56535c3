import type { App } from '../../marathon/resources.ts';
import type { Definition } from '../../marathon/state.ts';
import { OWN_PREFIX } from '../../marathon/labels.ts';

/** Maps of which every key counts: what is not ours there was added by somebody. */
const WHOLE = ['env', 'labels'];

/** Absent, null and empty say the same: releases differ in what they answer. */
const MAY_BE_ABSENT = ['cmd', 'args', 'env', 'labels', 'constraints'];

/** Paths at which two definitions differ. */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (isMap(before) && isMap(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
}

/**
 * Paths at which an app is not what we wrote. What Marathon fills in by itself is no difference; a change by somebody else
 * has restarted its tasks.
 */
export function foreignIn({ app: ours }: Definition, theirs: App): string[] {
  return [...new Set([...Object.keys(ours), ...MAY_BE_ABSENT])].flatMap((key) => {
    const [own, found] = [ours[key], theirs[key]];
    if (WHOLE.includes(key)) return wholeDiffers(own, found) ? [key] : [];
    if (isEmpty(own) && isEmpty(found)) return [];
    return holds(found, own) ? [] : [key];
  });
}

function wholeDiffers(own: unknown, found: unknown): boolean {
  const plain = (value: unknown): string =>
    JSON.stringify(
      Object.entries(isMap(value) ? value : {})
        .filter(([key]) => !key.startsWith(OWN_PREFIX))
        .sort(),
    );
  return plain(own) !== plain(found);
}

/** Everything of `own` is in `found`. */
function holds(found: unknown, own: unknown): boolean {
  if (Array.isArray(own)) {
    return Array.isArray(found) && found.length === own.length && own.every((item, at) => holds(found[at], item));
  }
  if (isMap(own)) return isMap(found) && Object.entries(own).every(([key, value]) => holds(found[key], value));
  return found === own;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

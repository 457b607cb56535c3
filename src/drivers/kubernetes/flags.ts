import { OUT_PREFIX } from './labels.ts';
import type { Metadata } from './resources.ts';

/** Owner → reason of those who keep a pod out of traffic. */
export function flagsOf({ annotations = {} }: Metadata): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations)
      .filter(([key]) => key.startsWith(OUT_PREFIX))
      .map(([key, reason]) => [key.slice(OUT_PREFIX.length), reason]),
  );
}

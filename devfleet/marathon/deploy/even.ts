import { placedValue } from '../launch/constraints.ts';
import type { App } from '../app/types.ts';
import type { Instance } from '../types.ts';

/**
 * Instances that must go first to keep an app spread as its GROUP_BY constraints ask (Constraints.selectInstancesToKill).
 * Empty without such constraints; may be fewer than `count`.
 */
export function unevenInstances(app: App, running: Instance[], count: number): Instance[] {
  if (running.length === count) return running;
  const fields = app.constraints
    .filter(([, operator = '']) => operator.toUpperCase() === 'GROUP_BY')
    .map(([field = '']) => field);
  const taken: Instance[] = [];
  if (fields.length === 0) return taken;
  while (taken.length < count) {
    const uneven = [...fields].sort((a, b) => difference(b, running, taken) - difference(a, running, taken));
    const candidates = [
      ...uneven.flatMap((field) => ofLargestGroups(field, running, taken)),
      ...running.filter((instance) => !taken.includes(instance)),
    ];
    const next = candidates.find((candidate) =>
      fields.every((field) => {
        const after = difference(field, running, [...taken, candidate]);
        return after <= 1 || difference(field, running, []) > after;
      }),
    );
    if (next === undefined) break;
    taken.push(next);
  }
  return taken;
}

/** Between the largest and the smallest group. */
function difference(field: string, running: Instance[], without: Instance[]): number {
  const sizes = groups(field, running, without).map((group) => group.length);
  return Math.max(...sizes) - Math.min(...sizes);
}

function ofLargestGroups(field: string, running: Instance[], without: Instance[]): Instance[] {
  const all = groups(field, running, without);
  const sizes = all.map((group) => group.length);
  const largest = Math.max(...sizes);
  return largest === Math.min(...sizes) ? [] : all.filter((group) => group.length === largest).flat();
}

/** Emptied groups stay in sight. */
function groups(field: string, running: Instance[], without: Instance[]): Instance[][] {
  const byValue = Map.groupBy(running, (instance) => placedValue(field, instance));
  return [...byValue.values()].map((group) => group.filter((instance) => !without.includes(instance)));
}

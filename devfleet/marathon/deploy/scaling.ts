import type { App } from '../app/types.ts';
import type { Condition, Instance } from '../types.ts';
import { unevenInstances } from './even.ts';

export interface ScalingProposition {
  toDecommission: Instance[];
  toStart: number;
}

/**
 * How to come to `scaleTo` instances (core/deployment/ScalingProposition.scala). Those named go first, in any case; then
 * those that leave the rest evenly spread; then unreachable, staging, starting, running ones, the youngest of each first
 * unless `killSelection` says the oldest.
 */
export function proposeScaling(
  app: App,
  instances: Instance[],
  sentenced: readonly string[],
  scaleTo: number,
): ScalingProposition {
  const running = instances.filter(({ goal, condition }) => goal === 'Running' && condition !== 'UnreachableInactive');
  const named = running.filter(({ id }) => sentenced.includes(id));
  const others = running.filter(({ id }) => !sentenced.includes(id));
  const count = Math.max(running.length - scaleTo, named.length);
  const uneven = unevenInstances(app, others, count - named.length);
  const rest = others.filter((instance) => !uneven.includes(instance)).sort(byConditionAndAge(app.killSelection));
  return {
    toDecommission: [...named, ...uneven, ...rest].slice(0, count),
    toStart: Math.max(0, scaleTo - running.length + count),
  };
}

const WEIGHTS: Partial<Record<Condition, number>> = { Unreachable: 1, Staging: 2, Starting: 3, Running: 4 };

function byConditionAndAge(selection: App['killSelection']): (a: Instance, b: Instance) => number {
  const byAge = (a: number, b: number) => (selection === 'YOUNGEST_FIRST' ? b - a : a - b);
  return (a, b) => {
    const weight = (WEIGHTS[a.condition] ?? 5) - (WEIGHTS[b.condition] ?? 5);
    if (weight !== 0) return weight;
    if (a.condition === 'Staging') return byAge(a.task?.stagedAt ?? Infinity, b.task?.stagedAt ?? Infinity);
    if (a.condition === 'Starting') return byAge(a.since, b.since);
    if (a.activeSince === null || b.activeSince === null)
      return Number(a.activeSince !== null) - Number(b.activeSince !== null);
    return byAge(a.activeSince, b.activeSince);
  };
}

import { iso } from '../stamps.ts';

/** What one check knows of one instance (core/health/Health.scala). Times are milliseconds since 1970. */
export interface Health {
  instanceId: string;
  firstSuccess: number | null;
  lastSuccess: number | null;
  lastFailure: number | null;
  lastFailureCause: string | null;
  consecutiveFailures: number;
}

/** What a probe found; null: nothing that counts. */
export type Verdict = { healthy: true } | { healthy: false; cause: string } | null;

export function unknownHealth(instanceId: string): Health {
  return {
    instanceId,
    firstSuccess: null,
    lastSuccess: null,
    lastFailure: null,
    lastFailureCause: null,
    consecutiveFailures: 0,
  };
}

export function isAlive({ lastSuccess, lastFailure }: Health): boolean {
  return lastSuccess !== null && (lastFailure === null || lastSuccess > lastFailure);
}

export function afterVerdict(health: Health, verdict: NonNullable<Verdict>, now: number): Health {
  // One tick apart: a success in the same millisecond as the failure before it is later, too.
  const at = Math.max(now, (health.lastFailure ?? 0) + 1, (health.lastSuccess ?? 0) + 1);
  if (verdict.healthy) {
    return { ...health, firstSuccess: health.firstSuccess ?? at, lastSuccess: at, consecutiveFailures: 0 };
  }
  return {
    ...health,
    lastFailure: at,
    lastFailureCause: verdict.cause,
    consecutiveFailures: health.consecutiveFailures + 1,
  };
}

export function showHealth(health: Health): Record<string, unknown> {
  const time = (key: string, at: number | null) => (at === null ? {} : { [key]: iso(at) });
  return {
    alive: isAlive(health),
    consecutiveFailures: health.consecutiveFailures,
    ...time('firstSuccess', health.firstSuccess),
    instanceId: health.instanceId,
    ...time('lastSuccess', health.lastSuccess),
    ...time('lastFailure', health.lastFailure),
    ...(health.lastFailureCause === null ? {} : { lastFailureCause: health.lastFailureCause }),
  };
}

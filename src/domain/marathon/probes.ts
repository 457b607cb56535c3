import type { Part } from '../input/fault.ts';
import { inContainer, type Draft } from './draft.ts';

/** How often a check is made, and what becomes of an instance that does not pass. Seconds. */
export interface Timing {
  interval: number;
  timeout: number;
  /** In a row, until the task is killed; 0: never. */
  failures: number;
  /** After the start, while failures do not count. */
  grace: number;
  /** Until the first check; only those that agents make wait. */
  delay: number;
}

/** Defaults of types/healthCheck.raml. */
export function timingOf(check: Part): Timing {
  const number = (key: string, otherwise: number): number => {
    const value = check.get(key).number;
    return value !== undefined && value >= 0 ? Math.round(value) : otherwise;
  };
  return {
    interval: number('intervalSeconds', 60),
    timeout: number('timeoutSeconds', 20),
    failures: number('maxConsecutiveFailures', 3),
    grace: number('gracePeriodSeconds', 300),
    delay: isOfAgent(check) ? number('delaySeconds', 15) : 0,
  };
}

/** Made by the agent beside the task; the others are made by Marathon. */
export function isOfAgent(check: Part): boolean {
  return /^(MESOS_|COMMAND$)/.test(check.get('protocol').text ?? '');
}

/** Seconds after which an instance that never passed is killed. */
export const startSeconds = ({ grace, failures, interval }: Timing): number =>
  Math.max(1, grace + failures * Math.max(1, interval));

/** What a probe asks. */
export type Ask =
  | { httpGet: { path: string; port: number; scheme?: 'HTTPS' } }
  | { tcpSocket: { port: number } }
  | { exec: { command: string[] } };

/** Probes are asked at least so often where traffic waits for them. */
const PATIENCE_SECONDS = 10;

export interface Probes {
  readiness: string;
  /** Missing where failures never kill. */
  liveness?: string;
  startup?: string;
}

/**
 * Readiness for traffic; liveness for the kill; startup for the grace: until an instance has passed once, or the grace and as many
 * failures are over, nothing kills it (mesosphere/marathon, HealthCheckActor.scala). Returns their paths.
 */
export function writeProbes(draft: Draft, ask: Ask, timing: Timing): Probes {
  const often = Math.min(Math.max(1, timing.interval), PATIENCE_SECONDS);
  const timeoutSeconds = Math.max(1, timing.timeout);
  const put = (probe: string, more: object): string =>
    draft.put(inContainer(probe), { ...ask, timeoutSeconds, ...more });
  const readiness = put('readinessProbe', { periodSeconds: often });
  if (timing.failures === 0) return { readiness };
  const startup = put('startupProbe', {
    ...(timing.delay === 0 ? {} : { initialDelaySeconds: timing.delay }),
    periodSeconds: often,
    failureThreshold: Math.ceil(startSeconds(timing) / often),
  });
  const period = { periodSeconds: Math.max(1, timing.interval), failureThreshold: timing.failures };
  return { readiness, startup, liveness: put('livenessProbe', period) };
}

/** A command line as the shell of the agent ran it. Probes replace no `$(NAME)`. */
export const shell = (line: string): Ask => ({ exec: { command: ['/bin/sh', '-c', line] } });

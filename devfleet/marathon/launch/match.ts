import type { MesosOffer, MesosResources } from '../../mesos/types.ts';
import { DEFAULT_ROLE } from '../app/defaults.ts';
import type { App } from '../app/types.ts';
import { isLost, isScheduled } from '../instances/condition.ts';
import type { Instance } from '../types.ts';
import { meetsConstraint } from './constraints.ts';
import { matchPorts } from './ports.ts';
import type { Reason } from './reasons.ts';

export type Match = { ports: (number | null)[] } | { reasons: Reason[] };

/**
 * Whether an offer takes one more instance of an app (mesos/ResourceMatcher.scala), and every reason why not. Ports are
 * looked at last, when nothing else is wrong. Not here: reservations, as no app of this Marathon has volumes to come back
 * to; and regions: without a region of its own Marathon takes offers of any.
 * @param instances of the app
 */
export function matchOffer(app: App, offer: MesosOffer, instances: Instance[], now: number): Match {
  const { resources } = offer;
  const reasons: Reason[] = [];
  const roles = app.acceptedResourceRoles ?? [DEFAULT_ROLE];
  const usable = roles.includes(offer.role);
  if (!usable || resources.cpus < app.cpus) reasons.push('InsufficientCpus');
  if (app.mem > 0 && (!usable || resources.mem < app.mem)) reasons.push('InsufficientMemory');
  if (app.gpus > 0 && (!usable || resources.gpus < app.gpus)) reasons.push('InsufficientGpus');
  if (app.disk > 0 && (!usable || resources.disk < app.disk)) reasons.push('InsufficientDisk');
  if (!usable) reasons.push('UnfulfilledRole');

  const enough = reasons.length === 0;
  const placed = instances.filter((instance) => holdsPlace(instance, app));
  const meets = app.constraints.every((constraint) => meetsConstraint(constraint, offer, placed));
  if (!meets) reasons.push('UnfulfilledConstraint');
  const available = isAvailable(offer, now);
  if (!available) reasons.push('UnfulfilledConstraint', 'AgentMaintenance');
  const wasteful = resources.gpus > 0 && app.gpus === 0;
  if (wasteful) reasons.push('DeclinedScarceResources');
  if (!enough || !meets || !available || wasteful) return { reasons };

  const ports = matchPorts(app, resources.ports);
  return ports === null ? { reasons: ['InsufficientPorts'] } : { ports };
}

/** Instances of an older configuration are to be replaced: they stand in nobody's way. */
function holdsPlace(instance: Instance, app: App): boolean {
  if (isScheduled(instance) || isLost(instance.condition)) return false;
  return instance.app.versionInfo.version >= app.versionInfo.lastConfigChangeAt;
}

/** Not while the agent is within its maintenance window; `--draining_seconds` is 0 (mesos/Availability.scala). */
function isAvailable({ unavailability }: MesosOffer, now: number): boolean {
  if (unavailability === null) return true;
  const start = unavailability.start / 1e6;
  if (now <= start) return true;
  return unavailability.duration !== null && now > start + unavailability.duration / 1e6;
}

/** What is left of an offer's resources. */
export function minus(from: MesosResources, app: App, ports: number[]): MesosResources {
  return {
    cpus: from.cpus - app.cpus,
    mem: from.mem - app.mem,
    disk: from.disk - app.disk,
    gpus: from.gpus - app.gpus,
    ports: ports.reduce((ranges, port) => ranges.flatMap((range) => split(range, port)), from.ports),
  };
}

function split([first, last]: [number, number], port: number): [number, number][] {
  if (port < first || port > last) return [[first, last]];
  const parts: [number, number][] = [
    [first, port - 1],
    [port + 1, last],
  ];
  return parts.filter(([a, b]) => a <= b);
}

import { isDeepStrictEqual } from 'node:util';
import type { App, AppSpec, VersionInfo } from './types.ts';

/** Any difference in these restarts every instance (AppDefinition.isUpgrade); `instances` is not among them. */
const DEFINITION = [
  'cmd',
  'args',
  'user',
  'env',
  'cpus',
  'mem',
  'disk',
  'gpus',
  'executor',
  'constraints',
  'fetch',
  'portDefinitions',
  'requirePorts',
  'backoffSeconds',
  'backoffFactor',
  'maxLaunchDelaySeconds',
  'container',
  'healthChecks',
  'taskKillGracePeriodSeconds',
  'dependencies',
  'upgradeStrategy',
  'labels',
  'acceptedResourceRoles',
  'networks',
  'readinessChecks',
  'secrets',
  'unreachableStrategy',
  'killSelection',
  'tty',
  'role',
] as const satisfies (keyof AppSpec)[];

/** Sets in Marathon: their order means nothing. */
const UNORDERED = new Set<string>(['constraints', 'dependencies', 'healthChecks', 'acceptedResourceRoles']);

export function isUpgrade(from: AppSpec, to: AppSpec): boolean {
  return DEFINITION.some((field) => !isDeepStrictEqual(comparable(field, from[field]), comparable(field, to[field])));
}

export function isOnlyScale(from: AppSpec, to: AppSpec): boolean {
  return !isUpgrade(from, to) && from.instances !== to.instances;
}

export function needsRestart(from: App, to: App): boolean {
  return !isDeepStrictEqual(from.versionInfo, to.versionInfo) || isUpgrade(from, to);
}

/** When the app that replaces `old` was last changed, and how (upgrade/GroupVersioningUtil.scala). */
export function versionAfter(old: App | undefined, next: App, restart: boolean, version: number): VersionInfo {
  if (old === undefined || isUpgrade(old, next)) return newConfig(version);
  const before = old.versionInfo;
  if (isOnlyScale(old, next)) return { ...before, version, lastScalingAt: version, full: true };
  if (restart) return { ...before, version, lastConfigChangeAt: version, full: true };
  return before;
}

function newConfig(version: number): VersionInfo {
  return { version, lastScalingAt: version, lastConfigChangeAt: version, full: true };
}

function comparable(field: string, value: unknown): unknown {
  return UNORDERED.has(field) && Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value;
}

import { CLUSTER_LOSSES, NO_RETURN, WAVE_FAILURES, WAVES, type Gates, type ReleaseConfig } from './types.ts';

/** Knobs that may change while a release runs; each acts on what is still to come. */
export type ConfigChanges = Partial<Omit<ReleaseConfig, 'gates'>> & { gates?: Partial<Gates> };

/** Bounds of the knobs that are numbers, both included. */
export const KNOB_RANGES = {
  batchPercent: [1, 50],
  pauseSeconds: [0, 1_800],
  drainSeconds: [0, 600],
  gateHours: [0, 168],
  remindHours: [0, 168],
  startupSeconds: [1, 86_400],
} as const satisfies Partial<Record<keyof ConfigChanges, readonly [least: number, most: number]>>;

/**
 * What is wrong with changes that come past the API, from the Temporal UI; null where nothing is. A workflow that took up
 * what it cannot read would stand still for ever.
 */
export function changesFault(changes: ConfigChanges): string | null {
  for (const [name, value] of Object.entries(changes) as [string, unknown][]) {
    const fault = knobFault(name, value);
    if (fault !== null) return fault;
  }
  return Object.keys(changes).length === 0 ? 'nothing to change' : null;
}

function knobFault(name: string, value: unknown): string | null {
  if (name in KNOB_RANGES) {
    const [least, most] = KNOB_RANGES[name as keyof typeof KNOB_RANGES];
    const fits = typeof value === 'number' && value >= least && value <= most;
    return fits ? null : `${name} must be ${least} to ${most}`;
  }
  switch (name) {
    case 'ignoreIgnition':
      return typeof value === 'boolean' ? null : `${name} must be true or false`;
    case 'batchShares':
      return isShares(value) ? null : `${name} must be a list of percentages`;
    case 'pointOfNoReturn':
      return NO_RETURN.some((gate) => gate === value) ? null : `${name} must be ${NO_RETURN.join(', ')}`;
    case 'waves':
      return WAVES.some((waves) => waves === value) ? null : `${name} must be ${WAVES.join(', ')}`;
    case 'onWaveFailure':
      return WAVE_FAILURES.some((what) => what === value) ? null : `${name} must be ${WAVE_FAILURES.join(' or ')}`;
    case 'onClusterLoss':
      return CLUSTER_LOSSES.some((what) => what === value) ? null : `${name} must be ${CLUSTER_LOSSES.join(' or ')}`;
    case 'gates':
      return gatesFault(value);
    default:
      return `no knob ${name}`;
  }
}

function isShares(value: unknown): boolean {
  return Array.isArray(value) && value.every((share: unknown) => typeof share === 'number' && share > 0);
}

function gatesFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'gates must be an object';
  const wrong = Object.entries(value).find(([name, gate]) => !isGate(name, gate));
  return wrong === undefined ? null : `gates.${wrong[0]} must be a gate`;
}

function isGate(name: string, gate: unknown): boolean {
  if (name === 'batch') return gate === 'manual' || gate === 'automatic';
  if (!['smoke', 'bake', 'rollout', 'wave', 'finish'].includes(name) || typeof gate !== 'object' || gate === null)
    return false;
  const { mode, soakSeconds } = gate as Partial<Record<'mode' | 'soakSeconds', unknown>>;
  return mode === 'manual' || (mode === 'automatic' && typeof soakSeconds === 'number' && soakSeconds >= 0);
}

/** The config with the changes in it. A size of batches replaces shares that were given before. */
export function changeConfig(config: ReleaseConfig, changes: ConfigChanges): ReleaseConfig {
  const { gates, ...knobs } = changes;
  const { batchShares, ...kept } = config;
  const shares = knobs.batchPercent === undefined && batchShares !== undefined ? { batchShares } : {};
  const changed = config.gates === undefined ? {} : { gates: { ...config.gates, ...gates } };
  return { ...kept, ...shares, ...knobs, ...changed };
}

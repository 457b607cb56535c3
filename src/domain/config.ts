import type { Gates, ReleaseConfig } from './types.ts';

/** Knobs that may change while a release runs; each acts on what is still to come. */
export type ConfigChanges = Partial<Omit<ReleaseConfig, 'gates'>> & { gates?: Partial<Gates> };

const RANGES: Partial<Record<keyof ConfigChanges, [least: number, most: number]>> = {
  batchPercent: [1, 50],
  pauseSeconds: [0, 1_800],
  drainSeconds: [0, 600],
  gateHours: [0, 168],
  remindHours: [0, 168],
  startupSeconds: [1, 86_400],
};

/** What is wrong with changes that come past the API, from the Temporal UI; null where nothing is. */
export function changesFault(changes: ConfigChanges): string | null {
  for (const [name, value] of Object.entries(changes)) {
    if (['batchShares', 'gates', 'ignoreIgnition'].includes(name)) continue;
    const range = RANGES[name as keyof ConfigChanges];
    if (range === undefined) return `no knob ${name}`;
    const [least, most] = range;
    if (typeof value !== 'number' || value < least || value > most) return `${name} must be ${least} to ${most}`;
  }
  return Object.keys(changes).length === 0 ? 'nothing to change' : null;
}

/** The config with the changes in it. A size of batches replaces shares that were given before. */
export function changeConfig(config: ReleaseConfig, changes: ConfigChanges): ReleaseConfig {
  const { gates, ...knobs } = changes;
  const { batchShares, ...kept } = config;
  const shares = knobs.batchPercent === undefined && batchShares !== undefined ? { batchShares } : {};
  const changed = config.gates === undefined ? {} : { gates: { ...config.gates, ...gates } };
  return { ...kept, ...shares, ...knobs, ...changed };
}

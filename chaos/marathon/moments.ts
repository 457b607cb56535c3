import type { Hit } from '../harness/hits.ts';
import type { Golden, Phase } from '../release/faults/fault.ts';

/** Moments at which an instance on Mesos is under way. */
export const FORWARD: Phase[] = [
  ['SMOKING', 'releaseGroup: deploy web-0 #1', 'before'],
  ['BAKING', 'releaseGroup: putIn web-0 #1', 'before'],
  ['ROLLING_OUT', 'releaseGroup: deploy web-2 #1', 'before'],
  ['SETTLING', 'releaseGroup: settleSet north/az-1 #1', 'before'],
];

export const BACK: Phase[] = [['REVOKING', 'releaseGroup: deploy web-2 #2', 'before']];

/** A moment at which the worker is about to change something. */
export interface Sending {
  hit: Hit;
  /** Method and path. */
  change: string;
}

/** Wherever the worker is about to change something within an activity. @throws Error where it never did */
export function sendingsOf({ trace }: Golden, key: string): Sending[] {
  const found = trace.filter((passage) => passage.key === key && passage.point.startsWith('sending'));
  if (found.length === 0) throw new Error(`the run without a fault sent nothing in ${key}`);
  return found.map(({ point, change = '' }) => ({ hit: { key, point }, change }));
}

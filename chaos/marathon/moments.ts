import type { Point } from '../hooks/points.ts';

/** A phase of a release, and a moment in it at which an instance on Mesos is under way. */
export type Phase = [state: string, key: string, point: Point];

export const FORWARD: Phase[] = [
  ['SMOKING', 'releaseGroup: deploy web-0 #1', 'before'],
  ['BAKING', 'releaseGroup: putIn web-0 #1', 'before'],
  ['ROLLING_OUT', 'releaseGroup: deploy web-2 #1', 'before'],
  ['SETTLING', 'releaseGroup: settleSet north/az-1 #1', 'before'],
];

export const BACK: Phase[] = [['REVOKING', 'releaseGroup: deploy web-2 #2', 'before']];

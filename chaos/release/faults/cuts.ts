import { setTimeout as sleep } from 'node:timers/promises';
import type { Point } from '../../hooks/points.ts';
import type { Lane } from '../lane.ts';
import type { System } from '../links.ts';
import { abortedMidBatch, helped, success, type Course } from '../scenarios.ts';
import { momentOf, standingStill, type Fault, type FaultKind, type Golden } from './fault.ts';

/** How long a system is away; the catalogue once for longer. */
const AWAY_MS = 30_000;
const LONG_AWAY_MS = 60_000;

const SYSTEMS: System[] = ['north/kubernetes', 'north/registry', 'catalogue', 'temporal'];

/** A phase, and a moment in it at which an instance of the north is under way. */
type Phase = [state: string, key: string, point: Point];

const FORWARD: Phase[] = [
  ['SMOKING', 'takeOut web-0 #1', 'before'],
  ['BAKING', 'putIn web-0 #1', 'before'],
  ['ROLLING_OUT', 'takeOut web-2 #1', 'before'],
  ['SETTLING', 'settleSet north/az-1 #1', 'before'],
];
const BACK: Phase[] = [['REVOKING', 'takeOut web-2 #2', 'before']];

/** Every commit has one cut of each of the systems that a release works with all the time. */
const ALWAYS = ['north/kubernetes away in SMOKING', 'catalogue away in ROLLING_OUT', 'temporal away in ROLLING_OUT'];

/** A system is cut off for half a minute. After that the release goes on, or waits for a person to say so. */
export const cuts: FaultKind = {
  scenario: { ...success, name: 'cut off', topology: 'linked', drive: helped },
  faults: (golden) => [...phases(golden, FORWARD), cut(golden, 'catalogue', phaseOf('ROLLING_OUT'), LONG_AWAY_MS)],
};

/** The same while it is undone, which nobody may stop. */
export const cutsOfUndo: FaultKind = {
  nightly: true,
  scenario: { ...abortedMidBatch, name: 'cut off while undone', topology: 'linked' },
  faults: (golden) => phases(golden, BACK),
};

function phases(golden: Golden, all: Phase[]): Fault[] {
  return SYSTEMS.flatMap((system) => all.map((phase) => cut(golden, system, phase, AWAY_MS)));
}

function phaseOf(state: string): Phase {
  const phase = FORWARD.find(([name]) => name === state);
  if (phase === undefined) throw new Error(`no moment is known in ${state}`);
  return phase;
}

function cut(golden: Golden, system: System, [state, activity, point]: Phase, awayMs: number): Fault {
  const hit = momentOf(golden, `releaseGroup: ${activity}`, point);
  const key = `${system} away in ${state}`;
  return {
    key: awayMs === AWAY_MS ? key : `${key} for a minute`,
    hit,
    blow: 'freeze',
    always: awayMs === AWAY_MS && ALWAYS.includes(key),
    beside: async (lane, course) => {
      try {
        await standingStill(hit, (at) => breakAway(at, system, course))(lane, course);
        await sleep(awayMs, undefined, { signal: lane.signal });
      } finally {
        await mend(lane, system, course);
      }
    },
  };
}

async function breakAway(lane: Lane, system: System, course: Course): Promise<void> {
  lane.links.cut(system);
  if (system.endsWith('/registry')) await hostsPull(lane, system, course, false);
}

async function mend(lane: Lane, system: System, course: Course): Promise<void> {
  lane.links.mend(system);
  if (system.endsWith('/registry')) await hostsPull(lane, system, course, true);
}

/** A registry that is away is so for the hosts of its IDC, too. */
async function hostsPull(lane: Lane, system: System, { digest, pods }: Course, may: boolean): Promise<void> {
  const [idc = ''] = system.split('/');
  await lane.pulls(digest, Object.values(pods), may, idc);
}

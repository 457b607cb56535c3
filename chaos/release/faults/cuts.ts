import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane } from '../lane.ts';
import type { System } from '../links.ts';
import { abortedMidBatch, helped, success, type Course } from '../scenarios.ts';
import { momentOf, standingStill, type Fault, type FaultKind, type Golden, type Phase } from './fault.ts';

/** How long a system is away; the catalogue once for longer. */
const AWAY_MS = 30_000;
const LONG_AWAY_MS = 60_000;

const SYSTEMS: System[] = ['north/kubernetes', 'north/registry', 'catalogue', 'temporal'];

/** Moments at which an instance of the north is under way. */
const FORWARD: Phase[] = [
  ['SMOKING', 'releaseGroup: takeOut web-0 #1', 'before'],
  ['BAKING', 'releaseGroup: putIn web-0 #1', 'before'],
  ['ROLLING_OUT', 'releaseGroup: takeOut web-2 #1', 'before'],
  ['SETTLING', 'releaseGroup: settleSet north/az-1 #1', 'before'],
];
const BACK: Phase[] = [['REVOKING', 'releaseGroup: takeOut web-2 #2', 'before']];

/** Every commit has one cut of each of the systems that a release works with all the time. */
const ALWAYS = ['north/kubernetes away in SMOKING', 'catalogue away in ROLLING_OUT', 'temporal away in ROLLING_OUT'];

/** A system is cut off for half a minute. After that the release goes on, or waits for a person to say so. */
export const cuts: FaultKind = {
  scenario: { ...success, name: 'cut off', topology: 'linked', drive: helped },
  faults: (golden) => [
    ...cutsIn(golden, SYSTEMS, FORWARD, ALWAYS),
    cut(golden, 'catalogue', phaseOf('ROLLING_OUT'), { awayMs: LONG_AWAY_MS, always: [] }),
  ],
};

/** The same while it is undone, which nobody may stop. */
export const cutsOfUndo: FaultKind = {
  nightly: true,
  scenario: { ...abortedMidBatch, name: 'cut off while undone', topology: 'linked' },
  faults: (golden) => cutsIn(golden, SYSTEMS, BACK, []),
};

/**
 * Each of the systems away for half a minute in each of the phases.
 * @param always those of every commit: `<system> away in <phase>`
 */
export function cutsIn(golden: Golden, systems: System[], phases: Phase[], always: string[]): Fault[] {
  return systems.flatMap((system) => phases.map((phase) => cut(golden, system, phase, { awayMs: AWAY_MS, always })));
}

function phaseOf(state: string): Phase {
  const phase = FORWARD.find(([name]) => name === state);
  if (phase === undefined) throw new Error(`no moment is known in ${state}`);
  return phase;
}

function cut(
  golden: Golden,
  system: System,
  [state, activity, point]: Phase,
  { awayMs, always }: { awayMs: number; always: string[] },
): Fault {
  const hit = momentOf(golden, activity, point);
  const key = `${system} away in ${state}`;
  return {
    key: awayMs === AWAY_MS ? key : `${key} for a minute`,
    hit,
    blow: 'freeze',
    always: always.includes(key),
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

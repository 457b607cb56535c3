import { setTimeout as sleep } from 'node:timers/promises';
import type { Point } from '../../hooks/points.ts';
import { abortedMidBatch, helped, success } from '../scenarios.ts';
import { momentOf, struck, type Fault, type FaultKind, type Golden } from './fault.ts';

/** How long the controllers of an IDC do nothing. */
const STOPPED_MS = 5_000;

/** Where something is built on what the controllers say: before the change that they are to follow, and after it. */
const FORWARD: [key: string, point: Point][] = [
  ['stageSet north/az-1 #1', 'sending 1'],
  ['stageSet north/az-1 #1', 'answered 1'],
  ['deploy web-0 #1', 'answered 1'],
  ['deploy web-2 #1', 'answered 1'],
  ['settleSet north/az-1 #1', 'before'],
  ['settleSet north/az-1 #1', 'sending 1'],
];
const BACK: [key: string, point: Point][] = [
  ['deploy web-0 #2', 'answered 1'],
  ['unstageSet north/az-1 #1', 'before'],
  ['unstageSet north/az-1 #1', 'answered 1'],
];

/** The controller-manager of one IDC stands still at a barrier. */
export const controllers: FaultKind = {
  scenario: { ...success, name: 'controllers stopped', drive: helped },
  faults: (golden) => FORWARD.map(([key, point]) => stopped(golden, key, point)),
};

/** The same at those of the undo. */
export const controllersOfUndo: FaultKind = {
  nightly: true,
  scenario: { ...abortedMidBatch, name: 'controllers stopped while undone' },
  faults: (golden) => BACK.map(([key, point]) => stopped(golden, key, point)),
};

function stopped(golden: Golden, activity: string, point: Point): Fault {
  const hit = momentOf(golden, `releaseGroup: ${activity}`, point);
  return {
    key: `${activity} ${point}`,
    hit,
    blow: 'freeze',
    always: activity.startsWith('settleSet') && point === 'before',
    beside: async (lane) => {
      const frozen = await struck(lane, hit);
      await alone(async () => {
        const controller = lane.world.fleet.idcs['north']?.process('kube-controller-manager');
        controller?.pause();
        process.kill(frozen.pid, 'SIGCONT');
        try {
          await sleep(STOPPED_MS, undefined, { signal: lane.signal });
        } finally {
          controller?.resume();
        }
      });
    },
  };
}

let last: Promise<unknown> = Promise.resolve();

/** One after the other: the lanes share the controllers, and none may let those of another go on. */
async function alone(act: () => Promise<void>): Promise<void> {
  const mine = last.then(act);
  last = mine.catch(() => undefined);
  return mine;
}

import { setTimeout as sleep } from 'node:timers/promises';
import {
  momentOf,
  standingStill,
  type Fault,
  type FaultKind,
  type Golden,
  type Phase,
} from '../release/faults/fault.ts';
import { abortedMidBatch, helped, success } from '../release/scenarios.ts';
import { mesosOf } from './cluster.ts';
import { BACK, FORWARD } from './moments.ts';

/** For so long no agent offers anything. */
const BARE_MS = 20_000;

/** What is ended comes back nowhere: an operator has deactivated every agent, and activates them again. */
export const offers: FaultKind = {
  nightly: true,
  scenario: { ...success, name: 'no offers', topology: 'alone', drive: helped },
  faults: (golden) => FORWARD.map((phase) => bare(golden, phase)),
};

export const offersOfUndo: FaultKind = {
  nightly: true,
  scenario: { ...abortedMidBatch, name: 'no offers while undone', topology: 'alone' },
  faults: (golden) => BACK.map((phase) => bare(golden, phase)),
};

function bare(golden: Golden, [state, key, point]: Phase): Fault {
  const hit = momentOf(golden, key, point);
  return {
    ...{ key: state, hit, blow: 'freeze' },
    beside: async (lane, course) => {
      const { admin } = mesosOf(lane);
      const agents = [...(await admin.agents()).values()];
      try {
        await standingStill(hit, async () => {
          for (const agent of agents) await admin.offer(agent, false);
        })(lane, course);
        await sleep(BARE_MS, undefined, { signal: lane.signal });
      } finally {
        for (const agent of agents) await admin.offer(agent, true);
      }
    },
  };
}

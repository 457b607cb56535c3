import { setTimeout as sleep } from 'node:timers/promises';
import type { MesosAdmin } from '../../test/support/mesos-admin.ts';
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

/** For so long a new master knows nothing yet. Seconds. */
const RECOVERY_SECONDS = 1;

/** For so long nobody leads, where another one does not at once: longer than a call is tried again. */
const LEADERLESS_MS = 20_000;

interface Change {
  what: string;
  strike: (admin: MesosAdmin) => Promise<void>;
  /** Somebody leads again. Default: somebody does all the time. */
  mend?: (admin: MesosAdmin) => Promise<void>;
}

const electMarathon = (admin: MesosAdmin): Promise<void> => admin.electMarathon();
const electMaster = (admin: MesosAdmin): Promise<void> => admin.electMaster(RECOVERY_SECONDS);

const CHANGES: Change[] = [
  { what: 'Marathon', strike: electMarathon },
  { what: 'Mesos', strike: electMaster },
  { what: 'no Marathon', strike: (admin) => admin.deposeMarathon(), mend: electMarathon },
  { what: 'no Mesos', strike: (admin) => admin.deposeMaster(), mend: electMaster },
];

/** Another process leads, for all lanes, in each phase, at once or after a while. */
export const leaders: FaultKind = {
  scenario: { ...success, name: 'leader changed', topology: 'alone', drive: helped },
  faults: (golden) => phases(golden, FORWARD),
};

export const leadersOfUndo: FaultKind = {
  scenario: { ...abortedMidBatch, name: 'leader changed while undone', topology: 'alone' },
  faults: (golden) => phases(golden, BACK),
};

function phases(golden: Golden, all: Phase[]): Fault[] {
  return CHANGES.flatMap(({ what, strike, mend }) =>
    all.map(([state, key, point]): Fault => {
      const hit = momentOf(golden, key, point);
      return {
        ...{ key: `${what} in ${state}`, hit, blow: 'freeze' },
        always: mend === undefined && ['ROLLING_OUT', 'REVOKING'].includes(state),
        beside: async (lane, course) => {
          const { admin } = mesosOf(lane);
          await standingStill(hit, () => strike(admin))(lane, course);
          if (mend === undefined) return;
          // Whatever becomes of the case: the next ones need a leader.
          await sleep(LEADERLESS_MS);
          await mend(admin);
        },
      };
    }),
  );
}

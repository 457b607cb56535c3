import type { MesosAdmin } from '../../test/support/mesos-admin.ts';
import {
  momentOf,
  standingStill,
  type Fault,
  type FaultKind,
  type Golden,
  type Phase,
} from '../release/faults/fault.ts';
import type { Lane } from '../release/lane.ts';
import { abortedMidBatch, helped, success } from '../release/scenarios.ts';
import { mesosOf } from './cluster.ts';
import { BACK, FORWARD } from './moments.ts';

/** For so long a new master knows nothing yet. Seconds. */
const RECOVERY_SECONDS = 1;

const SYSTEMS = {
  Marathon: (admin: MesosAdmin) => admin.electMarathon(),
  Mesos: (admin: MesosAdmin) => admin.electMaster(RECOVERY_SECONDS),
};

/** Another process leads, for all lanes, in each phase. */
export const leaders: FaultKind = {
  scenario: { ...success, name: 'leader changed', topology: 'alone', drive: helped },
  faults: (golden) => phases(golden, FORWARD),
};

export const leadersOfUndo: FaultKind = {
  scenario: { ...abortedMidBatch, name: 'leader changed while undone', topology: 'alone' },
  faults: (golden) => phases(golden, BACK),
};

function phases(golden: Golden, all: Phase[]): Fault[] {
  return Object.entries(SYSTEMS).flatMap(([system, elect]) =>
    all.map(([state, key, point]): Fault => {
      const hit = momentOf(golden, key, point);
      const strike = (lane: Lane): Promise<void> => elect(mesosOf(lane).admin);
      const always = ['ROLLING_OUT', 'REVOKING'].includes(state);
      return { key: `${system} in ${state}`, hit, blow: 'freeze', always, beside: standingStill(hit, strike) };
    }),
  );
}

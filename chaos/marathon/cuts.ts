import { cutsIn } from '../release/faults/cuts.ts';
import type { FaultKind } from '../release/faults/fault.ts';
import type { System } from '../release/links.ts';
import { abortedMidBatch, helped, success } from '../release/scenarios.ts';
import { BACK, FORWARD } from './moments.ts';

const SYSTEMS: System[] = ['north/marathon', 'north/mesos'];

/** Every process of Marathon, or every Mesos master, is out of reach for half a minute. */
export const cuts: FaultKind = {
  scenario: { ...success, name: 'cut off from Mesos', topology: 'linked', drive: helped },
  faults: (golden) => cutsIn(golden, SYSTEMS, FORWARD, ['north/marathon away in ROLLING_OUT']),
};

/** The same while it is undone, which nobody may stop. */
export const cutsOfUndo: FaultKind = {
  nightly: true,
  scenario: { ...abortedMidBatch, name: 'cut off from Mesos while undone', topology: 'linked' },
  faults: (golden) => cutsIn(golden, SYSTEMS, BACK, []),
};

import type { FaultKind } from '../release/faults/fault.ts';
import { agents, agentsOfUndo } from './agents.ts';
import { answers, answersOfUndo } from './answers.ts';
import { cuts, cutsOfUndo } from './cuts.ts';
import { leaders, leadersOfUndo } from './leaders.ts';
import { offers, offersOfUndo } from './offers.ts';
import { people, peopleOfUndo } from './people.ts';

/** What breaks of Mesos and Marathon; kinds that want the same lanes side by side. */
export const FAULT_KINDS: FaultKind[] = [
  people,
  peopleOfUndo,
  answers,
  answersOfUndo,
  cuts,
  cutsOfUndo,
  leaders,
  leadersOfUndo,
  agents,
  agentsOfUndo,
  offers,
  offersOfUndo,
];

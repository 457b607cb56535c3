import type { FaultKind } from '../release/faults/fault.ts';
import { agents } from './agents.ts';
import { answers, answersOfUndo } from './answers.ts';
import { leaders, leadersOfUndo } from './leaders.ts';
import { people } from './people.ts';

/** What breaks of Mesos and Marathon; kinds that want the same lanes side by side. */
export const FAULT_KINDS: FaultKind[] = [people, answers, answersOfUndo, leaders, leadersOfUndo, agents];

import { answers, answersOfUndo } from './answers.ts';
import { controllers, controllersOfUndo } from './controllers.ts';
import { cuts, cutsOfUndo } from './cuts.ts';
import { evictions } from './evictions.ts';
import type { FaultKind } from './fault.ts';
import { zombies, zombiesOfUndo } from './zombies.ts';

/** What breaks beside the worker; kinds that want the same lanes side by side. */
export const FAULT_KINDS: FaultKind[] = [
  evictions,
  controllers,
  controllersOfUndo,
  cuts,
  cutsOfUndo,
  answers,
  answersOfUndo,
  zombies,
  zombiesOfUndo,
];

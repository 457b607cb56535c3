import type { Mishap } from '../../test/support/http-link.ts';
import { happens } from '../release/faults/answers.ts';
import type { Fault, FaultKind } from '../release/faults/fault.ts';
import type { Change } from '../release/changes.ts';
import { abortedMidBatch, helped, success } from '../release/scenarios.ts';

const MISHAPS: Mishap[] = ['loseAnswer', 'repeat', 'late', 'refuse'];

/** Of reads, whose number is not the same in every run, the first of each kind and a later one. */
const READS = [1, 3];

/** Every call of a release to Marathon and Mesos: its answer is lost once, or late; it is delivered twice; it is refused. */
export const answers: FaultKind = {
  scenario: { ...success, name: 'answers of Marathon', topology: 'linked', drive: helped },
  faults: ({ changes }) => each(changes),
};

/** Every call of its undo, too, and of what came before it. */
export const answersOfUndo: FaultKind = {
  nightly: true,
  scenario: { ...abortedMidBatch, name: 'answers of Marathon, undone', topology: 'linked' },
  faults: ({ changes }) => each(changes.filter(({ nth }) => nth > 1)),
};

/** On every commit the first change of each kind: its answer lost, and delivered twice. */
function each(changes: Change[]): Fault[] {
  return changes
    .filter(({ system, mutates, nth }) => !system.endsWith('/kubernetes') && (mutates || READS.includes(nth)))
    .flatMap((change) =>
      MISHAPS.map((mishap) => {
        const isBrief = mishap === 'loseAnswer' || mishap === 'repeat';
        return happens(change, mishap, change.mutates && change.nth === 1 && isBrief);
      }),
    );
}

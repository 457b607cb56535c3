import { setTimeout as sleep } from 'node:timers/promises';
import type { Mishap } from '../../../test/support/http-link.ts';
import { PassedBy } from '../../harness/index.ts';
import { befall, type Change } from '../changes.ts';
import { abortedMidBatch, helped, success } from '../scenarios.ts';
import type { Fault, FaultKind } from './fault.ts';

/** Every change that a release asks an API server for: its answer is lost once; it is delivered twice. */
export const answers: FaultKind = {
  scenario: { ...success, name: 'answers lost', topology: 'linked', drive: helped },
  faults: ({ changes }) => both(changes.filter(({ mutates }) => mutates)),
};

/** Every change of its undo, too, and of what came before it. */
export const answersOfUndo: FaultKind = {
  nightly: true,
  scenario: { ...abortedMidBatch, name: 'answers lost, undone', topology: 'linked' },
  faults: ({ changes }) => both(changes.filter(({ nth, mutates }) => mutates && nth > 1)),
};

function both(changes: Change[]): Fault[] {
  const met = new Set<string>();
  return changes.flatMap((change) => {
    // On every commit one of a kind: how a member is changed does not depend on which one it is, and where.
    const [idc = ''] = change.system.split('/');
    const path = change.path.replaceAll(idc, 'idc').replaceAll(/\d+/g, 'n');
    const kind = `${change.method} ${path} ${change.nth}`;
    const first = !met.has(kind);
    met.add(kind);
    return [happens(change, 'loseAnswer', first), happens(change, 'repeat', false)];
  });
}

const TITLES: Record<Mishap, string> = {
  loseAnswer: '',
  repeat: ', delivered twice',
  late: ', answered late',
  refuse: ', refused once',
};

/** That becomes of the call, once. */
export function happens(change: Change, mishap: Mishap, always: boolean): Fault {
  const { system, method, path, nth } = change;
  const key = `${system} ${method} ${path} #${nth}${TITLES[mishap]}`;
  let cameBy = (): boolean => false;
  return {
    key,
    hit: null,
    blow: 'kill',
    always,
    arm: (lane) => {
      cameBy = befall(lane.links, lane.app, change, mishap);
    },
    beside: async (lane) => {
      while (!cameBy()) {
        lane.signal.throwIfAborted();
        if (lane.isOver) throw new PassedBy(`nobody asked for ${key}`);
        await sleep(100);
      }
    },
  };
}

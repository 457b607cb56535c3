import { setTimeout as sleep } from 'node:timers/promises';
import { SHOP } from '../../devfleet/shop.ts';
import { SimHostsClient } from '../../devfleet/host/client.ts';
import { MESOS_NAMESPACE } from '../../test/support/judge.ts';
import { MarathonHands, type ShownApp } from '../../test/support/marathon-hands.ts';
import { momentOf, standingStill, type Fault, type FaultKind } from '../release/faults/fault.ts';
import type { Lane } from '../release/lane.ts';
import { helped, success, type Course, type Outcome } from '../release/scenarios.ts';

/** How long what does not end by itself takes, until somebody sees to it. */
const HANG_MS = 20_000;

/** The old app has one task left, the new one has one: web-2 is about to move. */
const MOMENT = 'releaseGroup: takeOut web-2 #1';

interface Meddling {
  key: string;
  always?: boolean;
  strike: (hands: MarathonHands, apps: { old: ShownApp; new: ShownApp }, lane: Lane) => Promise<void>;
  /** What is done about it later. */
  mend?: (hands: MarathonHands, lane: Lane) => Promise<void>;
  /** So many serving instances are taken by it. */
  taken: number;
}

const sized =
  (which: 'old' | 'new', by: (now: number) => number): Meddling['strike'] =>
  async (hands, apps) =>
    persist(() => hands.change(apps[which].id, { instances: by(apps[which].instances) }));

const killed =
  (which: 'old' | 'new'): Meddling['strike'] =>
  async (hands, apps) =>
    hands.kill(apps[which].tasks[0]?.id ?? '');

const MEDDLINGS: Meddling[] = [
  { key: 'one more of the old version', always: true, strike: sized('old', (now) => now + 1), taken: 0 },
  { key: 'one more of the new version', strike: sized('new', (now) => now + 1), taken: 0 },
  { key: 'none of the old version', strike: sized('old', () => 0), taken: 1 },
  { key: 'none of the new version', always: true, strike: sized('new', () => 0), taken: 1 },
  { key: 'a task of the old version killed', strike: killed('old'), taken: 1 },
  { key: 'a task of the new version killed', always: true, strike: killed('new'), taken: 1 },
  {
    key: 'a task that does not die',
    always: true,
    strike: (_hands, { old }, lane) => undying(lane, old.tasks[0]?.id ?? '', true),
    mend: async (_hands, lane) => {
      for (const { instance, namespace } of await lane.judge.running())
        if (namespace === MESOS_NAMESPACE) await undying(lane, instance, false);
    },
    taken: 0,
  },
  {
    key: 'a deployment of somebody else that does not end',
    always: true,
    // No host has so much: it waits for offers, and holds the lock of the app.
    strike: async (hands, { old }) => persist(() => hands.change(old.id, { cpus: 512 })),
    mend: async (hands, lane) => hands.rollBackDeployments(`/${SHOP.env}/${lane.app}-`),
    taken: 0,
  },
];

/** Somebody scales apps of the set, kills its tasks, or has a deployment of them that hangs, in the middle of a batch. */
export const people: FaultKind = {
  scenario: { ...success, name: 'somebody meddles', topology: 'whole', drive: helped },
  faults: (golden) => MEDDLINGS.map((meddling) => faultOf(meddling, momentOf(golden, MOMENT, 'before'))),
};

function faultOf({ key, always = false, strike, mend, taken }: Meddling, hit: Fault['hit'] & object): Fault {
  return {
    ...{ key, hit, blow: 'freeze', always },
    beside: async (lane, course) => {
      const hands = new MarathonHands(marathonOf(lane));
      await standingStill(hit, async () => strike(hands, await appsOf(hands, lane), lane))(lane, course);
      if (mend === undefined) return;
      await sleep(HANG_MS, undefined, { signal: lane.signal });
      await mend(hands, lane);
    },
    instead: { drive: helped, expect: (course) => meddled(course, taken) },
  };
}

/** All go to the new version; what somebody had started beside that does no harm, and goes. */
function meddled({ after, before }: Course, taken: number): Outcome {
  return {
    ...{ state: 'SUCCESS', version: after, untouched: [], serving: true, taken },
    starts: [[after], [after, after], [before, after]],
  };
}

/** Of the set on Mesos: the app that still runs the version before, and the one of the version after. */
async function appsOf(hands: MarathonHands, lane: Lane): Promise<{ old: ShownApp; new: ShownApp }> {
  const all = await hands.under(SHOP.env);
  const ours = all.filter(({ id, tasks }) => id.startsWith(`/${SHOP.env}/${lane.app}-`) && tasks.length > 0);
  const [before, after] = ours.sort((a, b) => (a.version < b.version ? -1 : 1));
  if (before === undefined || after === undefined)
    throw new Error(`${ours.map(({ id }) => id).join()}: not two versions`);
  return { old: before, new: after };
}

async function undying(lane: Lane, task: string, on: boolean): Promise<void> {
  const [idc] = Object.values(lane.world.fleet.idcs);
  await new SimHostsClient(idc?.hostsAdmin ?? '').fault({
    kind: 'never-stop',
    namespace: MESOS_NAMESPACE,
    pod: task,
    on,
  });
}

function marathonOf({ world }: Lane): string {
  const [idc] = Object.values(world.fleet.idcs);
  return idc?.mesos?.marathon[0] ?? '';
}

/** Until the app is not locked. */
async function persist(act: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await act();
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      await sleep(100);
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { SHOP } from '../../devfleet/shop.ts';
import { MESOS_NAMESPACE } from '../../test/support/judge.ts';
import { sequenceIn, type ShownApp } from '../../test/support/marathon-hands.ts';
import type { Hit } from '../harness/hits.ts';
import { momentOf, standingStill, type Fault, type FaultKind } from '../release/faults/fault.ts';
import type { Lane } from '../release/lane.ts';
import { abortedMidBatch, helped, success, type Course, type Outcome, type Scenario } from '../release/scenarios.ts';
import { PassedBy } from '../harness/index.ts';
import { mesosOf, type MesosHands } from './cluster.ts';
import { BACK, sendingsOf } from './moments.ts';

/** How long what does not end by itself takes, until somebody sees to it. */
const HANG_MS = 20_000;

type Which = 'old' | 'new';

/** Of each of the two apps so many tasks run. */
type Tasks = Record<Which, number>;

interface Meddling {
  key: string;
  always?: boolean;
  /** So many tasks must run for it. Default: none. */
  needs?: Partial<Tasks>;
  strike: (hands: MesosHands, apps: Record<Which, ShownApp>) => Promise<void>;
  /** What is done about it later, and when. */
  mend?: (hands: MesosHands, lane: Lane, apps: Record<Which, ShownApp>, course: Course) => Promise<void>;
  /** So many serving instances are taken by it. Default: none. */
  taken?: (tasks: Tasks) => number;
}

/** Where somebody meddles. */
interface Moment {
  hit: Hit;
  tasks: Tasks;
  /** What is told apart by the moment, too; empty for the one of every commit. */
  where: string;
}

const sized =
  (which: Which, by: (now: number) => number): Meddling['strike'] =>
  async ({ marathon }, apps) =>
    persist(() => marathon.change(apps[which].id, { instances: by(apps[which].instances) }));

/** The app has fewer than it had, and has them again when the release holds for it, so that nobody else changes it then. */
const fewer = (which: Which, by: (now: number) => number): Pick<Meddling, 'strike' | 'mend'> => ({
  strike: sized(which, by),
  mend: async ({ marathon }, lane, apps, { held }) => {
    while (held.length === 0 && !lane.isOver) await sleep(100, undefined, { signal: lane.signal });
    const { id, instances } = apps[which];
    if (held.length > 0) await persist(() => marathon.change(id, { instances }));
  },
});

const killed =
  (which: Which): Meddling['strike'] =>
  async ({ marathon }, apps) =>
    marathon.kill(taskOf(apps[which]));

const NEVER_STOP = { kind: 'never-stop', namespace: MESOS_NAMESPACE } as const;

const undying = (which: Which): Pick<Meddling, 'strike' | 'mend' | 'needs'> => ({
  needs: { [which]: 1 },
  strike: ({ hosts }, apps) => hosts.fault({ ...NEVER_STOP, pod: taskOf(apps[which]), on: true }),
  mend: async ({ hosts }, lane) => {
    await sleep(HANG_MS, undefined, { signal: lane.signal });
    for (const { instance, namespace } of await lane.judge.running())
      if (namespace === MESOS_NAMESPACE) await hosts.fault({ ...NEVER_STOP, pod: instance, on: false });
  },
});

/** No host has so much: it waits for offers, and holds the lock of the app. */
const hanging = (which: Which): Pick<Meddling, 'strike' | 'mend' | 'needs'> => ({
  needs: { [which]: 1 },
  strike: async ({ marathon }, apps) => persist(() => marathon.change(apps[which].id, { cpus: 512 })),
  mend: async ({ marathon }, lane) => {
    await sleep(HANG_MS, undefined, { signal: lane.signal });
    await marathon.rollBackDeployments(prefixOf(lane));
  },
});

const one = (): number => 1;

const MEDDLINGS: Meddling[] = [
  { key: 'one more of the old version', always: true, strike: sized('old', (now) => now + 1) },
  { key: 'one more of the new version', strike: sized('new', (now) => now + 1) },
  { key: 'none of the old version', needs: { old: 1 }, ...fewer('old', () => 0), taken: (tasks) => tasks.old },
  { key: 'one less of the old version', needs: { old: 2 }, ...fewer('old', (now) => now - 1), taken: one },
  {
    key: 'none of the new version',
    always: true,
    needs: { new: 1 },
    ...fewer('new', () => 0),
    taken: (tasks) => tasks.new,
  },
  { key: 'one less of the new version', needs: { new: 2 }, ...fewer('new', (now) => now - 1), taken: one },
  { key: 'a task of the old version killed', needs: { old: 1 }, strike: killed('old'), taken: one },
  { key: 'a task of the new version killed', always: true, needs: { new: 1 }, strike: killed('new'), taken: one },
  { key: 'a task that does not die', always: true, ...undying('old') },
  { key: 'a task of the new version that does not die', ...undying('new') },
  { key: 'a deployment of somebody else that does not end', always: true, ...hanging('old') },
  { key: 'a deployment of the new version that does not end', ...hanging('new') },
];

/** Somebody scales apps of the set, kills its tasks, or has a deployment of them that hangs, in the middle of a batch. */
export const people: FaultKind = {
  scenario: { ...success, name: 'somebody meddles', topology: 'whole', drive: helped },
  faults: (golden) => {
    const moving = sendingsOf(golden, 'releaseGroup: deploy web-2 #1');
    const ending = moving.findIndex(({ change }) => change.includes('/tasks/'));
    const moments: Moment[] = [
      // The old app has one task left, the new one has one: web-2 is about to move.
      {
        hit: momentOf(golden, 'releaseGroup: takeOut web-2 #1', 'before'),
        tasks: { old: 1, new: 1 },
        where: '',
      },
      // It moves.
      ...moving.map(({ hit }, at) => ({
        hit,
        tasks: { old: at <= ending ? 1 : 0, new: 1 },
        where: `web-2 at ${hit.point}`,
      })),
      ...sendingsOf(golden, 'releaseGroup: settleSet north/az-1 #1').map(({ hit }) => ({
        hit,
        tasks: { old: 0, new: 2 },
        where: `settling at ${hit.point}`,
      })),
    ];
    return moments.flatMap((moment) => at(moment, { drive: helped, expect: meddled }));
  },
};

/** The same while it is undone. */
export const peopleOfUndo: FaultKind = {
  nightly: true,
  scenario: { ...abortedMidBatch, name: 'somebody meddles while undone' },
  faults: (golden) => {
    const moments: Moment[] = [
      ...BACK.map(([, key, point]) => ({
        hit: momentOf(golden, key, point),
        tasks: { old: 0, new: 2 },
        where: 'web-2',
      })),
      ...sendingsOf(golden, 'releaseGroup: unstageSet north/az-1 #1').map(({ hit }) => ({
        hit,
        tasks: { old: 2, new: 0 },
        where: `unstaging at ${hit.point}`,
      })),
    ];
    return moments.flatMap((moment) => at(moment, { drive: abortedMidBatch.drive, expect: undone }));
  },
};

function at({ hit, tasks, where }: Moment, { drive, expect }: Pick<Scenario, 'drive' | 'expect'>): Fault[] {
  const fits = ({ needs }: Meddling): boolean => tasks.old >= (needs?.old ?? 0) && tasks.new >= (needs?.new ?? 0);
  return MEDDLINGS.filter(fits).map(({ key, always = false, strike, mend, taken = () => 0 }) => ({
    ...{ key: where === '' ? key : `${key}, ${where}`, hit, blow: 'freeze', always: always && where === '' },
    beside: async (lane, course) => {
      const hands = mesosOf(lane);
      const met: Record<Which, ShownApp>[] = [];
      await standingStill(hit, async () => {
        const apps = await appsOf(hands, lane, course);
        met.push(apps);
        await strike(hands, apps);
      })(lane, course);
      for (const apps of met) await mend?.(hands, lane, apps, course);
    },
    instead: { drive, expect: (course) => ({ ...expect(course), taken: taken(tasks) }) },
  }));
}

/** All go to the new version; what somebody had started beside that does no harm, and goes. */
function meddled({ after, before }: Course): Outcome {
  return {
    ...{ state: 'SUCCESS', version: after, untouched: [], serving: true },
    starts: [[after], [after, after], [before, after]],
  };
}

/** Those that went are back; what somebody had started beside that goes. */
function undone(course: Course): Outcome {
  const { after, before } = course;
  const starts = [[], [after, before], [after, after, before], [after, before, before]];
  return { ...abortedMidBatch.expect(course), starts };
}

/** Of the set on Mesos: the app of the version before, and the one of the version after. */
async function appsOf(
  { marathon }: MesosHands,
  lane: Lane,
  { before, after }: Course,
): Promise<Record<Which, ShownApp>> {
  const all = await marathon.under(SHOP.env);
  const of = (version: string): ShownApp => {
    const isIt = ({ id, labels }: ShownApp): boolean =>
      id.startsWith(prefixOf(lane)) && sequenceIn(id) === null && labels['transship.dev/version'] === version;
    const found = all.find(isIt);
    if (found === undefined) throw new Error(`no app below ${prefixOf(lane)} is of ${version}`);
    return found;
  };
  return { old: of(before), new: of(after) };
}

/** @throws PassedBy where the worker took so long that its activity was begun again: what it sends is counted anew */
function taskOf({ id, tasks: [task] }: ShownApp): string {
  if (task === undefined) throw new PassedBy(`${id} has no task any more`);
  return task.id;
}

function prefixOf({ app }: Lane): string {
  return `/${SHOP.env}/${app}-`;
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

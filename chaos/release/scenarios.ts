import { SHOP, type ShopVersion } from '../../devfleet/shop.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { gateCommand, isTerminal, waitsForPerson } from '../../src/domain/states.ts';
import type { Trouble } from '../../src/domain/types.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import { groupWorkflowId, releaseWorkflowId } from '../../src/temporal/names.ts';
import type { Blow } from '../hooks/points.ts';
import type { Expected } from './judges.ts';
import type { Lane, ReleaseSettings, Topology } from './lane.ts';

/** What a scenario leaves for the judges. */
export type Outcome = Omit<Expected, 'events' | 'identities'>;

/** Where a release begins and what it goes to. */
export interface Course {
  /** Version that the app rests on; empty where it was never released. */
  before: string;
  after: string;
  /** Digest of the image of `after`. */
  digest: string;
  /** Instance (`web-0`) → its pod. */
  pods: Record<string, string>;
  /** Settles when what was broken is whole again; at once where nothing is. */
  mended: Promise<void>;
  /** Why the release waited for a person who resumed it, each time. */
  held: Trouble[];
}

export interface Scenario {
  name: string;
  topology: Topology;
  blow: Blow;
  /** An app at rest to begin with; else one that was never released. */
  standing: boolean;
  /** More than the image changes: new pods are needed. */
  anew?: true;
  /** What is done to the app instead of a release. To be adopted it is a stranger's, on the version that it is said to run. */
  instead?: 'restart' | 'scale' | 'adopt' | 'detach' | 'convert' | 'promote';
  /** Place that has one instance more when it was scaled; the other one has one less. Default: the first. */
  grows?: 'first' | 'last';
  /** The app has a second group, released with the first as one. */
  joined?: true;
  /** The first IDC alone has its image: a sync rule brings it to the others. */
  lacking?: true;
  /** Its sets are made in order: one instance of each at a time. */
  ordered?: true;
  /** Waits for long, and does little that another one does not: not on every commit. */
  nightly?: true;
  /** How the version behaves that the app stands on to begin with. Default: as any. */
  stands?: ShopVersion;
  /** How the version behaves that is released. */
  behaviour: ShopVersion;
  settings: ReleaseSettings;
  /** Drives the release to its end. */
  drive: (lane: Lane, id: string, course: Course) => Promise<Release>;
  /** What must hold in the end. */
  expect: (course: Course) => Outcome;
}

export const ends = (lane: Lane, id: string): Promise<Release> => lane.settled(id, ({ state }) => isTerminal(state));
const isHeld = ({ commands }: Release): boolean => commands.includes('resume');

async function abort(lane: Lane, id: string): Promise<Release> {
  await lane.command(id, 'abort', ({ state }) => state === 'REVOKING' || isTerminal(state));
  return ends(lane, id);
}

/**
 * A person aborts when the bastion serves and the first batch ignites.
 * @param begun so many instances were started by then
 */
export async function begunToAbort(lane: Lane, id: string, begun = 3): Promise<void> {
  await started(lane, begun);
  await lane.command(id, 'abort', ({ state }) => state === 'REVOKING' || isTerminal(state));
}

export async function resume(lane: Lane, id: string): Promise<Release> {
  await lane.command(id, 'resume', (view) => !isHeld(view));
  return ends(lane, id);
}

/** How long a person looks at what came back before they resume. */
const LOOK_MS = 1_000;

/** To its end, by a person who resumes whatever holds once what was broken is whole again. */
export async function helped(lane: Lane, id: string, { mended, held }: Course): Promise<Release> {
  for (;;) {
    const view = await lane.settled(id, (now) => isTerminal(now.state) || isHeld(now));
    if (isTerminal(view.state)) return view;
    if (view.trouble !== null) held.push(view.trouble);
    await mended;
    await sleep(LOOK_MS);
    await lane.command(id, 'resume', (now) => !isHeld(now));
  }
}

/** The hosts of these pods get no image until the release is held for it; then they do, and start it. */
export async function lacksImage(
  lane: Lane,
  id: string,
  { digest, pods, startedThen }: { digest: string; pods: (string | undefined)[]; startedThen: number },
): Promise<void> {
  await lane.pulls(digest, pods, false);
  await lane.settled(id, isHeld);
  await lane.pulls(digest, pods, true);
  // A kubelet that has failed to pull tries again after a while.
  await started(lane, startedThen);
}

/** Waits until the hosts have started containers of so many instances. */
async function started(lane: Lane, count: number): Promise<void> {
  while ((await lane.judge.started()) < count) {
    lane.signal.throwIfAborted();
    await sleep(100);
  }
}

export const base = { topology: 'whole', blow: 'kill', standing: true, behaviour: {}, settings: {} } as const;

/** Every instance went to the new version, by one start. */
export const released = ({ after }: Course): Outcome => ({
  state: 'SUCCESS',
  version: after,
  starts: [[after]],
  untouched: [],
  serving: true,
});

/** From one version to the next: nobody does anything. */
export const success: Scenario = {
  ...base,
  name: 'success',
  drive: ends,
  expect: released,
};

const firstRelease: Scenario = {
  ...base,
  name: 'first release',
  standing: false,
  drive: ends,
  expect: ({ after }) => ({ state: 'SUCCESS', version: after, starts: [[after]], untouched: [], serving: false }),
};

/** The sets stand, the instances ignite for ever: nothing is to be left of them. */
const firstReleaseAborted: Scenario = {
  ...base,
  name: 'first release aborted',
  standing: false,
  behaviour: { ignite: 'never' },
  drive: async (lane, id) => {
    await lane.stepDone(id, 'deploy', lane.size);
    await sleep(LOOK_MS);
    return abort(lane, id);
  },
  expect: () => ({ state: 'REVOKED', version: null, starts: [], untouched: [], serving: false }),
};

/** The bastion serves, the first batch ignites: those three go back, the fourth was never touched. */
export const abortedMidBatch: Scenario = {
  ...base,
  name: 'aborted in a batch',
  behaviour: { igniteSeconds: 2 },
  drive: async (lane, id) => {
    await begunToAbort(lane, id);
    return ends(lane, id);
  },
  expect: ({ before, after, pods }) => ({
    state: 'REVOKED',
    version: before,
    starts: [[], [after, before]],
    untouched: [pods['web-3'] ?? ''],
    serving: true,
  }),
};

const bastionFails: Scenario = {
  ...base,
  name: 'bastion fails',
  behaviour: { ignite: 'fail' },
  drive: async (lane, id) => {
    await lane.settled(id, isHeld);
    return abort(lane, id);
  },
  expect: ({ before, after, pods }) => ({
    state: 'REVOKED',
    version: before,
    starts: [[], [after, before]],
    untouched: ['web-1', 'web-2', 'web-3'].map((name) => pods[name] ?? ''),
    serving: true,
  }),
};

/**
 * Nobody gives the first batch its image: it fails, the brake holds the second. Once there is an image a person resumes:
 * the first batch goes again, then the second.
 */
const braked: Scenario = {
  ...base,
  name: 'braked and resumed',
  drive: async (lane, id, { digest, pods }) => {
    await lacksImage(lane, id, { digest, pods: [pods['web-1'], pods['web-2']], startedThen: 3 });
    return resume(lane, id);
  },
  expect: released,
};

/** A person brakes while the first batch ignites, sees that nothing moves, and resumes. */
const brakedByHand: Scenario = {
  ...base,
  name: 'braked by a person and resumed',
  behaviour: { igniteSeconds: 2 },
  drive: async (lane, id) => {
    await started(lane, 3);
    await lane.command(id, 'brake', isHeld);
    return resume(lane, id);
  },
  expect: released,
};

/** The last batch gets no image: all others go, a person is asked, and resumes once there is one. */
const lastBatchFails: Scenario = {
  ...base,
  name: 'last batch fails and is resumed',
  drive: async (lane, id, { digest, pods }) => {
    await lacksImage(lane, id, { digest, pods: [pods[`web-${lane.size - 1}`]], startedThen: lane.size });
    return resume(lane, id);
  },
  expect: released,
};

/** Asked for by a promotion: a release of its own. */
const promoted: Scenario = { ...success, name: 'promoted', instead: 'promote' };

const promotionAborted: Scenario = { ...abortedMidBatch, name: 'promotion aborted in a batch', instead: 'promote' };

/**
 * Sets that are made in order: the last of each first. The second one's gets no image: what comes before it is left alone
 * until a person resumes, once there is one.
 */
const inOrder: Scenario = {
  ...base,
  name: 'in order, stopped and resumed',
  ordered: true,
  nightly: true,
  drive: async (lane, id, { digest, pods }) => {
    await lacksImage(lane, id, { digest, pods: [pods['web-3']], startedThen: 3 });
    return resume(lane, id);
  },
  expect: released,
};

/** As "aborted in a batch", by the button of the Temporal UI. */
const cancelled: Scenario = {
  ...abortedMidBatch,
  name: 'cancelled in a batch',
  drive: async (lane, id) => {
    await started(lane, 3);
    await lane.client.workflow.getHandle(releaseWorkflowId(id)).cancel();
    return ends(lane, id);
  },
};

async function terminate(lane: Lane, id: string): Promise<Release> {
  await lane.batchDone(id, 1);
  // The workflow has heard of it, too, and pauses.
  await sleep(500);
  await terminateGroup(lane);
  return ends(lane, id);
}

/** Ends the group's workflow as nobody should: without any undo. */
export async function terminateGroup(lane: Lane): Promise<void> {
  const group = { env: SHOP.env, app: lane.app, group: SHOP.group };
  await lane.client.workflow.getHandle(groupWorkflowId(group)).terminate('by mistake');
}

/**
 * Somebody terminates the workflow of the group after the first batch, which skips the undo: both versions stay as they
 * stand, and the group is dirty, so that nothing goes over them.
 */
const terminated: Scenario = {
  ...base,
  name: 'terminated after a batch',
  settings: { pauseSeconds: 600 },
  drive: terminate,
  expect: ({ before, after, pods }) => ({
    state: 'FAILURE',
    version: before,
    cutShort: true,
    starts: [[], [after]],
    untouched: [pods['web-3'] ?? ''],
    serving: true,
  }),
};

/** The same, and somebody has the group repaired: what was touched goes back, and the group is free again. */
export const repaired: Scenario = {
  ...terminated,
  name: 'terminated and repaired',
  drive: async (lane, id) => {
    await terminate(lane, id);
    return ends(lane, await lane.repair());
  },
  expect: ({ before, after, pods }) => ({
    state: 'SUCCESS',
    version: before,
    starts: [[], [after, before]],
    untouched: [pods['web-3'] ?? ''],
    serving: true,
  }),
};

/**
 * In the middle of a batch Temporal's database is lost: nobody drives the release any more, which is found out, and
 * whoever repairs the group needs nothing of what Temporal knew.
 */
export const forgotten: Scenario = {
  ...abortedMidBatch,
  name: "Temporal's database lost",
  drive: async (lane, id) => {
    await started(lane, 3);
    await lane.loseTemporal();
    const { state, trouble } = await ends(lane, id);
    if (state !== 'FAILURE' || trouble?.code !== 'OPERATION_CUT_SHORT')
      throw new Error(`the release ended as ${state}: ${trouble?.message ?? 'no trouble'}`);
    return ends(lane, await lane.repair());
  },
  expect: (course) => repaired.expect(course),
};

/** The version went everywhere, and is rolled back. */
const rolledBack: Scenario = {
  ...base,
  name: 'released and rolled back',
  drive: async (lane, id) => {
    await ends(lane, id);
    return ends(lane, await lane.rollback(id));
  },
  expect: ({ before, after }) => ({
    state: 'SUCCESS',
    version: before,
    starts: [[after, before]],
    untouched: [],
    serving: true,
  }),
};

/** A person brakes while the first batch ignites, and has it rolled back. */
const brakedAndRolledBack: Scenario = {
  ...abortedMidBatch,
  name: 'braked and rolled back',
  drive: async (lane, id) => {
    await started(lane, 3);
    await lane.command(id, 'brake', isHeld);
    await lane.command(id, 'rollback', ({ state }) => state === 'REVOKING' || isTerminal(state));
    return ends(lane, id);
  },
};

/** A person opens every gate. */
const gateByGate: Scenario = {
  ...base,
  name: 'gate by gate',
  settings: {
    gates: { smoke: 'manual', bake: 'manual', rollout: 'manual', batch: 'manual', finish: 'manual' },
  },
  drive: async (lane, id) => {
    for (const at of ['PENDING', 'SMOKE_SUCCESS', 'BAKE_SUCCESS', 'BATCH_SUCCESS', 'ROLLOUT_SUCCESS'] as const) {
      const command = gateCommand(at);
      await lane.settled(id, (view) => view.state === at && waitsForPerson(view));
      if (command !== null) await lane.command(id, command, ({ state }) => state !== at);
    }
    return ends(lane, id);
  },
  expect: released,
};

/** While the bastion bakes somebody asks for the same once more: it waits for its turn, and finds nothing left to do. */
const queued: Scenario = {
  ...base,
  name: 'queued behind another',
  settings: { gates: { rollout: 'manual' } },
  drive: async (lane, id, { after }) => {
    await lane.settled(id, (view) => view.state === 'BAKE_SUCCESS' && waitsForPerson(view));
    const second = await lane.release(after, {}, 'queue');
    await lane.settled(second, ({ waiting }) => waiting !== '');
    await lane.command(id, 'rollout', ({ state }) => state !== 'BAKE_SUCCESS');
    return ends(lane, second);
  },
  expect: released,
};

/** New pods are needed: a set is opened, its members are evicted, it is closed. */
const madeAnew: Scenario = {
  ...base,
  name: 'made anew',
  anew: true,
  drive: ends,
  expect: released,
};

/** The same, and a person aborts when the bastion serves and the first batch ignites. */
const madeAnewAborted: Scenario = { ...abortedMidBatch, name: 'made anew, aborted in a batch', anew: true };

/** Every instance is made anew on the version that it runs. */
export const restarted: Scenario = {
  ...base,
  name: 'restarted',
  instead: 'restart',
  drive: ends,
  expect: ({ before }) => ({ state: 'SUCCESS', version: before, starts: [[before]], untouched: [], serving: true }),
};

/** The same, and a person aborts after the first batch: what was made anew stays. */
const restartAborted: Scenario = {
  ...restarted,
  name: 'restarted, aborted after a batch',
  settings: { pauseSeconds: 600 },
  drive: async (lane, id) => {
    await lane.batchDone(id, 1);
    await sleep(LOOK_MS);
    return abort(lane, id);
  },
  expect: ({ before, pods }) => ({
    state: 'REVOKED',
    version: before,
    starts: [[], [before]],
    untouched: [pods['web-3'] ?? ''],
    serving: true,
  }),
};

/** One instance comes in the first IDC; when it serves, one goes in the second: the last of its set. */
export const scaled: Scenario = {
  ...base,
  name: 'scaled',
  instead: 'scale',
  drive: ends,
  expect: ({ before, pods }) => ({
    state: 'SUCCESS',
    version: before,
    starts: [[], [before]],
    untouched: ['web-0', 'web-1', 'web-2'].map((name) => pods[name] ?? ''),
    serving: true,
  }),
};

/** The same, and a person aborts while the one that goes ends: it comes back, and the other one goes. */
const scaleAborted: Scenario = {
  ...scaled,
  name: 'scaled, aborted at the end',
  stands: { stopSeconds: 5 },
  drive: async (lane, id) => {
    await lane.stepBegun(id, 'resizeSet', 2);
    await sleep(LOOK_MS);
    return abort(lane, id);
  },
  expect: (course) => ({ ...scaled.expect(course), state: 'REVOKED' }),
};

/** Sets that somebody else made are taken over as they run. */
const adopted: Scenario = {
  ...base,
  name: 'adopted',
  standing: false,
  instead: 'adopt',
  drive: ends,
  expect: ({ after }) => ({ state: 'SUCCESS', version: after, starts: [[]], untouched: [], serving: false }),
};

/** The sets are left to whoever has them then. */
const detached: Scenario = {
  ...base,
  name: 'detached',
  instead: 'detach',
  drive: ends,
  expect: ({ before }) => ({
    ...{ state: 'SUCCESS', version: before, released: null },
    ...{ starts: [[]], untouched: [], serving: true },
  }),
};

/** The sets become ones that are made in order, under their instances. */
const converted: Scenario = {
  ...base,
  name: 'converted',
  instead: 'convert',
  drive: ends,
  expect: ({ before }) => ({ state: 'SUCCESS', version: before, starts: [[]], untouched: [], serving: true }),
};

/** When a person aborts just as many serve as must: the bastion goes back when somebody puts the others into traffic again. */
const abortedShort: Scenario = {
  ...abortedMidBatch,
  name: 'aborted while others are out',
  nightly: true,
  settings: { gates: { rollout: 'manual' } },
  drive: async (lane, id, { pods }) => {
    const others = [pods['web-2'], pods['web-3']];
    await lane.settled(id, (view) => view.state === 'BAKE_SUCCESS' && waitsForPerson(view));
    await lane.flag(others, 'being looked at');
    await lane.command(id, 'abort', ({ state }) => state === 'REVOKING' || isTerminal(state));
    await lane.undoWaits(id);
    await lane.flag(others, null);
    return ends(lane, id);
  },
  expect: ({ before, after, pods }) => ({
    ...{ state: 'REVOKED', version: before, starts: [[], [after, before]], serving: true },
    untouched: ['web-1', 'web-2', 'web-3'].map((name) => pods[name] ?? ''),
  }),
};

/** Two groups as one: each step of the one waits for that of the other. */
const joined: Scenario = { ...success, name: 'joined', joined: true };

/** Only one group is told to stop while both are in their first batch: both go back. */
const joinedAborted: Scenario = {
  ...abortedMidBatch,
  name: 'joined, one aborted in a batch',
  joined: true,
  drive: async (lane, id) => {
    await started(lane, 3);
    await lane.command(id, 'abort', ({ state }) => state === 'REVOKING' || isTerminal(state), SHOP.group);
    return ends(lane, id);
  },
};

/** The registry of one IDC has the image: it comes to the others before the batches that need it. */
const brought: Scenario = { ...success, name: 'its image is brought', lacking: true };

/** All but the last IDC is released when its cluster is lost: the release waits for that alone, and goes on by itself. */
const lost: Scenario = {
  ...base,
  name: 'a cluster lost and back',
  topology: 'linked',
  settings: { waves: 'idc', onClusterLoss: 'requeue', gates: { wave: 'manual' } },
  drive: async (lane, id) => {
    const system = `${lane.links.idcs.at(-1) ?? ''}/kubernetes` as const;
    await lane.settled(id, (view) => view.state === 'BATCH_SUCCESS' && waitsForPerson(view));
    lane.links.cut(system);
    try {
      await lane.command(id, 'rollout', ({ state }) => state !== 'BATCH_SUCCESS');
      const { trouble } = await lane.settled(id, isHeld);
      if (trouble?.code !== 'CLUSTER_LOST') throw new Error(`it holds for ${trouble?.code ?? 'nothing'}`);
    } finally {
      lane.links.mend(system);
    }
    return ends(lane, id);
  },
  expect: released,
};

/** All scenarios, those that must run on every commit first. */
export const SCENARIOS: Scenario[] = [
  success,
  firstRelease,
  firstReleaseAborted,
  abortedMidBatch,
  bastionFails,
  braked,
  brakedByHand,
  lastBatchFails,
  cancelled,
  terminated,
  repaired,
  rolledBack,
  brakedAndRolledBack,
  gateByGate,
  queued,
  madeAnew,
  madeAnewAborted,
  restarted,
  restartAborted,
  scaled,
  scaleAborted,
  adopted,
  detached,
  converted,
  promoted,
  promotionAborted,
  inOrder,
  abortedShort,
  joined,
  joinedAborted,
  brought,
  lost,
  { ...success, name: 'continued as new', topology: 'brief' },
  { ...success, name: 'success, workers apart', topology: 'split' },
  { ...success, name: 'success, a worker frozen', topology: 'twin', blow: 'freeze' },
];

/** Scenarios by their names. @throws Error for one that there is not */
export function scenariosNamed(...names: string[]): Scenario[] {
  return names.map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name);
    if (found === undefined) throw new Error(`there is no scenario "${name}"`);
    return found;
  });
}

/** Every point of the others is for the night: they do what a scenario before them does. */
export function isOfEachCommit(scenario: Scenario): boolean {
  return isRecorded(scenario) && scenario.nightly !== true;
}

/** The others take the same path, only their workers stand otherwise. */
export function isRecorded({ topology, blow }: Scenario): boolean {
  return topology !== 'split' && topology !== 'twin' && blow === 'kill';
}

import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import { SHOP } from '../../devfleet/shop.ts';
import { until } from '../../devfleet/wait.ts';
import { brake } from '../../src/domain/brake.ts';
import type { ReleaseState } from '../../src/domain/states.ts';
import { groupOperationId } from '../../src/http/ids.ts';
import { groupWorkflowId, releaseWorkflowId } from '../../src/temporal/names.ts';
import { MESOS_NAMESPACE } from '../../test/support/judge.ts';
import { runsOf } from '../../test/support/runs.ts';
import { replayFaults } from '../harness/replays.ts';
import type { JoinedGroup, Lane } from './lane.ts';
import { judgeStarts, type ExpectedStarts } from './starts.ts';

/** How long all may take to come to rest after the release has ended: a worker that died last has to start once more. */
const REST_MS = 30_000;

/** Batches of half the group: what is left must serve at every moment. */
const BATCH_PERCENT = 50;

/** What must hold when a case is over. */
export interface Expected extends ExpectedStarts {
  state: ReleaseState;
  /** What the catalogue says is released in the end. Default: that version. */
  released?: string | null;
  /** It ended without finishing or undoing: instances run this version or that, and the group is dirty. */
  cutShort?: boolean;
  /** So many were taken on purpose, and may be missing from what serves. */
  taken?: number;
  /** Pod, uid and address of each instance before the case; null where it made them. */
  identities: string[] | null;
  /** The group has to serve throughout. */
  serving: boolean;
  /** Workflow → what its history counted in the golden run. */
  events: Evidence['events'];
}

export interface Evidence {
  /** One line each. */
  violations: string[];
  /** Workflow → its history, as JSON. */
  histories: Record<string, unknown>;
  events: Record<string, Events>;
}

/** Events of a workflow's history. */
interface Events {
  /** Of its workflow tasks. */
  tasks: number;
  /** All others: activities, timers, messages, children. */
  work: number;
}

/** Activities done again cost nothing: attempts are in no event. */
const mostWork = (golden: number): number => Math.ceil(1.25 * golden) + 20;

/** A death costs some, and so does every task that a busy machine does not end within its second. */
const mostTasks = (golden: number): number => 2 * golden + 60;

/** Judges a release that has ended, by what the hosts, the front door, the API servers and Temporal say. */
export async function judgeRelease(lane: Lane, id: string, state: ReleaseState, expected: Expected): Promise<Evidence> {
  const violations: string[] = [];
  const check = (holds: boolean, what: string): void => {
    if (!holds) violations.push(what);
  };
  const { judge } = lane;
  const instances = lane.size;
  check(state === expected.state, `the release ended as ${state}, not ${expected.state}`);

  if (expected.cutShort !== true) violations.push(...(await judgeRest(lane, expected.version)));
  const running = await judge.running();
  if (expected.identities !== null) {
    const lost = (identity: string): boolean => identity.startsWith(`${expected.evicted} `);
    const identities = (await judge.identities()).filter((identity) => !lost(identity));
    const same = expected.identities.filter((identity) => !lost(identity)).join() === identities.join();
    check(same, `pods and addresses are now ${identities.join('; ')}`);
  }
  if (expected.version !== null) {
    const serving = await judge.serving();
    const pods = running.filter(({ namespace }) => namespace !== MESOS_NAMESPACE).map(({ instance }) => instance);
    const isWhole = serving.length === running.length && pods.every((pod) => serving.includes(pod));
    check(isWhole, `the front door routes to ${serving.join(', ')}`);
  }

  const members = Object.values(await lane.pods());
  violations.push(...judgeStarts(running, await judge.starts(), members, expected));
  for (const entry of await judge.collisions()) violations.push(`collision: ${JSON.stringify(entry)}`);
  violations.push(...(await lane.holders.follow()));
  if (expected.serving) {
    const { floor } = brake({ desired: instances, batchPercent: BATCH_PERCENT, serving: instances, taken: 0 });
    const least = Math.min(...(await judge.routed()));
    const lost = expected.taken ?? (expected.evicted === undefined ? 0 : 1);
    if (least < floor - lost) {
      const fall = `in service fell to ${least}, the floor is ${floor}, lost on purpose ${lost}`;
      violations.push(`${fall}: ${await judge.trafficStory()}`);
    }
  }

  if (lane.joined !== null) violations.push(...(await judgeJoined(lane, lane.joined, expected)));
  violations.push(...(await judgeRecords(lane, id, expected)));
  const replay = await replayed(lane, id);
  violations.push(...replay.violations);
  for (const [workflow, { work, tasks }] of Object.entries(replay.events)) {
    const golden = expected.events[workflow];
    if (golden === undefined) continue;
    check(work <= mostWork(golden.work), `${workflow} has ${work} events, ${golden.work} in the golden run`);
    check(tasks <= mostTasks(golden.tasks), `${workflow} has ${tasks} task events, ${golden.tasks} in the golden run`);
  }
  return { ...replay, violations };
}

/** Plain Kubernetes, and every instance on the version. */
async function judgeRest({ judge, size }: Lane, version: string | null): Promise<string[]> {
  let unrest: string[] = [];
  await until(async () => {
    unrest = await judge.unrest();
    return unrest.length === 0;
  }, REST_MS);
  const violations = unrest.map((what) => `does not rest: ${what}`);
  const versions = JSON.stringify(await judge.versions());
  const wanted = JSON.stringify(version === null ? {} : { [version]: size });
  return versions === wanted ? violations : [...violations, `runs ${versions}`];
}

/** The group that was released with it came to the same end. */
async function judgeJoined(lane: Lane, { group, size, judge }: JoinedGroup, expected: Expected): Promise<string[]> {
  const { version } = expected;
  const violations: string[] = [];
  const versions = JSON.stringify(await judge.versions());
  if (versions !== JSON.stringify(version === null ? {} : { [version]: size }))
    violations.push(`${group} runs ${versions}`);
  if ((await judge.serving()).length !== size) violations.push(`${group} does not serve whole`);
  const allowed = expected.starts.map((list) => list.join());
  const starts = Object.entries(await judge.starts()).map(([pod, list]) => [pod, list.join()] as const);
  const wrong = starts.filter(([, list]) => !allowed.includes(list));
  violations.push(...wrong.map(([pod, list]) => `${pod} was started on ${list}`));
  // Of two, one may be out.
  const least = Math.min(...(await judge.routed()));
  if (least < 1) violations.push(`${group} in service fell to ${least}: ${await judge.trafficStory()}`);
  const fence = await lane.catalogue.fences.get({ env: SHOP.env, app: lane.app, group });
  if (fence?.holder !== null || fence.dirty) violations.push(`the fence of ${group} is ${JSON.stringify(fence)}`);
  return violations;
}

/** Nothing is left open: neither the fence, nor an operation, nor a workflow; the events have no gap. */
async function judgeRecords(
  lane: Lane,
  id: string,
  { version, released: wanted = version, cutShort = false }: Expected,
): Promise<string[]> {
  const { catalogue } = lane;
  const violations: string[] = [];
  const ref = { env: SHOP.env, app: lane.app, group: SHOP.group };
  const fence = await catalogue.fences.get(ref);
  const isFree = fence?.holder === null && !fence.dirty;
  const isDirty = fence?.holder === groupOperationId(id, SHOP.group) && fence.dirty;
  if (!(cutShort ? isDirty : isFree)) violations.push(`the fence is ${JSON.stringify(fence)}`);
  const live = await catalogue.operations.list({ app: lane.app, live: true, limit: 10 });
  violations.push(...live.map((row) => `operation ${row.id} is still ${row.state}`));
  let open: string[] = [];
  await until(async () => {
    open = await lane.openOperations();
    return open.length === 0;
  }, REST_MS);
  violations.push(...open.map((workflow) => `workflow ${workflow} still runs`));
  const released = (await catalogue.groups.get(ref))?.released?.version ?? null;
  if (released !== wanted) violations.push(`the catalogue says that ${released ?? 'nothing'} is released`);
  const events = await catalogue.events.list(id, 0, 1_000);
  if (events.some(({ seq }, at) => seq !== at + 1)) violations.push('the events have a gap');
  return violations;
}

/** Replays all histories against the workflows as they are. */
async function replayed(lane: Lane, id: string): Promise<Evidence> {
  const evidence: Evidence = { violations: [], histories: {}, events: {} };
  const workflows = {
    releaseApp: releaseWorkflowId(id),
    releaseGroup: groupWorkflowId({ env: SHOP.env, app: lane.app, group: SHOP.group }),
    ...(lane.joined === null
      ? {}
      : { joinedGroup: groupWorkflowId({ env: SHOP.env, app: lane.app, group: lane.joined.group }) }),
  };
  const all: { workflowId: string; history: History }[] = [];
  for (const [type, workflowId] of Object.entries(workflows)) {
    let before = 0;
    for await (const { history } of runsOf(lane.client, workflowId)) {
      // The run that ended is called by the workflow's name alone.
      evidence.histories[before === 0 ? type : `${before} before.${type}`] = JSON.parse(historyToJSON(history));
      evidence.events[type] = counted(history, evidence.events[type]);
      before++;
      all.push({ workflowId, history });
    }
  }
  evidence.violations.push(...(await replayFaults(lane.world.bundle, all)));
  return evidence;
}

/** Counts the events of one run, onto those of others. */
function counted({ events }: History, others: Events = { tasks: 0, work: 0 }): Events {
  // An event has, beside its head, one field, with what is its kind's own.
  const isTask = (event: object): boolean => Object.keys(event).some((field) => field.startsWith('workflowTask'));
  const tasks = events?.filter(isTask).length ?? 0;
  return { tasks: others.tasks + tasks, work: others.work + (events?.length ?? 0) - tasks };
}

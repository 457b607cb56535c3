import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../devfleet/wait.ts';
import { MESOS_NAMESPACE } from '../../test/support/judge.ts';
import type { Hit } from '../harness/hits.ts';
import { momentOf, standingStill, type Fault, type FaultKind, type Golden } from '../release/faults/fault.ts';
import type { Lane } from '../release/lane.ts';
import { abortedMidBatch, helped, success, type Course, type Outcome } from '../release/scenarios.ts';
import { mesosOf } from './cluster.ts';
import { BACK, sendingsOf } from './moments.ts';

/** Longer than the masters of the fault run wait for an agent, so that its tasks are given up. */
const AWAY_MS = 12_000;

/** How long an agent that was shut down takes to end its tasks and to come back as another one. */
const RETURN_MS = 30_000;

/** What becomes of an agent that was given up: it comes back with its tasks; or its operator says that it never will. */
type Fate = 'back' | 'gone';

/** A host of the first set cannot reach its master, which gives its tasks up; they run on until it can, or for ever. */
export const agents: FaultKind = {
  scenario: { ...success, name: 'agent lost', topology: 'alone', drive: helped },
  faults: (golden) => [
    ...lost(golden, [
      ['SMOKING', 'releaseGroup: deploy web-0 #1'],
      ['ROLLING_OUT', 'releaseGroup: deploy web-2 #1'],
      ['after the last batch', 'releaseGroup: settleSet north/az-1 #1'],
    ]),
    // The one that is ended, and the one that is started in its stead, may be on it.
    ...sendingsOf(golden, 'releaseGroup: deploy web-2 #1').flatMap(({ hit }) =>
      (['back', 'gone'] as const).map((fate) => lose(`web-2 at ${hit.point}`, hit, fate, lostTasks)),
    ),
  ],
};

/** The same while it is undone. */
export const agentsOfUndo: FaultKind = {
  nightly: true,
  scenario: { ...abortedMidBatch, name: 'agent lost while undone', topology: 'alone' },
  faults: (golden) =>
    BACK.flatMap(([state, key, point]) =>
      (['back', 'gone'] as const).map((fate) => lose(state, momentOf(golden, key, point), fate, undoneTasks)),
    ),
};

function lost(golden: Golden, moments: [state: string, key: string][]): Fault[] {
  return moments.flatMap(([state, key]) =>
    (['back', 'gone'] as const).map((fate) => lose(state, momentOf(golden, key, 'before'), fate, lostTasks)),
  );
}

function lose(where: string, hit: Hit, fate: Fate, expect: (course: Course) => Outcome): Fault {
  return {
    key: fate === 'back' ? where : `${where}, for good`,
    hit,
    blow: 'freeze',
    always: where === 'ROLLING_OUT' && fate === 'back',
    beside: async (lane, course) => {
      const { admin, hosts } = mesosOf(lane);
      let node = '';
      let agent = '';
      try {
        await standingStill(hit, async () => {
          node = await hostOf(lane, course.before);
          agent = (await admin.agents()).get(node) ?? '';
          await hosts.fault({ kind: 'partition', node, on: true });
        })(lane, course);
        await sleep(AWAY_MS, undefined, { signal: lane.signal });
        if (fate === 'gone') await admin.markGone(agent);
      } finally {
        if (node !== '') await hosts.fault({ kind: 'partition', node, on: false });
      }
      // Another one: that which is gone may not come back.
      const isBack = async (): Promise<boolean> => {
        const now = (await admin.agents()).get(node);
        return now !== undefined && (fate === 'back') === (now === agent);
      };
      if (!(await until(isBack, RETURN_MS))) throw new Error(`the agent of ${node} did not come back`);
    },
    instead: { ...(expect === lostTasks ? { drive: helped } : { drive: abortedMidBatch.drive }), expect },
  };
}

/** Tasks of the host were started again elsewhere, on what their app was of then; those that were not moved yet go on. */
function lostTasks({ after, before }: Course): Outcome {
  return {
    ...{ state: 'SUCCESS', version: after, untouched: [], serving: true },
    starts: [[after], [after, after], [before, after]],
    taken: 2,
  };
}

/** As in a release that is aborted in a batch; what was lost on the way back was started once more. */
function undoneTasks(course: Course): Outcome {
  const { after, before } = course;
  const starts = [[], [after, before], [after, after, before], [after, before, before]];
  return { ...abortedMidBatch.expect(course), starts, taken: 2 };
}

/** The host of a task that is still of that version; of any where none is. */
async function hostOf({ judge }: Lane, version: string): Promise<string> {
  const tasks = (await judge.running()).filter(({ namespace }) => namespace === MESOS_NAMESPACE);
  const [task] = [...tasks.filter((one) => one.version === version), ...tasks];
  if (task === undefined) throw new Error('nothing runs on Mesos');
  return task.node;
}

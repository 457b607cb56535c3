import { setTimeout as sleep } from 'node:timers/promises';
import { SimHostsClient } from '../../devfleet/host/client.ts';
import { MESOS_NAMESPACE } from '../../test/support/judge.ts';
import { momentOf, standingStill, type Fault, type FaultKind } from '../release/faults/fault.ts';
import type { Lane } from '../release/lane.ts';
import { helped, success, type Course, type Outcome } from '../release/scenarios.ts';

/** Longer than the masters of the fault run wait for an agent, so that its tasks are given up. */
const AWAY_MS = 12_000;

/** A host of the first set cannot reach its master, and comes back: its tasks were given up meanwhile, and run on until then. */
export const agents: FaultKind = {
  scenario: { ...success, name: 'agent lost', topology: 'alone', drive: helped },
  faults: (golden) =>
    [
      ['SMOKING', 'releaseGroup: deploy web-0 #1'],
      ['ROLLING_OUT', 'releaseGroup: deploy web-2 #1'],
      ['after the last batch', 'releaseGroup: settleSet north/az-1 #1'],
    ].map(([state = '', key = '']): Fault => {
      const hit = momentOf(golden, key, 'before');
      return {
        key: state,
        hit,
        blow: 'freeze',
        always: state === 'ROLLING_OUT',
        beside: async (lane, course) => {
          let node = '';
          const part = async (): Promise<void> => {
            node = await partitioned(lane);
          };
          try {
            await standingStill(hit, part)(lane, course);
            await sleep(AWAY_MS, undefined, { signal: lane.signal });
          } finally {
            if (node !== '') await hostsOf(lane).fault({ kind: 'partition', node, on: false });
          }
        },
        instead: { drive: helped, expect: lostTasks },
      };
    }),
};

/** Tasks of the host were started again elsewhere, on what their app was of then; those that were not moved yet go on. */
function lostTasks({ after, before }: Course): Outcome {
  return {
    ...{ state: 'SUCCESS', version: after, untouched: [], serving: true },
    starts: [[after], [after, after], [before, after]],
    taken: 2,
  };
}

async function partitioned(lane: Lane): Promise<string> {
  const hosts = hostsOf(lane);
  const task = (await lane.judge.running()).find(({ namespace }) => namespace === MESOS_NAMESPACE);
  if (task === undefined) throw new Error('nothing runs on Mesos');
  await hosts.fault({ kind: 'partition', node: task.node, on: true });
  return task.node;
}

function hostsOf({ world }: Lane): SimHostsClient {
  const [idc] = Object.values(world.fleet.idcs);
  return new SimHostsClient(idc?.hostsAdmin ?? '');
}

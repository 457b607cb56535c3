import { setTimeout as sleep } from 'node:timers/promises';
import type { Passage } from '../../hooks/points.ts';
import type { Lane } from '../lane.ts';
import { abortedMidBatch, begunToAbort, ends, success, terminateGroup, type Course } from '../scenarios.ts';
import type { Hit } from '../../harness/hits.ts';
import { struck, type Fault, type FaultKind } from './fault.ts';

/** How long a worker that goes on has for the harm it could do. */
const LATE_MS = 3_000;

/** Activities that change a cluster: on the way forward, and only on the way back. */
const FORWARD = /^releaseGroup: (stageSet|takeOut|deploy|putIn|settleSet) /;
const BACK = /^releaseGroup: unstageSet /;
/** One on every commit that nothing but the fence refuses, and one that the cluster has to. */
const ALWAYS = ['releaseGroup: deploy web-1 #1 before', 'releaseGroup: deploy web-1 #1 sending 1'];

/**
 * A worker stands still in the middle of a change; the workflow is terminated, the group is refused to others, repaired
 * by another worker. Then the first one goes on: what it still does must come to nothing.
 */
export const zombies: FaultKind = {
  scenario: { ...success, name: 'zombies', topology: 'twin' },
  faults: ({ trace }) => hitsOf(trace, FORWARD).map((hit) => zombie(hit, () => Promise.resolve())),
};

/** The same in the undo. */
export const zombiesOfUndo: FaultKind = {
  nightly: true,
  scenario: { ...abortedMidBatch, name: 'zombies of an undo', topology: 'twin' },
  faults: ({ trace }) => hitsOf(trace, BACK).map((hit) => zombie(hit, begunToAbort)),
};

function hitsOf(trace: Passage[], activities: RegExp): Hit[] {
  return trace
    .filter(({ key, point }) => activities.test(key) && (point === 'before' || point.startsWith('sending')))
    .map(({ key, point }) => ({ key, point }));
}

/** @param lead brings the release to where the worker comes by */
function zombie(hit: Hit, lead: (lane: Lane, id: string) => Promise<void>): Fault {
  const key = `${hit.key} ${hit.point}`;
  return {
    key,
    hit,
    blow: 'freeze',
    always: ALWAYS.includes(key),
    beside: () => Promise.resolve(),
    instead: {
      drive: async (lane, id, course) => {
        await lead(lane, id);
        const { pid } = await struck(lane, hit);
        try {
          await terminateGroup(lane);
          await ends(lane, id);
          await isRefused(lane, course);
          return await ends(lane, await lane.repair());
        } finally {
          process.kill(pid, 'SIGCONT');
          await sleep(LATE_MS);
        }
      },
      expect: ({ before, after }) => ({
        state: 'SUCCESS',
        version: before,
        starts: [[], [after, before]],
        untouched: [],
        serving: true,
      }),
    },
  };
}

/** @throws Error where another release of the group is let in */
async function isRefused(lane: Lane, { after }: Course): Promise<void> {
  const answer = await lane.release(after).catch((error: unknown) => String(error));
  if (!answer.includes('GROUP_DIRTY')) throw new Error(`another release was not refused as dirty: ${answer}`);
}

import type { FleetShape } from '../../devfleet/index.ts';
import {
  abortedMidBatch,
  base,
  begunToAbort,
  ends,
  lacksImage,
  released,
  repaired,
  restarted,
  resume,
  scaled,
  scenariosNamed,
  success,
  type Scenario,
} from '../release/scenarios.ts';

/** The bastion gets no image on any agent: the release holds. Once there is one a person resumes. */
const bastionLacksImage: Scenario = {
  ...base,
  name: 'bastion gets no image and is resumed',
  drive: async (lane, id, { digest, pods }) => {
    await lacksImage(lane, id, { digest, pods: [pods['web-0']], startedThen: 1 });
    return resume(lane, id);
  },
  expect: released,
};

/** One instance comes on Kubernetes; when it serves, one goes on Mesos: the last of its set. */
const scaledDown: Scenario = {
  ...scaled,
  name: 'fewer on Mesos',
  grows: 'last',
  expect: (course) => ({
    ...scaled.expect(course),
    untouched: ['web-0', 'web-1', 'web-3'].map((name) => course.pods[name] ?? ''),
  }),
};

/** Not in the first batch of four. */
const LAST = ['web-5', 'web-6', 'web-7'];

/** Eight instances, and two of the first batch on Mesos: what is asked for of both goes by one call where it can. */
const paired = (scenario: Scenario): Scenario => ({ ...scenario, topology: 'large', nightly: true });

const PAIRED = [
  paired({ ...success, name: 'a pair' }),
  paired({
    ...abortedMidBatch,
    name: 'a pair, aborted in a batch',
    drive: async (lane, id) => {
      await begunToAbort(lane, id, 5);
      return ends(lane, id);
    },
    expect: (course) => ({ ...abortedMidBatch.expect(course), untouched: LAST.map((name) => course.pods[name] ?? '') }),
  }),
  paired({
    ...repaired,
    name: 'a pair, terminated and repaired',
    expect: (course) => ({ ...repaired.expect(course), untouched: LAST.map((name) => course.pods[name] ?? '') }),
  }),
  paired({ ...restarted, name: 'a pair, restarted' }),
];

/** The first AZ is on Mesos, and so are the bastion and a member of each batch. */
export const SHAPE: FleetShape = {
  idcs: { north: { azs: { 'az-1': { hosts: 3, runs: 'mesos' }, 'az-2': { hosts: 2 } } } },
  environments: ['pro'],
};

/**
 * Where the worker dies: on every commit at points of the first one, and once for each kind of activity that it has not. A
 * first batch that gets no image is not among them: the host of the bastion has it by then, and Marathon fills hosts one
 * after the other.
 */
export const SCENARIOS: Scenario[] = [
  ...scenariosNamed(
    'success',
    'first release aborted',
    'aborted in a batch',
    'restarted, aborted after a batch',
    'scaled',
    'first release',
    'bastion fails',
    'last batch fails and is resumed',
    'terminated and repaired',
    'released and rolled back',
    'braked and rolled back',
    'restarted',
    'success, a worker frozen',
  ),
  scaledDown,
  bastionLacksImage,
  ...PAIRED,
];

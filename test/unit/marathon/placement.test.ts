import { describe, expect, test } from 'vitest';
import type { MesosOffer } from '../../../devfleet/mesos/types.ts';
import { define } from '../../../devfleet/marathon/app/define.ts';
import type { App } from '../../../devfleet/marathon/app/types.ts';
import { proposeScaling } from '../../../devfleet/marathon/deploy/scaling.ts';
import { restartStrategy } from '../../../devfleet/marathon/deploy/replace.ts';
import { LaunchDelays } from '../../../devfleet/marathon/launch/backoff.ts';
import { meetsConstraint } from '../../../devfleet/marathon/launch/constraints.ts';
import { matchOffer } from '../../../devfleet/marathon/launch/match.ts';
import type { Condition, Instance } from '../../../devfleet/marathon/types.ts';

function appOf(fields: Record<string, unknown> = {}): App {
  const spec = define({ id: '/web', cmd: 'serve', cpus: 1, mem: 100, ...fields });
  return { ...spec, versionInfo: { version: 5, lastScalingAt: 5, lastConfigChangeAt: 5, full: true } };
}

function offerOf(fields: Partial<MesosOffer> = {}): MesosOffer {
  return {
    id: 'o',
    agentId: 'a',
    hostname: 'host-1',
    region: null,
    zone: null,
    attributes: {},
    resources: { cpus: 4, mem: 1000, disk: 0, gpus: 0, ports: [[31_000, 31_001]] },
    role: '*',
    unavailability: null,
    ...fields,
  };
}

let count = 0;
function placed(where: Partial<Instance['agent']> & object, fields: Partial<Instance> = {}): Instance {
  count += 1;
  const agent = { agentId: 'a', host: 'host-1', region: null, zone: null, attributes: {}, ...where };
  const base = { app: appOf({ instances: 4 }), condition: 'Running' as Condition, since: 0, activeSince: count };
  return { id: `i${count}`, agent, healthy: null, goal: 'Running', task: null, ...base, ...fields };
}

const rack = (name: string) => placed({ attributes: { rack: name } });
const onRack = (name: string) => offerOf({ attributes: { rack: name } });

describe('constraints', () => {
  test.each<[string[], MesosOffer, Instance[], boolean]>([
    [['hostname', 'UNIQUE'], offerOf(), [placed({ host: 'host-2' })], true],
    [['hostname', 'UNIQUE'], offerOf(), [placed({ host: 'host-1' })], false],
    [['hostname', 'CLUSTER', 'host-1'], offerOf(), [], true],
    [['hostname', 'CLUSTER', 'host-2'], offerOf(), [], false],
    [['rack', 'CLUSTER'], onRack('r1'), [], true],
    [['rack', 'CLUSTER'], onRack('r1'), [rack('r1')], true],
    [['rack', 'CLUSTER'], onRack('r2'), [rack('r1')], false],
    [['hostname', 'LIKE', 'host-[12]'], offerOf(), [], true],
    // The whole value must fit.
    [['hostname', 'LIKE', 'host'], offerOf(), [], false],
    [['hostname', 'UNLIKE', 'host-2'], offerOf(), [], true],
    [['hostname', 'UNLIKE', 'host-.*'], offerOf(), [], false],
    [['@zone', 'IS', 'az-1'], offerOf({ zone: 'az-1' }), [], true],
    [['@zone', 'IS', 'az-1'], offerOf({ zone: 'az-2' }), [], false],
    [['@region', 'IS', 'north'], offerOf({ region: 'north' }), [], true],
    [['@hostname', 'IS', 'host-1'], offerOf(), [], true],
    [['rack', 'IS', '1.50'], onRack('1.5'), [], true],
    [['rack', 'MAX_PER', '2'], onRack('r1'), [rack('r1')], true],
    [['rack', 'MAX_PER', '2'], onRack('r1'), [rack('r1'), rack('r1')], false],
    [['rack', 'GROUP_BY', '2'], onRack('r1'), [], true],
    [['rack', 'GROUP_BY', '2'], onRack('r1'), [rack('r1')], true],
    [['rack', 'GROUP_BY', '2'], onRack('r1'), [rack('r1'), rack('r1')], false],
    [['rack', 'GROUP_BY', '2'], onRack('r2'), [rack('r1'), rack('r1')], true],
    [['rack', 'GROUP_BY', '2'], onRack('r3'), [rack('r1'), rack('r2')], false],
    // Four over three: one group may have two.
    [['rack', 'GROUP_BY', '3'], onRack('r1'), [rack('r1'), rack('r2')], true],
    [['rack', 'GROUP_BY', '3'], onRack('r1'), [rack('r1'), rack('r2'), rack('r2')], false],
    [['rack', 'GROUP_BY'], onRack('r1'), [], false],
    // An agent without the attribute is refused by all but UNLIKE.
    [['rack', 'UNIQUE'], offerOf(), [], false],
    [['rack', 'LIKE', '.*'], offerOf(), [], false],
    [['rack', 'UNLIKE', 'r1'], offerOf(), [], true],
  ])('%j on %j', (constraint, offer, instances, expected) => {
    expect(meetsConstraint(constraint, offer, instances)).toBe(expected);
  });
});

describe('offers', () => {
  const now = 1_000_000;
  const resources = offerOf().resources;
  const soon = { start: (now + 1000) * 1e6, duration: null };
  test.each<[string, Record<string, unknown>, Partial<MesosOffer>, string[] | 'taken']>([
    ['enough', {}, {}, 'taken'],
    ['cores', { cpus: 5 }, {}, ['InsufficientCpus']],
    ['memory', { mem: 2000 }, {}, ['InsufficientMemory']],
    ['disk', { disk: 1 }, {}, ['InsufficientDisk']],
    ['several', { cpus: 5, mem: 2000 }, {}, ['InsufficientCpus', 'InsufficientMemory']],
    ['ports', { ports: [0, 0, 0] }, {}, ['InsufficientPorts']],
    ['a port', { ports: [80], requirePorts: true }, {}, ['InsufficientPorts']],
    ['another role', {}, { role: 'prod' }, ['InsufficientCpus', 'InsufficientMemory', 'UnfulfilledRole']],
    ['a constraint', { constraints: [['hostname', 'UNLIKE', 'host-1']] }, {}, ['UnfulfilledConstraint']],
    ['graphics that nobody asked for', {}, { resources: { ...resources, gpus: 1 } }, ['DeclinedScarceResources']],
    ['maintenance to come', {}, { unavailability: soon }, 'taken'],
    [
      'maintenance',
      {},
      { unavailability: { start: (now - 1000) * 1e6, duration: null } },
      ['UnfulfilledConstraint', 'AgentMaintenance'],
    ],
    ['maintenance that is over', {}, { unavailability: { start: (now - 1000) * 1e6, duration: 500 * 1e6 } }, 'taken'],
  ])('%s', (_, app, offer, expected) => {
    const match = matchOffer(appOf(app), offerOf(offer), [], now);
    expect('reasons' in match ? match.reasons : 'taken').toEqual(expected);
  });

  test('ports: those required, else any that are offered, each once', () => {
    const match = matchOffer(appOf({ ports: [31_001], requirePorts: true }), offerOf(), [], now);
    expect(match).toEqual({ ports: [31_001] });
    const two = matchOffer(appOf({ ports: [0, 0] }), offerOf(), [], now);
    expect('ports' in two ? two.ports.toSorted() : two).toEqual([31_000, 31_001]);
    const container = {
      docker: { image: 'x' },
      portMappings: [{ containerPort: 80, hostPort: 0 }, { containerPort: 81 }],
    };
    const own = matchOffer(appOf({ container, networks: [{ mode: 'container', name: 'n' }] }), offerOf(), [], now);
    expect(own).toEqual({ ports: [expect.any(Number) as number, null] });
  });

  test('instances of an older configuration, lost ones and waiting ones hold no place', () => {
    const app = appOf({ constraints: [['hostname', 'UNIQUE']] });
    const old = { ...app, versionInfo: { ...app.versionInfo, version: 4 } };
    const free = [
      placed({}, { app: old }),
      placed({}, { condition: 'Unreachable' }),
      placed({}, { condition: 'Failed' }),
    ];
    expect(matchOffer(app, offerOf(), free, now)).toHaveProperty('ports');
    expect(matchOffer(app, offerOf(), [...free, placed({})], now)).toEqual({ reasons: ['UnfulfilledConstraint'] });
  });
});

describe('who goes first when scaled in', () => {
  const app = appOf();
  const ids = (instances: Instance[], sentenced: string[], to: number, of = app) =>
    proposeScaling(of, instances, sentenced, to).toDecommission.map(({ id }) => id);

  test('those named, even when more than need to go', () => {
    const [a, b, c] = [placed({}), placed({}), placed({})];
    expect(ids([a, b, c], [a.id], 2)).toEqual([a.id]);
    expect(ids([a, b, c], [a.id, b.id], 3)).toEqual([a.id, b.id]);
    expect(proposeScaling(app, [a, b, c], [a.id], 3).toStart).toBe(1);
  });

  test('unreachable, staging, starting, running; of the running the youngest, or the oldest', () => {
    const old = placed({}, { activeSince: 1 });
    const young = placed({}, { activeSince: 2 });
    const starting = placed({}, { condition: 'Starting', activeSince: null });
    const staging = placed({}, { condition: 'Staging', activeSince: null });
    const unreachable = placed({}, { condition: 'Unreachable' });
    const all = [old, young, starting, staging, unreachable];
    expect(ids(all, [], 1)).toEqual([unreachable, staging, starting, young].map(({ id }) => id));
    expect(ids([old, young], [], 1, appOf({ killSelection: 'OLDEST_FIRST' }))).toEqual([old.id]);
  });

  test('those whose going leaves the groups even', () => {
    const spread = appOf({ constraints: [['rack', 'GROUP_BY', '2']] });
    const [a, b, c] = [rack('r1'), rack('r1'), rack('r2')];
    expect([a.id, b.id]).toContain(ids([c, a, b], [], 2, spread)[0]);
  });

  test('decommissioned and inactive ones count no more', () => {
    const gone = placed({}, { goal: 'Decommissioned' });
    const inactive = placed({}, { condition: 'UnreachableInactive' });
    expect(proposeScaling(app, [gone, inactive, placed({})], [], 3)).toEqual({ toDecommission: [], toStart: 2 });
  });
});

test.each([
  // instances, minimum, over, healthy → killed at once, most in all
  [10, 1, 1, 10, 0, 20],
  [10, 0.5, 1, 10, 5, 20],
  [10, 0.5, 0, 10, 5, 10],
  [10, 0, 0, 10, 10, 10],
  [10, 1, 0, 10, 0, 11],
  [1, 0.5, 0, 1, 0, 2],
  [10, 0.5, 0.1, 4, 0, 11],
])('a restart of %i with %f to %f over, %i healthy, kills %i at once and runs at most %i', (...numbers) => {
  const [instances, minimumHealthCapacity, maximumOverCapacity, healthy, killImmediately, maxCapacity] = numbers;
  const app = appOf({ instances, upgradeStrategy: { minimumHealthCapacity, maximumOverCapacity } });
  expect(restartStrategy(app, instances, healthy)).toEqual({ killImmediately, maxCapacity });
});

test('the wait after a failure doubles by its factor up to the limit, and is of one configuration', () => {
  const delays = new LaunchDelays(1000);
  const app = appOf({ backoffSeconds: 10, backoffFactor: 2, maxLaunchDelaySeconds: 35 });
  const wait = () => Math.round(((delays.deadline(app) ?? Date.now()) - Date.now()) / 1000);
  expect(delays.deadline(app)).toBeNull();
  const waits = [1, 2, 3].map(() => {
    delays.add(app);
    return wait();
  });
  expect(waits).toEqual([10, 20, 35]);
  expect(delays.deadline({ ...app, versionInfo: { ...app.versionInfo, lastConfigChangeAt: 6 } })).toBeNull();
  delays.reset(app);
  expect(delays.deadline(app)).toBeNull();
});

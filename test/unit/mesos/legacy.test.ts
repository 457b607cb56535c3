import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MesosWorld, soon, type TestFramework } from '../../support/mesos-world.ts';

const NANOSECONDS = 1_800_000_000_000_000_000;
const unavailability = { start: { nanoseconds: NANOSECONDS }, duration: { nanoseconds: 3_600_000_000_000 } };

describe('maintenance', () => {
  let world: MesosWorld;
  let framework: TestFramework;
  let machine: { hostname: string; ip: string };

  beforeEach(async () => {
    world = await MesosWorld.start();
    framework = world.framework();
    machine = world.machineId();
  });
  afterEach(async () => {
    await world.close();
  });

  const schedule = (windows: unknown) => world.http('POST', '/maintenance/schedule', JSON.stringify({ windows }));
  const machines = (how: 'down' | 'up', ids: unknown) => world.http('POST', `/machine/${how}`, JSON.stringify(ids));
  const status = async () => (await world.http('GET', '/maintenance/status')).json();
  const named = (id: object) => `Machine '${JSON.stringify(id)}'`;

  test('a machine goes through its window: scheduled, down, up, and out of the schedule', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    const before = world.agentId();
    const windows = [{ machine_ids: [machine], unavailability }];
    expect(await schedule(windows)).toMatchObject({ status: 200, text: '' });
    expect((await world.http('GET', '/master/maintenance/schedule')).json()).toEqual({ windows });
    expect(await status()).toEqual({ draining_machines: [{ id: machine }], down_machines: [] });

    expect(await machines('down', [machine])).toMatchObject({ status: 200, text: '' });
    expect(await framework.until(taskId, 'TASK_LOST')).toMatchObject({
      message: `Agent ${machine.hostname} removed: Operator initiated 'Machine DOWN'`,
      reason: 'REASON_AGENT_REMOVED',
    });
    await soon(() => expect([...world.host().machine.containers]).toEqual([]));
    expect(await status()).toEqual({ draining_machines: [], down_machines: [machine] });
    expect((await world.http('GET', '/slaves')).json()).toEqual({ slaves: [], recovered_slaves: [] });

    // It tries again and again, and is let in when the machine is up.
    expect(await machines('up', [machine])).toMatchObject({ status: 200, text: '' });
    await soon(() => expect(world.agentId()).not.toBe(before));
    expect((await world.http('GET', '/maintenance/schedule')).json()).toEqual({ windows: [] });
    expect(await status()).toEqual({ draining_machines: [], down_machines: [] });
  });

  test('the schedule is replaced, whole; an empty one cancels it; hostnames have no case', async () => {
    const other = { hostname: 'other', ip: '10.9.9.9' };
    await schedule([{ machine_ids: [machine, other], unavailability }]);
    const upper = { ...machine, hostname: machine.hostname.toUpperCase() };
    await schedule([{ machine_ids: [upper], unavailability: { start: { nanoseconds: NANOSECONDS } } }]);
    expect(await status()).toMatchObject({ draining_machines: [{ id: { ip: machine.ip } }] });
    await soon(() => expect(framework.offers.at(-1)?.unavailability).toEqual({ start: NANOSECONDS, duration: null }));
    await schedule([]);
    expect(await status()).toEqual({ draining_machines: [], down_machines: [] });
    await soon(() => expect(framework.offers.at(-1)?.unavailability).toBeNull());
  });

  test('it survives a change of the leader, machines that are down, too', async () => {
    const windows = [{ machine_ids: [machine], unavailability }];
    await schedule(windows);
    await machines('down', [machine]);
    world.mesos.cluster.elect(1);
    const at = { master: 1 };
    expect((await world.http('GET', '/maintenance/schedule', null, at)).json()).toEqual({ windows });
    expect((await world.http('GET', '/maintenance/status', null, at)).json()).toMatchObject({
      down_machines: [machine],
    });
  });

  test('schedules that are refused', async () => {
    const cases: [unknown, string][] = [
      [[{ machine_ids: [], unavailability }], 'List of machines in the maintenance window is empty'],
      [[{ machine_ids: [{}], unavailability }], "Both 'hostname' and 'ip' for a machine are empty"],
      [[{ machine_ids: [{ ip: 'x' }], unavailability }], 'Failed to parse IPv4: x'],
      [
        [{ machine_ids: [machine, machine], unavailability }],
        `${named(machine)} appears more than once in the schedule`,
      ],
      [
        [{ machine_ids: [machine], unavailability: { ...unavailability, duration: { nanoseconds: -1 } } }],
        "Unavailability 'duration' is negative",
      ],
      [[{ machine_ids: [machine] }], 'Missing required fields: windows[0].unavailability'],
      [[{ machine_ids: [machine], unavailability: {} }], 'Missing required fields: windows[0].unavailability.start'],
      ['x', "Not expecting a JSON string for field 'windows'"],
    ];
    for (const [windows, text] of cases) expect(await schedule(windows)).toMatchObject({ status: 400, text });
    expect(await world.http('POST', '/maintenance/schedule', '[]')).toMatchObject({
      status: 400,
      text: 'Unexpected JSON type parsed',
    });
    expect(await world.http('POST', '/maintenance/schedule', '{')).toMatchObject({
      status: 400,
      text: 'syntax error at line 1 near: ',
    });
    await schedule([{ machine_ids: [machine], unavailability }]);
    await machines('down', [machine]);
    expect(await schedule([])).toMatchObject({
      status: 400,
      text: `${named(machine)} is deactivated and cannot be removed from the schedule`,
    });
  });

  test('machines that cannot go down, or up', async () => {
    const stranger = { hostname: 'stranger' };
    expect(await machines('down', [])).toMatchObject({ status: 400, text: 'List of machines is empty' });
    expect(await machines('down', [stranger])).toMatchObject({
      status: 400,
      text: `${named(stranger)} is not part of a maintenance schedule`,
    });
    // One with an agent is known, and up.
    expect(await machines('down', [machine])).toMatchObject({
      status: 400,
      text: `${named(machine)} is not in DRAINING mode and cannot be brought down`,
    });
    expect(await machines('up', [machine])).toMatchObject({
      status: 400,
      text: `${named(machine)} is not in DOWN mode and cannot be brought up`,
    });
    expect(await machines('up', [stranger])).toMatchObject({
      status: 400,
      text: `${named(stranger)} is not part of a maintenance schedule`,
    });
    expect(await machines('down', {})).toMatchObject({ status: 400, text: 'Unexpected JSON type parsed' });
    expect(await machines('down', ['x'])).toMatchObject({ status: 400, text: 'Expecting a JSON object' });
  });

  test('the v1 calls do the same', async () => {
    const windows = [{ machine_ids: [machine], unavailability }];
    const call = (type: string, body: object) => world.call({ type, [type.toLowerCase()]: body });
    expect(await call('UPDATE_MAINTENANCE_SCHEDULE', { schedule: { windows } })).toMatchObject({ status: 200 });
    expect((await call('GET_MAINTENANCE_SCHEDULE', {})).json()).toEqual({
      type: 'GET_MAINTENANCE_SCHEDULE',
      get_maintenance_schedule: { schedule: { windows } },
    });
    expect(await call('STOP_MAINTENANCE', { machines: [machine] })).toMatchObject({
      status: 400,
      text: `${named(machine)} is not in DOWN mode and cannot be brought up`,
    });
    expect(await call('START_MAINTENANCE', { machines: [machine] })).toMatchObject({ status: 200, text: '' });
    expect((await call('GET_MAINTENANCE_STATUS', {})).json()).toMatchObject({
      get_maintenance_status: { status: { draining_machines: [], down_machines: [machine] } },
    });
    expect(await call('START_MAINTENANCE', { machines: [machine] })).toMatchObject({
      status: 400,
      text: `${named(machine)} is not in DRAINING mode and cannot be brought down`,
    });
    expect(await call('STOP_MAINTENANCE', { machines: [machine] })).toMatchObject({ status: 200 });
    expect(await call('START_MAINTENANCE', {})).toMatchObject({ status: 400, text: 'List of machines is empty' });
    expect(await call('UPDATE_MAINTENANCE_SCHEDULE', {})).toMatchObject({
      status: 400,
      text: 'Failed to convert JSON into Call protobuf: Missing required fields: update_maintenance_schedule.schedule',
    });
  });

  test.each([
    ['PUT', '/maintenance/schedule', "'GET', 'POST'", 'GET, POST'],
    ['GET', '/machine/down', "'POST'", 'POST'],
    ['GET', '/machine/up', "'POST'", 'POST'],
    ['POST', '/maintenance/status', "'GET'", 'GET'],
  ] as const)('%s %s is refused', async (method, path, expected, allow) => {
    expect(await world.http(method, path, method === 'GET' ? null : '{}')).toMatchObject({
      status: 405,
      text: `405 Method Not Allowed. Expecting one of { ${expected} }, but received '${method}'.`,
      headers: { allow },
    });
  });
});

describe('state', () => {
  let world: MesosWorld;
  let framework: TestFramework;
  let running: string;
  let finished: string;

  beforeAll(async () => {
    world = await MesosWorld.start();
    framework = world.framework();
    finished = await framework.launch({ network: 'host', ports: [{ container: 0, host: 31_005, name: null }] });
    await framework.until(finished, 'TASK_RUNNING');
    framework.driver.kill(finished, null);
    await framework.until(finished, 'TASK_KILLED');
    running = await framework.launch({ labels: { app: 'shop' } });
    await framework.until(running, 'TASK_RUNNING');
  });
  afterAll(async () => {
    await world.close();
  });

  test('/state: labels are an array, attributes an object, resources objects', async () => {
    const { address } = world.host().machine;
    const own = framework.updates.findLast(({ state }) => state === 'TASK_RUNNING')?.addresses[0];
    const state = (await world.http('GET', '/state')).json();
    expect(state).toEqual((await world.http('GET', '/master/state')).json());
    expect(state).toMatchObject({
      version: '1.12.0',
      hostname: '127.0.0.1',
      activated_slaves: 1,
      deactivated_slaves: 0,
      unreachable_slaves: 0,
      leader_info: { port: world.mesos.cluster.masters[0]?.port },
      slaves: [
        {
          id: world.agentId(),
          hostname: 'north-az-1-1',
          port: 5051,
          attributes: { idc: 'north', az: 'az-1' },
          domain: { fault_domain: { region: { name: 'north' }, zone: { name: 'az-1' } } },
          pid: `slave(1)@${address}:5051`,
          active: true,
          deactivated: false,
          resources: { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, ports: '[31000-31099]' },
          used_resources: { cpus: 1, mem: 128, disk: 0, gpus: 0 },
        },
      ],
      frameworks: [
        {
          id: framework.driver.frameworkId,
          name: 'marathon',
          active: true,
          tasks: [
            {
              id: running,
              slave_id: world.agentId(),
              executor_id: '',
              state: 'TASK_RUNNING',
              role: 'web',
              labels: [{ key: 'app', value: 'shop' }],
              resources: { cpus: 1, mem: 128, disk: 0, gpus: 0 },
              statuses: [
                { state: 'TASK_STARTING' },
                {
                  state: 'TASK_RUNNING',
                  container_status: { network_infos: [{ ip_addresses: [{ ip_address: own }] }] },
                },
              ],
            },
          ],
          unreachable_tasks: [],
          // In the network of its host a task has that one's address.
          completed_tasks: [
            {
              id: finished,
              state: 'TASK_KILLED',
              statuses: expect.arrayContaining([
                {
                  state: 'TASK_RUNNING',
                  timestamp: expect.any(Number) as number,
                  container_status: {
                    network_infos: [{ ip_addresses: [{ protocol: 'IPv4', ip_address: address }] }],
                  },
                },
              ]) as unknown[],
            },
          ],
        },
      ],
      completed_frameworks: [],
      orphan_tasks: [],
    });
  });

  test('/tasks: the latest first, by id, in pages', async () => {
    const ids = async (query: string) => {
      const { tasks } = (await world.http('GET', `/tasks${query}`)).json() as unknown as { tasks: { id: string }[] };
      return tasks.map(({ id }) => id);
    };
    expect(await ids('')).toEqual([running, finished]);
    expect(await ids('?order=asc')).toEqual([finished, running]);
    expect(await ids(`?task_id=${finished}`)).toEqual([finished]);
    expect(await ids('?limit=1&offset=1')).toEqual([finished]);
    expect(await ids('?framework_id=nobody')).toEqual([]);
  });

  test('/slaves and /state-summary', async () => {
    expect((await world.http('GET', '/slaves?slave_id=nobody')).json()).toMatchObject({ slaves: [] });
    expect((await world.http('GET', `/slaves?slave_id=${world.agentId()}`)).json()).toMatchObject({
      slaves: [{ id: world.agentId(), used_resources_full: [{ name: 'cpus', role: '*' }, { name: 'mem' }] }],
    });
    expect((await world.http('GET', '/state-summary')).json()).toMatchObject({
      hostname: '127.0.0.1',
      slaves: [{ TASK_RUNNING: 1, TASK_KILLED: 1, TASK_LOST: 0, framework_ids: [framework.driver.frameworkId] }],
      frameworks: [{ TASK_RUNNING: 1, TASK_KILLED: 1, slave_ids: [world.agentId()] }],
    });
  });
});

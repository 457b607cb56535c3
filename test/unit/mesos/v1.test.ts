import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MesosWorld, soon, type TestFramework } from '../../support/mesos-world.ts';

// Calls that change something leave the world as they found it: it is one for all tests here.
let world: MesosWorld;
let framework: TestFramework;
let taskId: string;
let agentId: string;

beforeAll(async () => {
  world = await MesosWorld.start();
  framework = world.framework();
  taskId = await framework.launch({
    labels: { app: 'shop', owner: 'x' },
    networkLabels: { vlan: '7' },
    killGraceSeconds: 30,
  });
  await framework.until(taskId, 'TASK_RUNNING');
  agentId = world.agentId();
});
afterAll(async () => {
  await world.close();
});

const of = (id: string) => ({ agent_id: { value: id } });
const JSON_TYPE = { 'content-type': 'application/json' };

describe('requests that are refused before they are calls', () => {
  const health = '{"type":"GET_HEALTH"}';

  test('another method', async () => {
    const answer = await world.http('GET', '/api/v1');
    expect(answer).toMatchObject({
      status: 405,
      text: "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.",
      headers: { allow: 'POST' },
    });
  });

  test.each([
    [400, {}, "Expecting 'Content-Type' to be present"],
    [415, { 'content-type': 'text/plain' }, "Expecting 'Content-Type' of application/json or application/x-protobuf"],
    [415, { 'content-type': 'application/json; charset=utf-8' }, "Expecting 'Content-Type' of application/json or"],
    [415, { 'content-type': 'application/x-protobuf' }, 'The double of Mesos reads JSON only'],
    [
      406,
      { ...JSON_TYPE, accept: 'text/html' },
      "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
    ],
    [406, { ...JSON_TYPE, accept: 'application/json;q=0' }, "Expecting 'Accept' to allow"],
    [200, { ...JSON_TYPE, accept: 'text/html, application/*' }, '{"type":"GET_HEALTH","get_health":{"healthy":true}}'],
    [200, { ...JSON_TYPE, accept: 'application/json' }, '{"type":"GET_HEALTH"'],
  ])('%i for headers %j', async (status, headers, text) => {
    const answer = await world.call(health, { headers });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
    if (status >= 400) expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  test.each([
    [400, '{"type":', 'Failed to parse body into JSON: syntax error at line 1 near: '],
    [400, '', 'Failed to parse body into JSON: syntax error at line 1 near: '],
    [400, '[]', 'Failed to convert JSON into Call protobuf: Expecting a JSON object'],
    [400, '{"type":7}', "Failed to convert JSON into Call protobuf: Not expecting a JSON number for field 'type'"],
    [
      400,
      '{"type":"DRAIN_AGENT","drain_agent":{}}',
      'Failed to convert JSON into Call protobuf: Missing required fields: drain_agent.agent_id',
    ],
    [
      400,
      '{"type":"DRAIN_AGENT","drain_agent":{"agent_id":{}}}',
      'Failed to convert JSON into Call protobuf: Missing required fields: drain_agent.agent_id.value',
    ],
    [
      400,
      '{"type":"DRAIN_AGENT","drain_agent":{"agent_id":{"value":"x"},"max_grace_period":"10mins"}}',
      "Failed to convert JSON into Call protobuf: Not expecting a JSON string for field 'max_grace_period'",
    ],
    [
      400,
      '{"type":"DEACTIVATE_AGENT","deactivate_agent":"x"}',
      "Failed to convert JSON into Call protobuf: Not expecting a JSON string for field 'deactivate_agent'",
    ],
    [400, '{}', "Failed to validate master::Call: Expecting 'type' to be present"],
    [400, '{"type":"NO_SUCH_CALL"}', "Failed to validate master::Call: Expecting 'type' to be present"],
    ...[
      'update_maintenance_schedule',
      'start_maintenance',
      'stop_maintenance',
      'drain_agent',
      'deactivate_agent',
      'reactivate_agent',
      'mark_agent_gone',
      'reserve_resources',
      'unreserve_resources',
    ].map((field): [number, string, string] => [
      400,
      JSON.stringify({ type: field.toUpperCase() }),
      `Failed to validate master::Call: Expecting '${field}' to be present`,
    ]),
    [501, '{"type":"UNKNOWN"}', '501 Not Implemented.'],
    [501, '{"type":"GET_QUOTA"}', 'The double of Mesos does not do GET_QUOTA'],
  ])('%i for %s', async (status, body, text) => {
    expect(await world.call(body)).toMatchObject({ status, text });
  });
});

describe('reads', () => {
  test('GET_AGENTS', async () => {
    const { machine } = world.host();
    const answer = await world.call({ type: 'GET_AGENTS' });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      type: 'GET_AGENTS',
      get_agents: {
        agents: [
          {
            agent_info: {
              id: { value: agentId },
              hostname: machine.name,
              port: 5051,
              attributes: [
                { name: 'idc', type: 'TEXT', text: { value: 'north' } },
                { name: 'az', type: 'TEXT', text: { value: 'az-1' } },
              ],
              domain: { fault_domain: { region: { name: 'north' }, zone: { name: 'az-1' } } },
            },
            active: true,
            deactivated: false,
            version: '1.12.0',
            pid: `slave(1)@${machine.address}:5051`,
            registered_time: { nanoseconds: expect.any(Number) as number },
            total_resources: expect.arrayContaining([
              { name: 'cpus', type: 'SCALAR', scalar: { value: 4 }, role: '*' },
              { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 31_000, end: 31_099 }] }, role: '*' },
            ]) as unknown[],
            allocated_resources: expect.arrayContaining([
              { name: 'mem', type: 'SCALAR', scalar: { value: 128 }, role: '*' },
            ]) as unknown[],
            capabilities: expect.arrayContaining([{ type: 'AGENT_DRAINING' }]) as unknown[],
          },
        ],
        recovered_agents: [],
      },
    });
  });

  test('GET_TASKS', async () => {
    const answer = await world.call({ type: 'GET_TASKS' });
    const { addresses, uuid } = framework.updates.findLast(({ state }) => state === 'TASK_RUNNING') ?? {};
    expect(answer.json()).toMatchObject({
      type: 'GET_TASKS',
      get_tasks: {
        tasks: [
          {
            name: 'web',
            task_id: { value: taskId },
            framework_id: { value: framework.driver.frameworkId },
            agent_id: { value: agentId },
            state: 'TASK_RUNNING',
            status_update_state: 'TASK_RUNNING',
            status_update_uuid: Buffer.from((uuid ?? '').replaceAll('-', ''), 'hex').toString('base64'),
            labels: {
              labels: [
                { key: 'app', value: 'shop' },
                { key: 'owner', value: 'x' },
              ],
            },
            discovery: { visibility: 'FRAMEWORK', ports: { ports: [{ number: 8080, name: 'http' }] } },
            container: {
              type: 'DOCKER',
              docker: { image: 'registry.north/shop/web:v1', network: 'USER' },
              network_infos: [{ name: 'overlay', labels: { labels: [{ key: 'vlan', value: '7' }] } }],
            },
            kill_policy: { grace_period: { nanoseconds: 30_000_000_000 } },
            statuses: [
              { state: 'TASK_STARTING' },
              {
                state: 'TASK_RUNNING',
                source: 'SOURCE_EXECUTOR',
                agent_id: { value: agentId },
                container_status: {
                  network_infos: [
                    { name: 'overlay', ip_addresses: [{ protocol: 'IPv4', ip_address: addresses?.[0] }] },
                  ],
                },
              },
            ],
          },
        ],
        unreachable_tasks: [],
        completed_tasks: [],
      },
    });
  });

  test('GET_STATE is all of it', async () => {
    const { get_state } = (await world.call({ type: 'GET_STATE' })).json() as unknown as {
      get_state: Record<string, object>;
    };
    expect(get_state).toMatchObject({
      get_tasks: { tasks: [{ task_id: { value: taskId } }] },
      get_executors: {},
      get_frameworks: {
        frameworks: [
          {
            framework_info: { id: { value: framework.driver.frameworkId }, name: 'marathon', roles: ['web'] },
            active: true,
            connected: true,
            recovered: false,
          },
        ],
        completed_frameworks: [],
      },
      get_agents: { agents: [{ active: true }] },
    });
  });

  test('GET_MASTER, GET_VERSION, GET_FLAGS, GET_OPERATIONS', async () => {
    const [leader] = world.mesos.cluster.masters;
    const master = (await world.call({ type: 'GET_MASTER' })).json();
    expect(master).toMatchObject({
      get_master: {
        master_info: { id: leader?.id, hostname: '127.0.0.1', port: leader?.port, domain: { fault_domain: {} } },
        start_time: expect.any(Number) as number,
        elected_time: expect.any(Number) as number,
      },
    });
    expect((await world.call({ type: 'GET_VERSION' })).json()).toMatchObject({
      get_version: { version_info: { version: '1.12.0' } },
    });
    expect((await world.call({ type: 'GET_FLAGS' })).json()).toMatchObject({
      get_flags: { flags: expect.arrayContaining([{ name: 'agent_ping_timeout', value: '15secs' }]) as unknown[] },
    });
    expect((await world.call({ type: 'GET_OPERATIONS' })).json()).toMatchObject({ get_operations: {} });
  });
});

describe('agents', () => {
  test.each([
    ['DEACTIVATE_AGENT', 'deactivate_agent', 400, 'Unknown agent'],
    ['REACTIVATE_AGENT', 'reactivate_agent', 400, 'Agent is not deactivated'],
    ['DRAIN_AGENT', 'drain_agent', 400, 'Unknown agent'],
    ['MARK_AGENT_GONE', 'mark_agent_gone', 404, "Agent 'nobody' not found"],
    ['RESERVE_RESOURCES', 'reserve_resources', 400, 'No agent found with specified ID', true],
    ['UNRESERVE_RESOURCES', 'unreserve_resources', 400, 'No agent found with specified ID', true],
  ])('%s of an unknown agent', async (type, field, status, text, resources = false) => {
    const cpus = { name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, reservations: [{ type: 'DYNAMIC', role: 'x' }] };
    const body = { ...of('nobody'), ...(resources ? { resources: [cpus] } : {}) };
    expect(await world.call({ type, [field]: body })).toMatchObject({ status, text });
  });

  test('deactivate twice, reactivate twice', async () => {
    const deactivate = { type: 'DEACTIVATE_AGENT', deactivate_agent: of(agentId) };
    const reactivate = { type: 'REACTIVATE_AGENT', reactivate_agent: of(agentId) };
    expect(await world.call(deactivate)).toMatchObject({ status: 200, text: '' });
    expect(await world.call(deactivate)).toMatchObject({ status: 200, text: '' });
    expect((await world.call({ type: 'GET_AGENTS' })).json()).toMatchObject({
      get_agents: { agents: [{ active: false, deactivated: true }] },
    });
    expect(await world.call(reactivate)).toMatchObject({ status: 200, text: '' });
    expect(await world.call(reactivate)).toMatchObject({ status: 400, text: 'Agent is not deactivated' });
  });

  test('reservations: more than there is, without a role, and not reserved', async () => {
    const cpus = (value: number) => ({ name: 'cpus', type: 'SCALAR', scalar: { value } });
    const reserved = (value: number) => ({ ...cpus(value), reservations: [{ type: 'DYNAMIC', role: 'x' }] });
    const reserve = (resources: object[]) =>
      world.call({ type: 'RESERVE_RESOURCES', reserve_resources: { ...of(agentId), resources } });
    const unreserve = (resources: object[]) =>
      world.call({ type: 'UNRESERVE_RESOURCES', unreserve_resources: { ...of(agentId), resources } });
    expect(await reserve([cpus(1)])).toMatchObject({
      status: 400,
      text: 'Invalid RESERVE operation: Resource cpus is not dynamically reserved',
    });
    expect(await reserve([reserved(64)])).toMatchObject({
      status: 409,
      text: expect.stringContaining('does not contain cpus:64') as string,
    });
    expect(await reserve([reserved(1)])).toMatchObject({ status: 202, text: '' });
    expect(await unreserve([reserved(2)])).toMatchObject({ status: 409, text: 'cpus:1 does not contain cpus:2' });
    expect(await unreserve([reserved(1)])).toMatchObject({ status: 202, text: '' });
  });
});

describe('draining', () => {
  let own: MesosWorld;
  let marathon: TestFramework;
  const drain = (more: object = {}) =>
    own.call({ type: 'DRAIN_AGENT', drain_agent: { ...of(own.agentId()), ...more } });
  const reactivate = () => own.call({ type: 'REACTIVATE_AGENT', reactivate_agent: of(own.agentId()) });
  const info = async () =>
    ((await own.call({ type: 'GET_AGENTS' })).json() as unknown as { get_agents: { agents: object[] } }).get_agents
      .agents[0];

  beforeAll(async () => {
    own = await MesosWorld.start();
    marathon = own.framework();
  });
  afterAll(async () => {
    await own.close();
  });

  test('kills every task, cannot be taken back while it does, and is taken back afterwards', async () => {
    const slow = await marathon.launch();
    await marathon.until(slow, 'TASK_RUNNING');
    const neverStop = (on: boolean) => own.faults.set({ kind: 'never-stop', namespace: 'mesos', pod: slow, on });
    neverStop(true);
    expect(await drain({ max_grace_period: { seconds: 600 } })).toMatchObject({ status: 200, text: '' });
    expect(await reactivate()).toMatchObject({ status: 400, text: 'Agent is still in the DRAINING state' });
    expect(await info()).toMatchObject({
      active: false,
      deactivated: true,
      drain_info: {
        state: 'DRAINING',
        config: { max_grace_period: { nanoseconds: 600_000_000_000 }, mark_gone: false },
      },
      estimated_drain_start_time: { nanoseconds: expect.any(Number) as number },
    });
    neverStop(false);
    expect(await marathon.until(slow, 'TASK_KILLED')).toMatchObject({ reason: 'REASON_AGENT_DRAINING' });
    await soon(async () => expect(await info()).toMatchObject({ drain_info: { state: 'DRAINED' }, deactivated: true }));
    expect(await reactivate()).toMatchObject({ status: 200 });
    expect(await info()).not.toHaveProperty('drain_info');
    await marathon.offer();
  });

  test('of an agent in the maintenance schedule it is refused', async () => {
    const unavailability = { start: { nanoseconds: 1e18 } };
    const { hostname, ip } = own.machineId();
    const update = (windows: object[]) =>
      own.call({ type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: { windows } } });
    await update([{ machine_ids: [{ hostname: hostname.toUpperCase(), ip }], unavailability }]);
    expect(await drain()).toMatchObject({
      status: 400,
      text: `Agent ${own.agentId()} is part of a maintenance schedule under Machine ${hostname.toUpperCase()} (${ip})`,
    });
    await update([]);
  });

  test('marked gone when it is empty: it comes back as another agent only', async () => {
    const before = own.agentId();
    expect(await drain({ mark_gone: true })).toMatchObject({ status: 200 });
    await soon(() => expect(own.agentId()).not.toBe(before));
    const gone = { type: 'MARK_AGENT_GONE', mark_agent_gone: of(before) };
    expect(await own.call(gone)).toMatchObject({ status: 200, text: '' });
    expect(await own.call({ type: 'DEACTIVATE_AGENT', deactivate_agent: of(before) })).toMatchObject({
      status: 400,
      text: 'Unknown agent',
    });
  });

  test('an agent of 1.8 cannot drain', async () => {
    const agent = own.mesos.cluster.master?.state.agents.get(own.agentId());
    if (agent === undefined) throw new Error('no agent');
    agent.info = { ...agent.info, version: '1.8.1' };
    expect(await drain()).toMatchObject({ status: 400, text: `Agent ${own.agentId()} is not capable of draining` });
    expect(JSON.stringify(await info())).not.toContain('AGENT_DRAINING');
  });
});

test('MARK_AGENT_GONE: the tasks are gone, the agent is shut down with them', async () => {
  const own = await MesosWorld.start();
  const marathon = own.framework();
  const task = await marathon.launch();
  await marathon.until(task, 'TASK_RUNNING');
  const before = own.agentId();
  expect(await own.call({ type: 'MARK_AGENT_GONE', mark_agent_gone: of(before) })).toMatchObject({ status: 200 });
  expect(await marathon.until(task, 'TASK_GONE_BY_OPERATOR')).toMatchObject({
    message: 'Agent has been marked gone',
    reason: 'REASON_AGENT_REMOVED_BY_OPERATOR',
  });
  await soon(() => expect([...own.host().machine.containers]).toEqual([]));
  await soon(() => expect(own.agentId()).not.toBe(before));
  await own.close();
});

test('REACTIVATE_AGENT of one that is unreachable clears the flag, and says 409', async () => {
  const own = await MesosWorld.start({ clocks: { agentPing: 0.05, maxAgentPings: 10 } });
  const id = own.agentId();
  own.faults.set({ kind: 'partition', node: own.host().machine.name, on: true });
  await soon(() => expect(() => own.agentId()).toThrow());
  const reactivate = { type: 'REACTIVATE_AGENT', reactivate_agent: of(id) };
  expect(await own.call({ type: 'DEACTIVATE_AGENT', deactivate_agent: of(id) })).toMatchObject({ status: 200 });
  expect(await own.call(reactivate)).toMatchObject({ status: 409, text: 'Agent removed while processing the call' });
  expect(await own.call(reactivate)).toMatchObject({ status: 400, text: 'Agent is not deactivated' });
  own.faults.set({ kind: 'partition', node: own.host().machine.name, on: false });
  await own.close();
});

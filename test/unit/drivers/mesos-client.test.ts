// The client of Mesos masters against a server that answers as masters do (v1 operator API).
import { afterEach, describe, expect, test } from 'vitest';
import { Mesos } from '../../../src/drivers/mesos/client.ts';
import { records } from '../../../src/drivers/mesos/recordio.ts';
import { codeOf, eventually, openGuard } from '../../contract/world.ts';
import { startSmallServer, type Asked, type Reply, type SmallServer } from '../../support/small-server.ts';

const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.stop()));
});

/** A master that answers by the type of the call. */
const master = async (answers: Record<string, Reply>): Promise<{ mesos: Mesos; server: SmallServer }> => {
  const server = await startSmallServer((asked) => answers[typeOf(asked)] ?? [501, '']);
  opened.push(server);
  return { mesos: mesosOf(server.url), server };
};
const mesosOf = (...urls: string[]): Mesos => {
  const mesos = new Mesos({ name: 'north-1', urls, deadlineMs: 300 });
  opened.push({ stop: () => mesos.close() });
  return mesos;
};
const typeOf = ({ body }: Asked): string => (JSON.parse(body) as { type: string }).type;
const agent = (more: object = {}) => ({
  agent_info: { id: { value: 'a1' }, hostname: 'h1', port: 5051 },
  active: true,
  version: '1.11.0',
  pid: 'slave(1)@10.0.0.1:5051',
  ...more,
});
const agents = (...list: object[]): Reply => [200, { type: 'GET_AGENTS', get_agents: { agents: list } }];

describe('reads', () => {
  test('agents: deactivated, draining, and where they are; masters before 1.9 say less', async () => {
    const { mesos } = await master({
      GET_AGENTS: agents(
        agent({ deactivated: true, drain_info: { state: 'DRAINING' } }),
        agent({
          agent_info: {
            id: { value: 'a2' },
            hostname: 'h2',
            attributes: [{ name: 'zone', type: 'TEXT', text: { value: 'az-1' } }],
            domain: { fault_domain: { region: { name: 'north' }, zone: { name: 'az-1' } } },
          },
        }),
      ),
    });
    const [first, second] = await mesos.agents();
    expect(first).toMatchObject({ deactivated: true, drain_info: { state: 'DRAINING' } });
    expect(second?.deactivated).toBeUndefined();
    expect(second?.agent_info.domain?.fault_domain?.zone.name).toBe('az-1');
  });

  test('tasks, the whole state, and an empty cluster', async () => {
    const task = { task_id: { value: 't1' }, agent_id: { value: 'a1' }, state: 'TASK_RUNNING', labels: { labels: [] } };
    const { mesos } = await master({
      GET_TASKS: [200, { type: 'GET_TASKS', get_tasks: { tasks: [task] } }],
      GET_STATE: [200, { type: 'GET_STATE', get_state: { get_tasks: { unreachable_tasks: [task] } } }],
    });
    expect(await mesos.tasks()).toMatchObject({ tasks: [{ task_id: { value: 't1' } }], unreachable_tasks: [] });
    expect(await mesos.state()).toMatchObject({
      get_agents: { agents: [] },
      get_tasks: { unreachable_tasks: [{ state: 'TASK_RUNNING' }] },
    });
  });

  test('the one maintenance schedule, and who drains or is down', async () => {
    const machine = { hostname: 'h1', ip: '10.0.0.1' };
    const unavailability = { start: { nanoseconds: 1 }, duration: { nanoseconds: 2 } };
    const { mesos } = await master({
      GET_MAINTENANCE_SCHEDULE: [
        200,
        { get_maintenance_schedule: { schedule: { windows: [{ machine_ids: [machine], unavailability }] } } },
      ],
      GET_MAINTENANCE_STATUS: [
        200,
        { get_maintenance_status: { status: { draining_machines: [{ id: machine, statuses: [] }] } } },
      ],
    });
    expect(await mesos.maintenanceSchedule()).toEqual([{ machine_ids: [machine], unavailability }]);
    expect(await mesos.maintenanceStatus()).toEqual({ draining_machines: [{ id: machine }], down_machines: [] });
    const { mesos: empty } = await master({
      GET_MAINTENANCE_SCHEDULE: [200, { get_maintenance_schedule: { schedule: {} } }],
      GET_MAINTENANCE_STATUS: [200, { get_maintenance_status: {} }],
    });
    expect(await empty.maintenanceSchedule()).toEqual([]);
    expect(await empty.maintenanceStatus()).toEqual({ draining_machines: [], down_machines: [] });
  });

  test('something that is no master', async () => {
    const { mesos } = await master({ GET_TASKS: [200, '<html>'], GET_AGENTS: [200, {}] });
    expect(await codeOf(mesos.tasks())).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect(await codeOf(mesos.agents())).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
  });
});

describe('who leads', () => {
  test('another master redirects without a scheme; the call arrives whole', async () => {
    const { server } = await master({ DEACTIVATE_AGENT: [200] });
    const host = server.url.replace('http:', '');
    const other = await startSmallServer(() => [307, '', { location: `${host}/api/v1` }]);
    opened.push(other);
    await mesosOf(other.url).deactivateAgent('a1', openGuard());
    expect(server.asked[0]).toMatchObject({ method: 'POST', url: '/api/v1' });
    expect(server.asked[0]?.headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json' });
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({
      type: 'DEACTIVATE_AGENT',
      deactivate_agent: { agent_id: { value: 'a1' } },
    });
  });

  test.each(['No leader elected', 'Master has not finished recovery'])(
    '503 %s: the next one is asked',
    async (text) => {
      const { server } = await master({ GET_AGENTS: agents(agent()) });
      const other = await startSmallServer(() => [503, text]);
      opened.push(other);
      expect(await mesosOf(other.url, server.url).agents()).toHaveLength(1);
      expect(await codeOf(mesosOf(other.url).agents())).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    },
  );
});

describe('deactivate, reactivate', () => {
  const reactivate = (mesos: Mesos) => mesos.reactivateAgent('a1', openGuard());

  test('reactivated already: done once a look agrees', async () => {
    const refusal: Reply = [400, 'Agent is not deactivated'];
    const { mesos, server } = await master({ REACTIVATE_AGENT: refusal, GET_AGENTS: agents(agent()) });
    await reactivate(mesos);
    expect(server.asked.map(typeOf)).toEqual(['REACTIVATE_AGENT', 'GET_AGENTS']);
    const { mesos: gone } = await master({ REACTIVATE_AGENT: refusal, GET_AGENTS: agents() });
    expect(await codeOf(reactivate(gone))).toMatchObject({ code: 'INTERNAL' });
    const { mesos: still } = await master({
      REACTIVATE_AGENT: refusal,
      GET_AGENTS: agents(agent({ deactivated: true })),
    });
    expect(await codeOf(reactivate(still))).toMatchObject({ code: 'INTERNAL' });
  });

  test.each([
    [400, 'Unknown agent', 'NOT_FOUND'],
    [400, 'Agent is still in the DRAINING state', 'INTERNAL'],
    [409, 'Agent removed while processing the call', 'CLUSTER_UNREACHABLE'],
    [401, '', 'CLUSTER_FORBIDDEN'],
    [403, '', 'CLUSTER_FORBIDDEN'],
    [400, 'Failed to parse body into JSON: syntax error', 'INTERNAL'],
    [501, '', 'INTERNAL'],
  ])('%i %s', async (status, text, code) => {
    const { mesos } = await master({ REACTIVATE_AGENT: [status, text] });
    const refused = await codeOf(reactivate(mesos));
    expect(refused.code).toBe(code);
    expect(refused.message).toContain('REACTIVATE_AGENT of north-1');
  });

  test('the guard that refuses stops the change', async () => {
    const { mesos, server } = await master({ DEACTIVATE_AGENT: [200] });
    const refusal = new Error('a later operation owns the group');
    await expect(mesos.deactivateAgent('a1', () => Promise.reject(refusal))).rejects.toBe(refusal);
    expect(server.asked).toEqual([]);
  });
});

describe('events', () => {
  const recordsOf = async (chunks: (string | Buffer)[]): Promise<string[]> => {
    const found: string[] = [];
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) {
        await Promise.resolve();
        yield Buffer.from(chunk as string);
      }
    }
    for await (const record of records(bytes())) found.push(record);
    return found;
  };

  test('records: whole, cut anywhere, of bytes and not of letters, empty', async () => {
    expect(await recordsOf(['3\nabc0\n2\nde', '1', '0\n0123', '456789'])).toEqual(['abc', '', 'de', '0123456789']);
    const text = Buffer.from('4\nüü', 'utf8');
    expect(await recordsOf([text.subarray(0, 3), text.subarray(3)])).toEqual(['üü']);
    expect(await recordsOf(['5\nabc'])).toEqual([]);
  });

  test.each(['{"type":', '\nabc', '-1\nabc', '12345678901234'])('%j is no RecordIO', async (text) => {
    await expect(recordsOf([text])).rejects.toThrow('no RecordIO');
  });

  test('subscribed, heartbeats are nothing, and what changes wakes', async () => {
    const record = (value: object): string => {
      const text = JSON.stringify(value);
      return `${String(Buffer.byteLength(text))}\n${text}`;
    };
    const server = await startSmallServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(record({ type: 'SUBSCRIBED', subscribed: { heartbeat_interval_seconds: 15 } }));
      response.write(record({ type: 'HEARTBEAT' }) + record({ type: 'TASK_UPDATED', task_updated: {} }));
      return undefined;
    });
    opened.push(server);
    const { events } = mesosOf(server.url);
    const told: string[] = [];
    events.listen(({ type }) => void told.push(type));
    await eventually(() => Promise.resolve(told.length > 0));
    expect(told).toEqual(['TASK_UPDATED']);
    expect(events.live).toBe(true);
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({ type: 'SUBSCRIBE' });
  });
});

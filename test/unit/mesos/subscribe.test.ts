import { request } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MesosWorld, soon } from '../../support/mesos-world.ts';

interface Event {
  type: string;
  [body: string]: unknown;
}

let world: MesosWorld;
beforeEach(async () => {
  world = await MesosWorld.start({ clocks: { heartbeat: 0.1 } });
});
afterEach(async () => {
  await world.close();
});

/** Reads RecordIO: the length in bytes, a line feed, as many bytes. */
async function subscribe(): Promise<{ events: Event[]; ended: Promise<unknown> }> {
  const response = await request(`${world.mesos.masters[0] ?? ''}/api/v1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"type":"SUBSCRIBE"}',
  });
  expect(response).toMatchObject({ statusCode: 200, headers: { 'content-type': 'application/json' } });
  const events: Event[] = [];
  const read = async (): Promise<void> => {
    let rest = Buffer.alloc(0);
    for await (const chunk of response.body) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      for (;;) {
        const line = rest.indexOf('\n');
        const length = Number(rest.subarray(0, line).toString());
        if (line < 0 || rest.length < line + 1 + length) break;
        events.push(JSON.parse(rest.subarray(line + 1, line + 1 + length).toString()) as Event);
        rest = rest.subarray(line + 1 + length);
      }
    }
  };
  return { events, ended: read().catch((error: unknown) => error) };
}

test('the state first, then what happens, and a heartbeat in between', async () => {
  const { events } = await subscribe();
  const framework = world.framework();
  const taskId = await framework.launch({ labels: { name: 'Größe' } });
  await framework.until(taskId, 'TASK_RUNNING');
  await world.addHost();
  await world.call({
    type: 'UPDATE_MAINTENANCE_SCHEDULE',
    update_maintenance_schedule: {
      schedule: { windows: [{ machine_ids: [world.machineId(1)], unavailability: { start: { nanoseconds: 1 } } }] },
    },
  });
  const removed = world.agentId(1);
  await world.call({ type: 'START_MAINTENANCE', start_maintenance: { machines: [world.machineId(1)] } });
  await soon(() => expect(events.at(-1)?.type).toBe('HEARTBEAT'));
  await soon(() => expect(events.map(({ type }) => type)).toContain('AGENT_REMOVED'));
  expect(events.filter(({ type }, at) => type !== 'HEARTBEAT' || at < 2)).toMatchObject([
    {
      type: 'SUBSCRIBED',
      subscribed: { heartbeat_interval_seconds: 0.1, get_state: { get_agents: { agents: [{ active: true }] } } },
    },
    { type: 'HEARTBEAT' },
    { type: 'FRAMEWORK_ADDED', framework_added: { framework: { framework_info: { name: 'marathon' } } } },
    { type: 'TASK_ADDED', task_added: { task: { task_id: { value: taskId }, state: 'TASK_STAGING', statuses: [] } } },
    {
      type: 'TASK_UPDATED',
      task_updated: {
        framework_id: { value: framework.driver.frameworkId },
        status: { task_id: { value: taskId }, state: 'TASK_STARTING' },
      },
    },
    { type: 'TASK_UPDATED', task_updated: { status: { state: 'TASK_RUNNING' }, state: 'TASK_RUNNING' } },
    { type: 'AGENT_ADDED', agent_added: { agent: { agent_info: { hostname: 'north-az-1-2' } } } },
    { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: removed } } },
  ]);
});

test('a master that leads no more ends the stream', async () => {
  const { events, ended } = await subscribe();
  await soon(() => expect(events).not.toEqual([]));
  world.mesos.cluster.elect(1);
  expect(await ended).toBeUndefined();
});

// The doubles of Marathon and Mesos together, on sim hosts: where each answers to the other.
import { request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { IMAGE, MesosWorld, soon } from '../../support/mesos-world.ts';

let world: MesosWorld;
afterEach(() => world.close());

const CLOCKS = { reviveInterval: 10, deploySyncDelay: 20, deploySync: 50, firstHealthCheck: 20, second: 50 };

interface Shown {
  id: string;
  host: string;
  state: string;
  healthCheckResults: { alive: boolean }[];
}

async function start(hosts: number, reconcileDelay = 15_000): Promise<void> {
  const marathon = { ports: [0], clocks: { ...CLOCKS, reconcileDelay } };
  world = await MesosWorld.start({ marathon }, hosts);
}

const url = (path: string): string => `${world.mesos.marathon?.urls[0] ?? ''}/v2${path}`;

async function create(more: object = {}): Promise<void> {
  const answer = await request(url('/apps'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: '/pro/web',
      instances: 1,
      cpus: 0.1,
      mem: 16,
      networks: [{ mode: 'container', name: 'overlay' }],
      container: { type: 'DOCKER', docker: { image: IMAGE }, portMappings: [{ containerPort: 8080 }] },
      ...more,
    }),
  });
  expect([answer.statusCode, await answer.body.text()]).toEqual([201, expect.any(String)]);
}

const tasks = async (): Promise<Shown[]> => {
  const { body } = await request(url('/apps//pro/web/tasks'));
  return ((await body.json()) as { tasks: Shown[] }).tasks;
};
const running = () =>
  soon(async () => {
    const [task] = await tasks();
    if (task?.state !== 'TASK_RUNNING') throw new Error(`it is ${task?.state ?? 'not there'}`);
    return task;
  });

test('health checks reach a task at the loopback address that stands for its own', async () => {
  await start(1);
  await create({
    healthChecks: [{ protocol: 'HTTP', path: '/health', port: 8080, intervalSeconds: 1, gracePeriodSeconds: 1 }],
  });
  await soon(async () => expect(await tasks()).toMatchObject([{ healthCheckResults: [{ alive: true }] }]));
});

test('a task of an agent that an operator gave up is gone: another one runs elsewhere', async () => {
  await start(2);
  await create();
  const { id, host } = await running();
  const index = world.hosts.findIndex(({ machine }) => machine.name === host);
  const gone = { type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: world.agentId(index) } } };
  expect((await world.call(gone)).status).toBe(200);
  await soon(async () => expect((await tasks())[0]?.id).not.toBe(id));
  expect((await running()).host).not.toBe(host);
});

test('the next leader asks for its tasks, and keeps them', async () => {
  await start(1, 20);
  await create();
  const { id } = await running();
  world.mesos.marathon?.elect(null);
  world.mesos.marathon?.elect(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await running()).toMatchObject({ id, state: 'TASK_RUNNING' });
  expect(world.host().machine.containers.size).toBe(1);
});

test('the masters change: Marathon gives up without one, and finds its tasks with the next', async () => {
  await start(1, 20);
  await create();
  const { id } = await running();
  world.mesos.cluster.elect(1);
  await soon(() => expect(world.mesos.marathon?.leader()).toBe(0));
  await soon(async () => expect(await running()).toMatchObject({ id }));
  expect(world.host().machine.containers.size).toBe(1);
});

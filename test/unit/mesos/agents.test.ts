import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MesosWorld, soon, type TestFramework } from '../../support/mesos-world.ts';

let world: MesosWorld;
let framework: TestFramework;

/** An agent that says nothing for half a second is unreachable. */
const PINGS = { agentPing: 0.05, maxAgentPings: 10 };

/** Another world than that of all tests here. */
async function restart(clocks: Parameters<typeof MesosWorld.start>[0] & object = {}): Promise<void> {
  await world.close();
  world = await MesosWorld.start(clocks);
  framework = world.framework();
}

beforeEach(async () => {
  world = await MesosWorld.start();
  framework = world.framework();
});
afterEach(async () => {
  world.faults.set({ kind: 'partition', node: 'north-az-1-1', on: false });
  await world.close();
});

const partition = (on: boolean) => world.faults.set({ kind: 'partition', node: 'north-az-1-1', on });
const registry = () => {
  const { master } = world.mesos.cluster;
  if (master === null) throw new Error('nobody leads');
  return master.state.registry.state;
};

describe('an agent that does not answer', () => {
  beforeEach(() => restart({ clocks: PINGS }));

  test('is unreachable after so many pings; its tasks run on, and are back with it', async () => {
    const taskId = await framework.launch();
    const { addresses } = await framework.until(taskId, 'TASK_RUNNING');
    const id = world.agentId();
    partition(true);
    expect(await framework.until(taskId, 'TASK_UNREACHABLE')).toMatchObject({
      message: 'health check timed out',
      reason: 'REASON_AGENT_REMOVED',
      source: 'SOURCE_MASTER',
      uuid: null,
    });
    expect([...registry().unreachable.keys()]).toEqual([id]);
    framework.driver.reconcile([taskId]);
    await soon(() => expect(framework.updates.at(-1)?.message).toBe('Reconciliation: Task is unreachable'));
    const views = world.host().agent.views();
    expect(views).toMatchObject([{ instance: taskId, state: 'running' }]);

    framework.updates.length = 0;
    partition(false);
    const message = 'Unreachable agent re-reregistered';
    const back = { taskId, state: 'TASK_RUNNING', message, reason: 'REASON_AGENT_REREGISTERED', addresses };
    await soon(() => expect(framework.updates).toContainEqual(expect.objectContaining(back)));
    expect(world.agentId()).toBe(id);
    expect(world.host().agent.views()).toMatchObject([{ containerId: views[0]?.containerId }]);
  });

  test('frozen, it is no different', async () => {
    world.faults.set({ kind: 'freeze', node: 'north-az-1-1', on: true });
    await soon(() => expect([...registry().unreachable.keys()]).toHaveLength(1));
    world.faults.set({ kind: 'freeze', node: 'north-az-1-1', on: false });
    await soon(() => expect(world.agentId()).toBeDefined());
  });

  test('is not offered while its connection is down, and is no other when it is back in time', async () => {
    const offer = await framework.offer();
    const id = world.agentId();
    world.mesos.cluster.master?.state.agents.get(id)?.link?.end();
    await soon(() => expect(framework.rescinded).toEqual([offer.id]));
    await framework.offer();
    expect(world.agentId()).toBe(id);
    expect(registry().unreachable.size).toBe(0);
  });
});

test('an agent that is unreachable for too long is expunged: nobody knows it', async () => {
  await restart({ clocks: { ...PINGS, unreachableMaxAge: 0.1 } });
  const id = world.agentId();
  partition(true);
  await soon(async () => {
    expect(() => world.agentId()).toThrow('is not registered');
    const answer = await world.call({ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id: { value: id } } });
    expect(answer).toMatchObject({ status: 400, text: 'Unknown agent' });
  });
});

test('a new agent at the address of one that lost its memory takes its place; the tasks of that are lost', async () => {
  const taskId = await framework.launch();
  await framework.until(taskId, 'TASK_RUNNING');
  const before = world.agentId();
  const { machine, agent } = world.host();
  agent.close();
  world.hosts.pop();
  const { machine: again } = await world.addHost({}, machine.name);
  expect(again.address).toBe(machine.address);
  expect(await framework.until(taskId, 'TASK_LOST')).toMatchObject({
    message: `Agent ${machine.name} removed: a new agent registered at the same address`,
    reason: 'REASON_AGENT_REMOVED',
  });
  expect(world.agentId()).not.toBe(before);
  for (const one of machine.containers) await one.kill();
});

describe('another leader', () => {
  test('knows the agents from the registry, the tasks from the agents, and the frameworks when they come', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    const id = world.agentId();
    await world.call({ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id: { value: id } } });
    const { frameworkId } = framework.driver;
    const updates = framework.updates.length;

    world.mesos.cluster.elect(1);
    await soon(() => expect(world.agentId()).toBe(id));
    expect(framework.connections).toEqual([true, false, true]);
    const agents = await world.call({ type: 'GET_AGENTS' }, { master: 1 });
    expect(agents.json()).toMatchObject({ get_agents: { agents: [{ active: false, deactivated: true }] } });
    const tasks = await world.call({ type: 'GET_TASKS' }, { master: 1 });
    expect(tasks.json()).toMatchObject({
      get_tasks: {
        tasks: [{ task_id: { value: taskId }, framework_id: { value: frameworkId }, state: 'TASK_RUNNING' }],
      },
    });
    expect(world.host().agent.views()).toMatchObject([{ instance: taskId, state: 'running' }]);
    framework.driver.kill(taskId, null);
    await framework.until(taskId, 'TASK_KILLED');
    expect(framework.updates.slice(updates).map(({ state }) => state)).toEqual(['TASK_KILLING', 'TASK_KILLED']);
  });

  test('a task goes on while nobody leads, and what was not acknowledged is said to the next leader', async () => {
    framework.acknowledges = false;
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_STARTING');
    world.mesos.cluster.elect(null);
    await soon(() => expect(framework.connections).toEqual([true, false]));
    framework.driver.kill(taskId, null);
    await soon(() => expect(world.host().agent.views()).toMatchObject([{ state: 'running' }]));
    framework.acknowledges = true;
    framework.updates.length = 0;
    world.mesos.cluster.elect(0);
    await framework.until(taskId, 'TASK_RUNNING');
    expect(framework.states(taskId)).toEqual(['TASK_STARTING', 'TASK_RUNNING']);
  });

  test('awaits agents that do not come, and says nothing of their tasks', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    const id = world.agentId();
    partition(true);
    world.mesos.cluster.elect(1);
    await soon(() => expect(framework.connections).toEqual([true, false, true]));
    framework.updates.length = 0;
    framework.driver.reconcile([
      { taskId, agentId: id },
      { taskId: 'x', agentId: 'y' },
    ]);
    await framework.until('x', 'TASK_UNKNOWN');
    expect(framework.states(taskId)).toEqual([]);
    const recovered = await world.call({ type: 'GET_AGENTS' }, { master: 1 });
    expect(recovered.json()).toMatchObject({
      get_agents: { agents: [], recovered_agents: [{ id: { value: id }, hostname: 'north-az-1-1' }] },
    });
    // Of one that is awaited, too: the flag is in the registry.
    const deactivate = { type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id: { value: id } } };
    expect(await world.call(deactivate, { master: 1 })).toMatchObject({ status: 200 });
  });

  test('gives agents up that do not come; they may come later', async () => {
    await restart({ clocks: { agentReregister: 0.3 } });
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    const id = world.agentId();
    partition(true);
    world.mesos.cluster.elect(1);
    await soon(() => expect([...registry().unreachable.keys()]).toEqual([id]));
    framework.driver.reconcile([{ taskId, agentId: id }]);
    await framework.until(taskId, 'TASK_UNREACHABLE');
    framework.updates.length = 0;
    partition(false);
    await framework.until(taskId, 'TASK_RUNNING');
  });
});

describe('frameworks', () => {
  test('the same id again takes over: the tasks are there, the earlier connection is closed', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    const second = world.framework('web', framework.driver.frameworkId);
    await soon(() => expect([framework.connections, second.connections]).toEqual([[true, false], [true]]));
    second.driver.reconcile([]);
    await second.until(taskId, 'TASK_RUNNING');
    framework.driver.kill(taskId, null);
    await second.offer();
    expect(second.states(taskId)).toEqual(['TASK_RUNNING']);
  });

  test('one that closed keeps its tasks, for itself when it comes back', async () => {
    const { frameworkId } = framework.driver;
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    framework.driver.close();
    const state = await world.call({ type: 'GET_FRAMEWORKS' });
    expect(state.json()).toMatchObject({ get_frameworks: { frameworks: [{ connected: false, active: false }] } });
    const back = world.framework('web', frameworkId);
    back.driver.reconcile([]);
    await back.until(taskId, 'TASK_RUNNING');
  });

  test('after the failover timeout it is removed, and its tasks with it', async () => {
    await restart({ clocks: { frameworkFailover: 0.1 } });
    const { frameworkId } = framework.driver;
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    framework.driver.close();
    await soon(async () => {
      const tasks = await world.call({ type: 'GET_TASKS' });
      expect(tasks.json()).toMatchObject({
        get_tasks: { tasks: [], completed_tasks: [{ state: 'TASK_KILLED', task_id: { value: taskId } }] },
      });
    });
    await soon(() => expect([...world.host().machine.containers]).toEqual([]));
    expect(() => world.framework('web', frameworkId)).toThrow('Framework has been removed');
  });
});

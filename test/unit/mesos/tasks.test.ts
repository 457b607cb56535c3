import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loopbackOf } from '../../../devfleet/host/addresses.ts';
import { ADDRESS_LABEL } from '../../../devfleet/host/agent/ipam.ts';
import { IMAGE, MesosWorld, soon, type TestFramework } from '../../support/mesos-world.ts';

let world: MesosWorld;
let framework: TestFramework;

beforeEach(async () => {
  world = await MesosWorld.start();
  framework = world.framework();
});
afterEach(async () => {
  await world.close();
});

const journal = (taskId: string) =>
  world.journal
    .after(0)
    .filter((entry) => 'instance' in entry && entry.instance === taskId)
    .map(({ kind }) => kind);

describe('the life of a task', () => {
  test('it starts, runs at an address of its own, serves, and is killed with its grace', async () => {
    const taskId = await framework.launch();
    const running = await framework.until(taskId, 'TASK_RUNNING');
    const [address = ''] = running.addresses;
    expect(address).toMatch(new RegExp(`^10\\.${world.octet}\\.193\\.\\d+$`));
    const { body } = await request(`http://${loopbackOf(address)}:8080/`);
    expect(await body.json()).toMatchObject({ instance: taskId, version: 'v1', address });
    expect(world.host().agent.views()).toMatchObject([
      { namespace: 'mesos', instance: taskId, state: 'running', address, version: 'v1', node: 'north-az-1-1' },
    ]);

    framework.driver.kill(taskId, null);
    const killed = await framework.until(taskId, 'TASK_KILLED');
    expect(killed).toMatchObject({ message: 'Container exited with status 0', source: 'SOURCE_EXECUTOR' });
    expect(framework.states(taskId)).toEqual(['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED']);
    expect(journal(taskId)).toEqual([
      'address-taken',
      'container-started',
      'container-stopping',
      'container-stopped',
      'address-released',
    ]);
    await soon(() => expect(world.host().agent.views()).toEqual([]));
  });

  test('a container that survives TERM is killed at the end of the grace that the call named', async () => {
    world.host().shelf.images[IMAGE] = { stop: 'never' };
    const taskId = await framework.launch({ killGraceSeconds: 3600 });
    await framework.until(taskId, 'TASK_RUNNING');
    framework.driver.kill(taskId, 0.05);
    expect(await framework.until(taskId, 'TASK_KILLED')).toMatchObject({ message: 'Container exited with status 137' });
  });

  test.each([
    ['3', 'TASK_FAILED'],
    ['0', 'TASK_FINISHED'],
  ])('one that exits with %s is %s, and its address is free', async (code, state) => {
    world.host().shelf.images[IMAGE] = { 'crash-after-seconds': '0.05', 'exit-code': code };
    const taskId = await framework.launch();
    expect(await framework.until(taskId, state)).toMatchObject({ message: `Container exited with status ${code}` });
    expect(journal(taskId).at(-1)).toBe('address-released');
  });

  test('an image that cannot be pulled fails the launch, and it is not tried again', async () => {
    const taskId = await framework.launch({ image: 'registry.north/shop/none:v1' });
    expect(await framework.until(taskId, 'TASK_FAILED')).toMatchObject({
      message: 'Failed to launch container: manifest of registry.north/shop/none:v1 unknown',
      reason: 'REASON_CONTAINER_LAUNCH_FAILED',
      source: 'SOURCE_AGENT',
    });
    expect(framework.states(taskId)).toEqual(['TASK_FAILED']);
  });

  test('killed while it stages, it never ran', async () => {
    let open = (): void => undefined;
    world.host().shelf.gate = new Promise((resolve) => (open = resolve));
    const taskId = await framework.launch();
    await soon(() => expect(world.host().agent.views()).toMatchObject([{ state: 'waiting' }]));
    framework.driver.kill(taskId, null);
    expect(await framework.until(taskId, 'TASK_KILLED')).toMatchObject({
      message: 'Killed before delivery to the executor',
      reason: 'REASON_TASK_KILLED_DURING_LAUNCH',
    });
    open();
    expect(journal(taskId)).toEqual([]);
  });

  test('in the network of its host it listens there, on the port that it was given', async () => {
    const offer = await framework.offer();
    const resources = { cpus: 1, mem: 128, disk: 0, gpus: 0, ports: [[31_000, 31_000]] as [number, number][] };
    const task = framework.task(offer, {
      network: 'host',
      ports: [{ container: 0, host: 31_000, name: null }],
      resources,
    });
    framework.driver.accept([offer.id], [task]);
    expect((await framework.until(task.taskId, 'TASK_RUNNING')).addresses).toEqual([]);
    const { address } = world.host().machine;
    expect((await request(`http://${loopbackOf(address)}:31000/`)).statusCode).toBe(200);
    expect((await framework.offer()).resources.ports).toEqual([[31_001, 31_099]]);
  });
});

describe('addresses', () => {
  test('a task gets the address that it asks for, and another does not while it has it', async () => {
    const address = `10.${world.octet}.1.77`;
    const networkLabels = { [ADDRESS_LABEL]: address };
    const first = await framework.launch({ networkLabels });
    expect((await framework.until(first, 'TASK_RUNNING')).addresses).toEqual([address]);
    const second = await framework.launch({ networkLabels });
    expect((await framework.until(second, 'TASK_FAILED')).message).toBe(
      `Failed to launch container: requested address ${address} is not available: allocated to ${first}`,
    );
    framework.driver.kill(first, null);
    await framework.until(first, 'TASK_KILLED');
    const third = await framework.launch({ networkLabels });
    expect((await framework.until(third, 'TASK_RUNNING')).addresses).toEqual([address]);
  });

  test('held by somebody else on any machine, a pod say, it is a collision in the journal', async () => {
    const address = `10.${world.octet}.1.78`;
    const pod = { node: 'other', namespace: 'pro', instance: 'web-0', uid: 'u' };
    await world.host().machine.addresses.take(pod, address);
    const taskId = await framework.launch({ networkLabels: { [ADDRESS_LABEL]: address } });
    expect((await framework.until(taskId, 'TASK_FAILED')).message).toContain(
      `IP address ${address} has already been used`,
    );
    expect(world.journal.after(0)).toContainEqual(
      expect.objectContaining({
        kind: 'address-collision',
        instance: taskId,
        address,
        holder: 'pro/web-0 (u) on other',
      }),
    );
    world.host().machine.addresses.release(pod, address);
  });

  test('of the range it gives up one that somebody sits on for the next', async () => {
    const squatter = { node: 'other', namespace: 'pro', instance: 'web-0', uid: 'u' };
    const address = `10.${world.octet}.193.10`;
    await world.host().machine.addresses.take(squatter, address);
    const taskId = await framework.launch();
    expect((await framework.until(taskId, 'TASK_RUNNING')).addresses).toEqual([`10.${world.octet}.193.11`]);
    world.host().machine.addresses.release(squatter, address);
  });

  test('an address of another AZ is refused', async () => {
    const taskId = await framework.launch({ networkLabels: { [ADDRESS_LABEL]: `10.${world.octet}.2.77` } });
    expect((await framework.until(taskId, 'TASK_FAILED')).message).toContain('is not in the range of this network');
  });
});

describe("the agent's own API", () => {
  const ask = async (
    body: string,
    path = '/api/v1',
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => {
    const url = `http://${loopbackOf(world.host().machine.address)}:5051${path}`;
    const response = await request(url, { method: 'POST', headers, body });
    return { status: response.statusCode, text: await response.body.text() };
  };
  const tasks = async () => {
    const { get_tasks } = JSON.parse((await ask('{"type":"GET_TASKS"}')).text) as {
      get_tasks: Record<string, { task_id: { value: string } }[]>;
    };
    return Object.fromEntries(
      Object.entries(get_tasks).map(([name, list]) => [name, list.map(({ task_id }) => task_id.value)]),
    );
  };
  const none = { pending_tasks: [], queued_tasks: [], launched_tasks: [], terminated_tasks: [], completed_tasks: [] };

  test('tells what is left of tasks, until the last end was acknowledged', async () => {
    expect(await tasks()).toEqual(none);
    let open = (): void => undefined;
    world.host().shelf.gate = new Promise((resolve) => (open = resolve));
    const taskId = await framework.launch();
    await soon(async () => expect(await tasks()).toEqual({ ...none, queued_tasks: [taskId] }));
    open();
    await framework.until(taskId, 'TASK_RUNNING');
    expect(await tasks()).toEqual({ ...none, launched_tasks: [taskId] });
    framework.acknowledges = false;
    framework.driver.kill(taskId, null);
    framework.driver.acknowledge(await framework.until(taskId, 'TASK_KILLING'));
    const end = await framework.until(taskId, 'TASK_KILLED');
    expect(await tasks()).toEqual({ ...none, terminated_tasks: [taskId] });
    framework.driver.acknowledge(end);
    await soon(async () => expect(await tasks()).toEqual({ ...none, completed_tasks: [taskId] }));
  });

  test('says who it is, and refuses what it does not know', async () => {
    const agent = JSON.parse((await ask('{"type":"GET_AGENT"}')).text) as unknown;
    expect(agent).toMatchObject({
      get_agent: { agent_info: { hostname: 'north-az-1-1', id: { value: world.agentId() } } },
    });
    expect(await ask('{"type":"GET_OPERATIONS"}', '/slave(1)/api/v1')).toEqual({
      status: 200,
      text: '{"type":"GET_OPERATIONS","get_operations":{}}',
    });
    expect(await ask('{}')).toEqual({
      status: 400,
      text: "Failed to validate agent::Call: Expecting 'type' to be present",
    });
    expect(await ask('[]')).toEqual({ status: 400, text: 'Expecting a JSON object' });
    expect(await ask('{"type":"GET_FLAGS"}')).toMatchObject({ status: 501 });
    expect(await ask('{}', '/api/v1', {})).toEqual({ status: 400, text: "Expecting 'Content-Type' to be present" });
    expect(await ask('{}', '/api/v1', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(await ask('{}', '/nothing')).toMatchObject({ status: 404 });
  });
});

describe('status updates', () => {
  test('one is said again until it is acknowledged, and the next only then', async () => {
    await world.close();
    world = await MesosWorld.start({}, 1, 0.05);
    framework = world.framework();
    framework.acknowledges = false;
    const taskId = await framework.launch();
    await soon(() => expect(framework.states(taskId).length).toBeGreaterThan(1));
    expect(new Set(framework.states(taskId))).toEqual(new Set(['TASK_STARTING']));
    const [first] = framework.updates;
    expect(framework.updates[1]).toEqual(first);
    // The master knows how far it is, whatever the framework was told.
    const { frameworkId } = framework.driver;
    await soon(() =>
      expect(world.mesos.cluster.master?.state.frameworks.get(frameworkId)?.tasks.get(taskId)).toMatchObject({
        state: 'TASK_RUNNING',
        told: { state: 'TASK_STARTING' },
      }),
    );
    if (first !== undefined) framework.driver.acknowledge(first);
    await framework.until(taskId, 'TASK_RUNNING');
  });

  test('a task is completed when its end was acknowledged, not before', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    framework.acknowledges = false;
    framework.driver.kill(taskId, null);
    const status = await framework.until(taskId, 'TASK_KILLING');
    framework.driver.acknowledge(status);
    const end = await framework.until(taskId, 'TASK_KILLED');
    const state = world.mesos.cluster.master?.state.frameworks.get(framework.driver.frameworkId);
    expect(state?.tasks.get(taskId)?.state).toBe('TASK_KILLED');
    expect(world.host().agent.views()).toMatchObject([{ state: 'terminated' }]);
    framework.driver.acknowledge(end);
    await soon(() => expect(world.host().agent.views()).toEqual([]));
    expect(state?.tasks.has(taskId)).toBe(false);
    expect(state?.completed.map(({ info }) => info.taskId)).toEqual([taskId]);
  });

  test('reconciliation: all that is active, and what is unknown by its agent', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    framework.updates.length = 0;
    framework.driver.reconcile([]);
    await soon(() =>
      expect(framework.updates).toMatchObject([
        {
          taskId,
          state: 'TASK_RUNNING',
          uuid: null,
          source: 'SOURCE_MASTER',
          reason: 'REASON_RECONCILIATION',
          message: 'Reconciliation: Latest task state',
          addresses: [expect.any(String)],
        },
      ]),
    );
    framework.driver.reconcile(['nobody', { taskId: 'lost', agentId: world.agentId() }]);
    expect(await framework.until('nobody', 'TASK_UNKNOWN')).toMatchObject({
      message: 'Reconciliation: Task is unknown',
    });
    expect(await framework.until('lost', 'TASK_GONE')).toMatchObject({
      message: 'Reconciliation: Task is unknown to the agent',
    });
  });

  test('a kill of a task that is not there is answered by reconciliation', async () => {
    framework.driver.kill('nobody', null);
    await framework.until('nobody', 'TASK_UNKNOWN');
  });

  test('a task that was killed and completed is gone', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    framework.driver.kill(taskId, null);
    await framework.until(taskId, 'TASK_KILLED');
    framework.driver.kill(taskId, null);
    await framework.until(taskId, 'TASK_GONE');
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MesosWorld, soon, type TestFramework } from '../../support/mesos-world.ts';

let world: MesosWorld;
let framework: TestFramework;

beforeEach(async () => {
  world = await MesosWorld.start();
  framework = world.framework();
});
afterEach(async () => {
  await world.close();
});

const NONE = { cpus: 0, mem: 0, disk: 0, gpus: 0, ports: [] };

describe('offers', () => {
  test('one offer holds all that is free on an agent, and where it is', async () => {
    expect(await framework.offer()).toEqual({
      id: expect.stringContaining('-O') as string,
      agentId: world.agentId(),
      hostname: 'north-az-1-1',
      region: 'north',
      zone: 'az-1',
      attributes: { idc: 'north', az: 'az-1' },
      resources: { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, ports: [[31_000, 31_099]] },
      role: 'web',
      unavailability: null,
    });
  });

  test('what tasks do not use comes again; what they use, when they have ended', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    const rest = await framework.offer();
    expect(rest.resources).toMatchObject({ cpus: 3, mem: 3968 });
    framework.driver.decline([rest.id], 0);
    framework.driver.kill(taskId, null);
    await soon(async () => {
      const offer = await framework.offer();
      if (offer.resources.cpus < 4) framework.driver.decline([offer.id], 0);
      expect(offer.resources.cpus).toBe(4);
    });
  });

  test('declined, it does not come again before the time is over', async () => {
    const offer = await framework.offer();
    const began = Date.now();
    framework.driver.decline([offer.id], 0.3);
    await framework.offer();
    expect(Date.now() - began).toBeGreaterThanOrEqual(290);
  });

  test('revive drops the filters, suppress ends the offers until then', async () => {
    const offer = await framework.offer();
    framework.driver.decline([offer.id], 3600);
    framework.driver.suppress();
    await sleep(100);
    expect(framework.offers).toEqual([]);
    framework.driver.revive();
    await framework.offer();
  });

  test('more than was declined is offered in spite of the filter', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    const rest = await framework.offer();
    framework.driver.decline([rest.id], 3600);
    framework.driver.kill(taskId, null);
    expect((await framework.offer()).resources.cpus).toBe(4);
  });

  test('the framework with less gets the next', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    const rest = await framework.offer();
    const other = world.framework('batch');
    await soon(() => expect(other.connections).toEqual([true]));
    framework.driver.decline([rest.id], 0);
    expect((await other.offer()).role).toBe('batch');
  });

  test('of a maintenance window they say when it begins; those before are rescinded', async () => {
    const before = await framework.offer();
    const unavailability = {
      start: { nanoseconds: 1_800_000_000_000_000_000 },
      duration: { nanoseconds: 3_600_000_000_000 },
    };
    const windows = [{ machine_ids: [world.machineId()], unavailability }];
    await world.call({ type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: { windows } } });
    await soon(() => expect(framework.rescinded).toEqual([before.id]));
    expect((await framework.offer()).unavailability).toEqual({
      start: 1_800_000_000_000_000_000,
      duration: 3_600_000_000_000,
    });
  });

  test('of an agent that is deactivated there are none, its tasks run on', async () => {
    const taskId = await framework.launch();
    await framework.until(taskId, 'TASK_RUNNING');
    const rest = await framework.offer();
    const agent_id = { value: world.agentId() };
    await world.call({ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id } });
    await soon(() => expect(framework.rescinded).toEqual([rest.id]));
    framework.driver.revive();
    await sleep(100);
    expect(framework.offers).toEqual([]);
    expect(framework.states(taskId).at(-1)).toBe('TASK_RUNNING');
    await world.call({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } });
    await framework.offer();
  });

  test('what another role reserved is offered to it only', async () => {
    await framework.offer();
    const resources = [
      { name: 'cpus', type: 'SCALAR', scalar: { value: 3 }, reservations: [{ type: 'DYNAMIC', role: 'maintenance' }] },
    ];
    const agent_id = { value: world.agentId() };
    expect(await world.call({ type: 'RESERVE_RESOURCES', reserve_resources: { agent_id, resources } })).toMatchObject({
      status: 202,
    });
    expect((await framework.offer()).resources.cpus).toBe(1);
    framework.driver.suppress();
    await world.call({ type: 'UNRESERVE_RESOURCES', unreserve_resources: { agent_id, resources } });
    framework.driver.revive();
    expect((await framework.offer()).resources.cpus).toBe(4);
  });
});

describe('launches that are refused', () => {
  test('on an offer that is gone', async () => {
    const offer = await framework.offer();
    framework.driver.decline([offer.id], 3600);
    const task = framework.task(offer);
    framework.driver.accept([offer.id], [task]);
    expect(await framework.until(task.taskId, 'TASK_DROPPED')).toMatchObject({
      message: `Task launched with invalid offers: Offer ${offer.id} is no longer valid`,
      reason: 'REASON_INVALID_OFFERS',
      uuid: null,
    });
  });

  test('on no offer, and on one named twice', async () => {
    const offer = await framework.offer();
    const none = framework.task(offer);
    framework.driver.accept([], [none]);
    expect((await framework.until(none.taskId, 'TASK_DROPPED')).message).toBe(
      'Task launched with invalid offers: No offers specified',
    );
    const twice = framework.task(offer);
    framework.driver.accept([offer.id, offer.id], [twice]);
    expect((await framework.until(twice.taskId, 'TASK_DROPPED')).message).toBe(
      `Task launched with invalid offers: Duplicate offer ${offer.id} in offer list`,
    );
  });

  test('on offers of two agents', async () => {
    await world.addHost();
    const [first, second] = [await framework.offer(0), await framework.offer(1)];
    const task = framework.task(first);
    framework.driver.accept([first.id, second.id], [task]);
    expect((await framework.until(task.taskId, 'TASK_DROPPED')).message).toBe(
      'Task launched with invalid offers: Aggregated offers must belong to one single agent. ' +
        `Offer ${second.id} uses agent ${second.agentId} and agent ${first.agentId}`,
    );
  });

  test("on another framework's offer", async () => {
    const offer = await framework.offer();
    const other = world.framework('batch');
    const task = other.task(offer);
    other.driver.accept([offer.id], [task]);
    expect((await other.until(task.taskId, 'TASK_DROPPED')).message).toBe(
      `Task launched with invalid offers: Offer ${offer.id} has invalid framework ${framework.driver.frameworkId} ` +
        `while framework ${other.driver.frameworkId} is expected`,
    );
  });

  test('a second of the same id, one for another agent, and one that is too big', async () => {
    const first = await framework.launch();
    await framework.until(first, 'TASK_RUNNING');
    const offer = await framework.offer();
    const again = framework.task(offer, { taskId: first });
    const elsewhere = framework.task({ agentId: 'S9' });
    const big = framework.task(offer, { resources: { ...NONE, cpus: 3.5 } });
    framework.driver.accept([offer.id], [again, elsewhere, big]);
    expect(await framework.until(first, 'TASK_ERROR')).toMatchObject({
      message: `Task has duplicate ID: ${first}`,
      reason: 'REASON_TASK_INVALID',
    });
    expect((await framework.until(elsewhere.taskId, 'TASK_ERROR')).message).toBe(
      `Task uses invalid agent S9 while agent ${world.agentId()} is expected`,
    );
    expect((await framework.until(big.taskId, 'TASK_ERROR')).message).toBe(
      'Total resources cpus:3.5 required by task and its executor is more than available ' +
        'cpus:3; mem:3968; disk:10000; ports:[31000-31099]',
    );
  });
});

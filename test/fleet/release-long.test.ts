// Releases whose history becomes long: they continue as new between two batches. Here after every batch, where Temporal
// suggests it after thousands of events.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Client, Connection } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP } from '../../devfleet/shop.ts';
import { isTerminal } from '../../src/domain/states.ts';
import { groupWorkflowId } from '../../src/temporal/names.ts';
import { runsOf } from '../support/runs.ts';
import {
  endOf,
  events,
  everywhere,
  expectAtRest,
  expectNoFailure,
  floorOf,
  PATIENCE,
  settledAfter,
  standingApp,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  const policy = JSON.stringify({ historyEvents: 1 });
  platform = await twice(() => startPlatform({ headless: true, apiEnv: { TRANSSHIP_TEST_POLICY: policy } }));
  await platform.push('v1', { igniteSeconds: 0.2 });
  await platform.push('v2', { igniteSeconds: 0.5 });
  connection = await Connection.connect({ address: platform.fleet.temporal.address });
  client = new Client({ connection, namespace: platform.fleet.temporal.namespace });
});

afterAll(async () => {
  await connection.close();
  await platform.stop();
});

/** Histories of the runs of the group's last operation, the first of them first. */
async function historiesOf(app: string): Promise<History[]> {
  const histories: History[] = [];
  const id = groupWorkflowId({ env: SHOP.env, app, group: SHOP.group });
  for await (const { history } of runsOf(client, id)) histories.unshift(history);
  return histories;
}

describe.concurrent('continued after every batch', () => {
  test('brakes and other commands sent all the while are all obeyed; one start each, no failed request', async () => {
    const shop = await standingApp(platform, 'long', everywhere(platform, 2));
    const { judge, members } = shop;
    const identities = await judge.identities();
    const traffic = await shop.traffic(50);
    const id = await shop.release('v2', { batchPercent: 1, drainSeconds: 0 });
    const isOver = async (): Promise<boolean> => isTerminal((await shop.view(id)).state);

    // Accepted, or the release does not take it any more: nothing else may be answered.
    const send = async (command: 'brake' | 'resume' | 'configure', config?: object): Promise<boolean> =>
      shop.command(id, command, config).then(
        () => true,
        (error: unknown) => {
          if (String(error).includes('COMMAND_ILLEGAL')) return false;
          throw error;
        },
      );
    let configured = 0;
    const configuring = (async () => {
      while (!(await isOver())) {
        if (await send('configure', { pauseSeconds: 0 })) configured++;
        await sleep(100);
      }
    })();
    let braked = 0;
    while (!(await isOver())) {
      if (!(await send('brake'))) continue;
      await vi.waitUntil(async () => (await shop.view(id)).state.endsWith('_BRAKED'), PATIENCE);
      braked++;
      expect(await send('resume')).toBe(true);
      await vi.waitUntil(async () => !(await shop.view(id)).state.endsWith('_BRAKED'), PATIENCE);
    }
    await configuring;

    const { state, groups } = await endOf(platform, id);
    expect(state).toBe('SUCCESS');
    expect(braked).toBeGreaterThan(2);
    expect(configured).toBeGreaterThan(10);
    await expectAtRest(shop, 'v2');
    expectNoFailure(await traffic.stop());
    expect(await judge.starts()).toEqual(Object.fromEntries(members.map((member) => [member, ['v2']])));
    expect(await judge.identities()).toEqual(identities);
    expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(members.length));
    const instances = groups.flatMap(({ batches }) => batches.flatMap((batch) => batch.instances));
    expect(instances.map(({ phase }) => phase)).toEqual(members.map(() => 'done'));

    const runs = await historiesOf(shop.app);
    // Not where a brake was on between two batches.
    expect(runs.length).toBeGreaterThan(1);
    for (const { events: history } of runs.slice(0, -1))
      expect(history?.at(-1)).toHaveProperty('workflowExecutionContinuedAsNewEventAttributes', expect.anything());
    // Every step once, also where two runs gave their activities the same numbers. One that met a brake began twice.
    const putIn = (await events(platform, id, 0)).filter(({ step, outcome }) => step === 'putIn' && outcome === 'done');
    expect(putIn.map(({ instance }) => instance).toSorted()).toEqual(instances.map(({ name }) => name).toSorted());
  });

  test('an abort undoes what earlier runs did, and a rollback continues as well', async () => {
    const shop = await standingApp(platform, 'long-undone', everywhere(platform, 2));
    const { judge, members } = shop;
    const id = await shop.release('v2', {
      batchPercent: 1,
      drainSeconds: 0,
      gates: { batch: 'manual' },
    });
    const started = async (): Promise<number> =>
      Object.values(await judge.starts()).filter((versions) => versions.includes('v2')).length;
    for (let done = 2; done <= 4; done++) {
      await settledAfter(platform, id, 0, ({ state }) => state === 'BATCH_SUCCESS' || state === 'BAKE_SUCCESS');
      await vi.waitUntil(async () => {
        await shop.command(id, 'rollout').catch(() => undefined);
        return (await started()) >= done;
      }, PATIENCE);
    }
    await vi.waitUntil(async () => (await shop.view(id)).state === 'BATCH_SUCCESS', PATIENCE);
    expect((await shop.commanded(id, 'abort')).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
    const touched = Object.values(await judge.starts()).filter((versions) => versions.length > 0);
    expect(touched.length).toBeGreaterThanOrEqual(4);
    expect(touched.every((versions) => versions.join() === 'v2,v1')).toBe(true);
    expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(members.length));

    const again = await shop.released('v2', { batchPercent: 50, drainSeconds: 0 });
    expect(again.state).toBe('SUCCESS');
    const { stdout } = await platform.cli('release', 'rollback', again.id, '--json');
    const back = await endOf(platform, (JSON.parse(stdout) as { id: string }).id);
    expect(back).toMatchObject({ state: 'SUCCESS', version: 'v1', flavor: 'rollback' });
    await expectAtRest(shop, 'v1');
    expect((await historiesOf(shop.app)).length).toBeGreaterThan(1);
  });
});

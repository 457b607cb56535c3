// Releases whose history becomes long: they continue as new between two batches. Here after every batch, where Temporal
// suggests it after thousands of events.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Client, Connection } from '@temporalio/client';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP } from '../../devfleet/shop.ts';
import { isTerminal } from '../../src/domain/states.ts';
import { groupWorkflowId } from '../../src/temporal/names.ts';
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

let platform: Platform;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  const policy = JSON.stringify({ historyEvents: 1 });
  platform = await startPlatform({ headless: true, apiEnv: { TRANSSHIP_TEST_POLICY: policy } });
  await platform.push('v1', { igniteSeconds: 0.2 });
  await platform.push('v2', { igniteSeconds: 0.5 });
  connection = await Connection.connect({ address: platform.fleet.temporal.address });
  client = new Client({ connection, namespace: platform.fleet.temporal.namespace });
});

afterAll(async () => {
  await connection.close();
  await platform.stop();
});

/** Runs of the group's operation, the first of them first. */
async function runsOf(app: string, operation: string) {
  const id = groupWorkflowId({ env: SHOP.env, app, group: SHOP.group });
  const runs = [];
  for await (const run of client.workflow.list({ query: `WorkflowId = "${id}"` }))
    if (run.memo?.['operation'] === operation) runs.push(run);
  return runs.toSorted((a, b) => a.startTime.getTime() - b.startTime.getTime());
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
      while (!(await isOver())) if (await send('configure', { pauseSeconds: 0 })) configured++;
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

    const runs = await runsOf(shop.app, groups[0]?.operation ?? '');
    // Not where a brake was on between two batches.
    expect(runs.length).toBeGreaterThan(1);
    expect(new Set(runs.slice(0, -1).map(({ status }) => status.name))).toEqual(new Set(['CONTINUED_AS_NEW']));
    // Every step once, also where two runs gave their activities the same numbers.
    const begun = (await events(platform, id, 0)).filter(({ step }) => step === 'putIn');
    expect(begun.map(({ step }) => step)).toHaveLength(2 * members.length);
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
    expect((await runsOf(shop.app, back.groups[0]?.operation ?? '')).length).toBeGreaterThan(1);
  });
});

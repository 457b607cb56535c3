// Releases that find their group held: they wait for their turn, or take it; and releases that are tried again.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP } from '../../devfleet/shop.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import {
  endOf,
  everywhere,
  expectAtRest,
  expectNoFailure,
  floorOf,
  PATIENCE,
  settledAfter,
  standingApp,
  temporalOf,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  for (const version of ['v1', 'v2', 'v3', 'v4']) await platform.push(version, { igniteSeconds: 0.3 });
  await platform.push('bad', { ignite: 'fail' });
});

afterAll(() => platform.stop());

const ended = (id: string): Promise<Release> => endOf(platform, id);
const view = async (id: string): Promise<Release> => platform.rest<Release>('GET', `/v1/releases/${id}`);

async function start(app: string, version: string, ...options: string[]): Promise<string> {
  const run = await platform.cli('release', 'start', app, version, '--env', SHOP.env, '--json', ...options);
  expect(run).toMatchObject({ code: 0 });
  return (JSON.parse(run.stdout) as { id: string }).id;
}

describe.concurrent('a release of a group that another one holds', () => {
  test('waits in the queue for its turn, in the order of acceptance, and says behind whom', async () => {
    const shop = await standingApp(platform, 'queue', everywhere(platform, 1));
    const { app, judge, members } = shop;
    const traffic = await shop.traffic(50);
    const first = await shop.released('v2', { gates: { rollout: 'manual' } });
    expect(first.state).toBe('BAKE_SUCCESS');
    const refused = await platform.cli('release', 'start', app, 'v3', '--env', SHOP.env);
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining('GROUP_BUSY') as string });

    const second = await start(app, 'v3', '--queue');
    await vi.waitUntil(async () => (await view(second)).waiting !== '', PATIENCE);
    const third = await start(app, 'v4', '--queue');
    await vi.waitFor(async () => expect((await view(third)).waiting).toContain('2 ahead'), PATIENCE);
    expect(await view(second)).toMatchObject({
      state: 'PENDING',
      commands: ['rollback', 'abort'],
      waiting: expect.stringMatching(
        new RegExp(`^in the queue for web: 1 ahead, first ${first.id} \\(v2\\); since .*`),
      ) as string,
    });

    const why = await platform.cli('why', app, SHOP.group, '--env', SHOP.env);
    expect(why.code).toBe(0);
    for (const line of [
      `${SHOP.env}/${app}/${SHOP.group}  BAKE_SUCCESS`,
      'waits for "rollout"',
      'whoever may release this app',
      `in the queue: ${second} (v3)`,
      `transship release rollout ${first.id}`,
    ])
      expect(why.stdout).toContain(line);

    await shop.command(first.id, 'rollout');
    expect((await ended(first.id)).state).toBe('SUCCESS');
    expect((await ended(second)).state).toBe('SUCCESS');
    expect((await ended(third)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v4');
    expectNoFailure(await traffic.stop());
    expect(await judge.starts()).toEqual(Object.fromEntries(members.map((member) => [member, ['v2', 'v3', 'v4']])));
    expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(4));
    // What a queued one is undone to is what it found, not what ran when it was accepted.
    const back = await platform.cli('release', 'rollback', third, '--dry-run', '--json');
    expect(JSON.parse(back.stdout)).toMatchObject({ version: 'v3' });
  });

  test('supersedes it: what that did is undone, its gates count for nothing, and the new one goes', async () => {
    const shop = await standingApp(platform, 'supersede', everywhere(platform, 1));
    const { app, judge, members, memberOf } = shop;
    const traffic = await shop.traffic(50);
    const first = await shop.released('v2', { gates: { rollout: 'manual' } });
    const waiting = await start(app, 'v3', '--queue');
    const last = await start(app, 'v4', '--supersede', '--gate', 'rollout=manual');
    expect((await ended(first.id)).state).toBe('REVOKED');
    expect((await ended(waiting)).state).toBe('REVOKED');
    // Told once, however long the undo takes: each signal stands in a history for ever.
    for (const workflowId of [`release/${first.id}`, `release/${waiting}`]) {
      const { events: history } = await (await temporalOf(platform)).workflow.getHandle(workflowId).fetchHistory();
      const signals = history?.filter((event) => (event.workflowExecutionSignaledEventAttributes ?? null) !== null);
      expect([workflowId, signals?.length]).toEqual([workflowId, 1]);
    }
    expect((await settledAfter(platform, last, 0)).state).toBe('BAKE_SUCCESS');
    await shop.command(last, 'rollout');
    expect((await ended(last)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v4');
    expectNoFailure(await traffic.stop());
    const bastion = memberOf['web-0'] ?? '';
    expect(await judge.starts()).toEqual(
      Object.fromEntries(members.map((member) => [member, member === bastion ? ['v2', 'v1', 'v4'] : ['v4']])),
    );
  });

  test('is taken out of the queue by an abort, and nothing was touched', async () => {
    const shop = await standingApp(platform, 'unqueue', everywhere(platform, 1));
    const first = await shop.released('v2', { gates: { bake: 'manual' } });
    const second = await start(shop.app, 'v3', '--queue');
    await vi.waitUntil(async () => (await view(second)).waiting !== '', PATIENCE);
    expect((await platform.cli('release', 'abort', second)).code).toBe(0);
    expect((await ended(second)).state).toBe('REVOKED');
    expect((await view(first.id)).state).toBe('SMOKE_SUCCESS');
    expect((await shop.commanded(first.id, 'bake')).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2');
  });

  test('goes first where that one yields; what it did is undone, and it goes after, with the same knobs', async () => {
    const shop = await standingApp(platform, 'yields', everywhere(platform, 1));
    const { app, judge, memberOf } = shop;
    const bastion = memberOf['web-0'] ?? '';
    const traffic = await shop.traffic(50);
    const first = await shop.released('v2', { gates: { rollout: 'manual' }, batchPercent: 50 });
    const alone = await platform.cli('release', 'yield', first.id);
    expect(alone).toMatchObject({ code: 6, stderr: expect.stringContaining('nobody waits for web') as string });

    const second = await start(app, 'v3', '--queue');
    await vi.waitUntil(async () => (await view(second)).waiting !== '', PATIENCE);
    const header = { 'idempotency-key': 'yields' };
    const asked = (): Promise<{ id: string }> =>
      platform.rest('POST', `/v1/releases/${first.id}/yield`, undefined, header);
    const { id: third } = await asked();
    // An answer that was lost: the same one again, whatever became of the first by now.
    expect((await asked()).id).toBe(third);
    expect((await ended(first.id)).state).toBe('REVOKED');
    expect((await asked()).id).toBe(third);
    expect((await ended(second)).state).toBe('SUCCESS');
    expect(await settledAfter(platform, third, 0)).toMatchObject({ state: 'BAKE_SUCCESS', version: 'v2' });
    await shop.command(third, 'rollout');
    const done = await ended(third);
    expect(done.state).toBe('SUCCESS');
    expect(done.groups[0]?.batches.map(({ instances }) => instances.length)).toEqual([1, 2, 1]);
    await expectAtRest(shop, 'v2');
    expectNoFailure(await traffic.stop());
    expect((await judge.starts())[bastion]).toEqual(['v2', 'v1', 'v3', 'v2']);
    const late = await platform.cli('release', 'yield', third);
    expect(late).toMatchObject({ code: 6, stderr: expect.stringContaining('COMMAND_ILLEGAL') as string });
  });

  test('does not wait for ever', async () => {
    const shop = await standingApp(platform, 'impatient', everywhere(platform, 1));
    const first = await shop.released('v2', { gates: { bake: 'manual' } });
    const second = await start(shop.app, 'v3', '--queue', '--gate-hours', '0.001');
    expect(await ended(second)).toMatchObject({ state: 'FAILURE', trouble: { code: 'GROUP_BUSY' } });
    expect((await shop.commanded(first.id, 'abort')).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
  });
});

test('retry releases again what a release did not bring, with the same knobs', async () => {
  const shop = await standingApp(platform, 'retry', everywhere(platform, 1));
  const failed = await shop.released('bad', { batchPercent: 50, pauseSeconds: 1 });
  expect(failed.state).toBe('SMOKE_FAILURE');
  const early = await platform.cli('release', 'retry', failed.id);
  expect(early).toMatchObject({ code: 6, stderr: expect.stringContaining('COMMAND_ILLEGAL') as string });
  expect((await shop.commanded(failed.id, 'abort')).state).toBe('REVOKED');

  await platform.push('bad', { igniteSeconds: 0.3 });
  const run = await platform.cli('release', 'retry', failed.id, '--json');
  const { id } = JSON.parse(run.stdout) as { id: string };
  const done = await ended(id);
  expect(done).toMatchObject({ state: 'SUCCESS', version: 'bad' });
  expect(done.groups[0]?.batches.map(({ instances }) => instances.length)).toEqual([1, 2, 1]);
  await expectAtRest(shop, 'bad');
  const again = await platform.cli('release', 'retry', id);
  expect(again).toMatchObject({ code: 6, stderr: expect.stringContaining('NOTHING_TO_DO') as string });
});

// Releases that need new pods: more than images and metadata of the template has changed.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SimHostsClient } from '../../devfleet/host/client.ts';
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
  standingApp,
  temporalOf,
  uids,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  for (const version of ['v1', 'v2', 'v3']) await platform.push(version, { igniteSeconds: 0.3 });
  await platform.push('v2-slow', { igniteSeconds: 3 });
  await platform.push('bad', { ignite: 'fail' });
});

afterAll(() => platform.stop());

const ended = (id: string): Promise<Release> => endOf(platform, id);
const changed = { environment: { MODE: 'new' } };

test('12 instances are made anew under 200 requests a second: none fails, the floor holds, in place again after', async () => {
  const shop = await standingApp(platform, 'anew', everywhere(platform, 3));
  const { app, judge, members } = shop;
  const before = await uids(shop);
  const traffic = await shop.traffic(200);
  await shop.apply(changed);
  const plan = await platform.cli('release', 'plan', app, 'v2', '--env', SHOP.env, '--json');
  expect(JSON.parse(plan.stdout)).toMatchObject({ groups: [{ mode: 'recreate' }] });

  const done = await shop.released('v2');
  expect(done.state).toBe('SUCCESS');
  expect(done.groups[0]?.batches.map(({ instances }) => instances.length)).toEqual([1, 3, 3, 3, 2]);
  await expectAtRest(shop, 'v2');
  const after = await uids(shop);
  expect(after).toHaveLength(12);
  expect(after.filter((one) => before.includes(one))).toEqual([]);
  expect(await judge.starts()).toEqual(Object.fromEntries(members.map((member) => [member, ['v2']])));
  expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(12));

  expect((await shop.released('v3')).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v3');
  expect(await uids(shop)).toEqual(after);
  expectNoFailure(await traffic.stop());
});

describe.concurrent('a release that needs new pods and does not go through', () => {
  test('a bastion that fails: nothing else is touched, and abort makes the old one anew', async () => {
    const shop = await standingApp(platform, 'anew-bad', everywhere(platform, 1));
    const { judge, members, memberOf } = shop;
    const before = await uids(shop);
    await shop.apply(changed);
    const held = await shop.released('bad');
    expect(held).toMatchObject({ state: 'SMOKE_FAILURE', trouble: { code: 'IGNITION_FAILED' } });
    const bastion = memberOf['web-0'] ?? '';
    expect(Object.keys(await judge.starts())).toEqual([bastion]);
    expect(await judge.serving()).toEqual(members.filter((member) => member !== bastion));

    expect((await shop.commanded(held.id, 'abort')).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
    const after = await uids(shop);
    expect(after.filter((one) => !before.includes(one))).toHaveLength(1);
    expect(await judge.starts()).toEqual({ [bastion]: ['bad', 'v1'] });
  });

  test('aborted in the middle of a batch: what was touched is back, nobody failed', async () => {
    const shop = await standingApp(platform, 'anew-abort', everywhere(platform, 2));
    const { judge, members } = shop;
    const traffic = await shop.traffic(50);
    await shop.apply(changed);
    const id = await shop.release('v2-slow', { pauseSeconds: 60 });
    await vi.waitUntil(async () => Object.keys(await judge.starts()).length >= 3, PATIENCE);
    await shop.command(id, 'abort');
    expect((await ended(id)).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
    expectNoFailure(await traffic.stop());
    expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(8));
    const starts = Object.values(await judge.starts());
    expect(starts.length).toBeLessThan(members.length);
    expect(starts.filter((versions) => versions.join() !== 'v2-slow,v1')).toEqual([]);
  });

  test('an instance that was evicted after its turn comes back old, and is released again', async () => {
    const places = everywhere(platform, 3).filter(({ az }) => az === 'az-1');
    const shop = await standingApp(platform, 'anew-evicted', places);
    const bastion = shop.memberOf['web-0'] ?? '';
    await shop.apply(changed);
    const id = await shop.release('v2', { gates: { batch: 'manual' } });
    await vi.waitUntil(async () => (await shop.view(id)).state === 'BATCH_SUCCESS', PATIENCE);
    for (const { hostsAdmin } of Object.values(platform.fleet.idcs)) {
      const hosts = new SimHostsClient(hostsAdmin);
      if ((await hosts.instances()).some(({ instance }) => instance === bastion))
        await hosts.fault({ kind: 'evict', namespace: SHOP.env, pod: bastion });
    }
    await vi.waitUntil(async () => (await shop.judge.serving()).length === 6, PATIENCE);
    await shop.command(id, 'configure', { gates: { batch: 'automatic' } });
    expect((await ended(id)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2');
    expect((await shop.judge.starts())[bastion]).toEqual(['v2', 'v1', 'v2']);
  });

  test('rolled back, and repaired after its workflow was terminated', async () => {
    const shop = await standingApp(platform, 'anew-back', everywhere(platform, 2));
    const traffic = await shop.traffic(50);
    await shop.apply(changed);
    const bad = await shop.released('v2');
    expect(bad.state).toBe('SUCCESS');
    const run = await platform.cli('release', 'rollback', bad.id, '--json');
    expect(await ended((JSON.parse(run.stdout) as { id: string }).id)).toMatchObject({
      state: 'SUCCESS',
      version: 'v1',
    });
    await expectAtRest(shop, 'v1');
    expectNoFailure(await traffic.stop());

    await shop.judge.mark();
    const cut = await shop.release('v2-slow', { batchPercent: 50 });
    await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length >= 3, PATIENCE);
    const group = `group/${SHOP.env}/${shop.app}/${SHOP.group}`;
    await (await temporalOf(platform)).workflow.getHandle(group).terminate('pulled the plug');
    expect((await ended(cut)).state).toBe('FAILURE');
    const repair = await platform.cli('repair', shop.app, SHOP.group, '--env', SHOP.env, '--json');
    expect((await ended((JSON.parse(repair.stdout) as { id: string }).id)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v1');
  });
});

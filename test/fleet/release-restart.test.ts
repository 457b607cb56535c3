// Restarts: instances are made anew on what they run.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP } from '../../devfleet/shop.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import type { ReleasePlan } from '../../src/temporal/messages.ts';
import {
  endOf,
  everywhere,
  expectAtRest,
  expectNoFailure,
  floorOf,
  kept,
  PATIENCE,
  settledAfter,
  standingApp,
  temporalOf,
  uids,
  type ShopApp,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  await platform.push('v1', { igniteSeconds: 0.3 });
  await platform.push('v1-slow', { igniteSeconds: 3 });
  await platform.push('v2', { igniteSeconds: 0.3 });
});

afterAll(() => platform.stop());

const ended = (id: string): Promise<Release> => endOf(platform, id);
const restart = async ({ app }: ShopApp, more: object = {}): Promise<string> =>
  (await platform.rest<{ id: string }>('POST', '/v1/restarts', { app, env: SHOP.env, ...more })).id;

test('8 instances are restarted under 100 requests a second, by the command line: none fails, the floor holds', async () => {
  const shop = await standingApp(platform, 'again', everywhere(platform, 2));
  const { app, judge, members } = shop;
  const before = await uids(shop);
  const traffic = await shop.traffic(100);
  const planned = await platform.cli('restart', app, '--env', SHOP.env, '--dry-run', '--json');
  const { groups } = JSON.parse(planned.stdout) as ReleasePlan;
  expect(groups).toMatchObject([{ mode: 'restart' }]);
  expect(groups[0]?.plan.batches.map((batch) => batch.members.length)).toEqual([1, 2, 2, 2, 1]);
  expect(await judge.starts()).toEqual({});

  const run = await platform.cli('restart', app, '--env', SHOP.env, '--watch', '--json');
  expect(run.code).toBe(0);
  await expectAtRest(shop, 'v1');
  expectNoFailure(await traffic.stop());
  expect(kept(before, await uids(shop))).toEqual([]);
  expect(await judge.starts()).toEqual(Object.fromEntries(members.map((member) => [member, ['v1']])));
  expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(8));

  // It brought nothing: the version can be released no second time, and the next one in place.
  const again = await shop.release('v1').catch((error: unknown) => String(error));
  expect(again).toContain('NOTHING_TO_DO');
  const after = await uids(shop);
  const next = await shop.released('v2');
  expect(next.state).toBe('SUCCESS');
  expect(await uids(shop)).toEqual(after);
  // A restart in between is not in the way of a rollback.
  expect((await ended(await restart(shop))).state).toBe('SUCCESS');
  const { id } = await platform.rest<{ id: string }>('POST', `/v1/releases/${next.id}/rollback`, {});
  expect(await ended(id)).toMatchObject({ state: 'SUCCESS', version: 'v1' });
});

describe.concurrent('a restart of a part, or one that does not go through', () => {
  test('some instances, by name: the others are left alone', async () => {
    const shop = await standingApp(platform, 'again-some', everywhere(platform, 1));
    const { judge, memberOf } = shop;
    const before = await uids(shop);
    const done = await ended(await restart(shop, { subjects: ['web-1', 'web-3'] }));
    expect(done).toMatchObject({ state: 'SUCCESS', flavor: 'restart', version: 'v1', corrects: null });
    expect(done.groups[0]?.batches.map(({ instances }) => instances.map(({ name }) => name))).toEqual([
      ['web-1'],
      ['web-3'],
    ]);
    await expectAtRest(shop, 'v1');
    const restarted = [memberOf['web-1'], memberOf['web-3']].map((member) => [member, ['v1']]);
    expect(await judge.starts()).toEqual(Object.fromEntries(restarted));
    expect(kept(before, await uids(shop))).toHaveLength(2);
  });

  test('aborted in the middle of a batch: what was ended is back and serves, nothing else was touched', async () => {
    const shop = await standingApp(platform, 'again-abort', everywhere(platform, 2));
    const { judge, members } = shop;
    expect((await shop.released('v1-slow')).state).toBe('SUCCESS');
    await judge.mark();
    const before = await uids(shop);
    const traffic = await shop.traffic(50);
    const id = await restart(shop);
    await vi.waitUntil(async () => Object.keys(await judge.starts()).length >= 2, PATIENCE);
    const refused = await shop.command(id, 'rollback').catch((error: unknown) => String(error));
    expect(refused).toContain('COMMAND_ILLEGAL');
    await shop.command(id, 'abort');
    expect((await ended(id)).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1-slow');
    expectNoFailure(await traffic.stop());
    expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(8));
    const starts = Object.values(await judge.starts());
    expect(starts.filter((versions) => versions.join() !== 'v1-slow')).toEqual([]);
    expect(kept(before, await uids(shop))).toHaveLength(members.length - starts.length);
    expect((await ended(await restart(shop))).state).toBe('SUCCESS');
  });

  test('gates, brake and configure work as in a release; a second one meanwhile is refused', async () => {
    const shop = await standingApp(platform, 'again-gates', everywhere(platform, 1));
    const id = await restart(shop, { config: { gates: { rollout: 'manual' } } });
    const held = await settledAfter(platform, id, 0);
    expect(held).toMatchObject({ state: 'BAKE_SUCCESS', commands: ['rollout', 'brake', 'configure', 'abort'] });
    const second = await restart(shop).catch((error: unknown) => String(error));
    expect(second).toContain('GROUP_BUSY');
    expect(Object.keys(await shop.judge.starts())).toHaveLength(1);
    expect((await shop.commanded(id, 'rollout')).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v1');
  });

  test('terminated, and repaired: every instance serves, the group is free', async () => {
    const shop = await standingApp(platform, 'again-cut', everywhere(platform, 2));
    expect((await shop.released('v1-slow')).state).toBe('SUCCESS');
    await shop.judge.mark();
    const cut = await restart(shop);
    await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length >= 2, PATIENCE);
    const group = `group/${SHOP.env}/${shop.app}/${SHOP.group}`;
    await (await temporalOf(platform)).workflow.getHandle(group).terminate('pulled the plug');
    expect((await ended(cut)).state).toBe('FAILURE');
    const refused = await restart(shop).catch((error: unknown) => String(error));
    expect(refused).toContain('GROUP_DIRTY');
    const repair = await platform.cli('repair', shop.app, SHOP.group, '--env', SHOP.env, '--json');
    expect((await ended((JSON.parse(repair.stdout) as { id: string }).id)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v1-slow');
    const starts = Object.values(await shop.judge.starts());
    expect(starts.filter((versions) => versions.length > 1)).toEqual([]);
  });

  test('what cannot be restarted is refused, and nothing changes', async () => {
    const refusal = (body: object): Promise<string> =>
      platform.rest('POST', '/v1/restarts', body).then(
        () => 'accepted',
        (error: unknown) => String(error),
      );
    const shop = await standingApp(platform, 'again-bad', everywhere(platform, 1));
    const { app } = shop;
    const { env } = SHOP;
    expect(await refusal({ app: 'nobody', env })).toContain('APP_UNKNOWN');
    expect(await refusal({ app, env: 'moon' })).toContain('ENVIRONMENT_UNKNOWN');
    expect(await refusal({ app, env, subjects: ['web-9'] })).toContain('GROUP_UNKNOWN');
    expect(await refusal({ app, env, subjects: [] })).toContain('subjects');
    expect(await refusal({ app, env, config: { batchPercent: 90 } })).toContain('batchPercent');
    expect(await shop.judge.starts()).toEqual({});
    await expectAtRest(shop, 'v1');
  });
});

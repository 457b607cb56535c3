// The ways back: rollback of what was released, repair of what was left half done.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Api, STRATEGIC } from '../../devfleet/host/kubelet/api.ts';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP } from '../../devfleet/shop.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import {
  applied,
  endOf,
  everywhere,
  expectAtRest,
  expectNoFailure,
  floorOf,
  PATIENCE,
  standingApp,
  temporalOf,
  type ShopApp,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  await platform.push('v1', { igniteSeconds: 0.3 });
  await platform.push('v2', { igniteSeconds: 0.3 });
  await platform.push('v2-slow', { igniteSeconds: 3 });
});

afterAll(() => platform.stop());

const ended = (id: string): Promise<Release> => endOf(platform, id);

/** `transship …` that accepts an operation; its id. */
async function accepted(...args: string[]): Promise<string> {
  const run = await platform.cli(...args, '--json');
  expect(run).toMatchObject({ code: 0 });
  return (JSON.parse(run.stdout) as { id: string }).id;
}

async function refusedFor(code: string, ...args: string[]): Promise<void> {
  expect(await platform.cli(...args)).toMatchObject({ code: 6, stderr: expect.stringContaining(code) as string });
}

const sizes = ({ groups }: Release): (number[] | undefined)[] =>
  groups.map(({ batches }) => batches.map(({ instances }) => instances.length));

describe.concurrent('rollback', () => {
  test('of a release that has ended: halves, no bastion, nobody fails, the version is held back', async () => {
    const shop = await standingApp(platform, 'rolled-back', everywhere(platform, 2));
    const { app, judge, members } = shop;
    const identities = await judge.identities();
    const traffic = await shop.traffic(50);
    const bad = await shop.released('v2');
    expect(bad.state).toBe('SUCCESS');
    await judge.mark();

    const plan = await platform.cli('release', 'rollback', bad.id, '--dry-run', '--json');
    expect(JSON.parse(plan.stdout)).toMatchObject({ version: 'v1', groups: [{ mode: 'in-place' }] });
    expect(await judge.starts()).toEqual({});

    const id = await accepted('release', 'rollback', bad.id, '--reason', 'orders fail');
    const back = await ended(id);
    expect(back).toMatchObject({ state: 'SUCCESS', version: 'v1', flavor: 'rollback', corrects: bad.id });
    expect(sizes(back)).toEqual([[4, 4]]);
    await expectAtRest(shop, 'v1');
    expectNoFailure(await traffic.stop());
    expect(await judge.identities()).toEqual(identities);
    expect(await judge.starts()).toEqual(Object.fromEntries(members.map((member) => [member, ['v1']])));
    expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(4);

    await refusedFor('VERSION_DISABLED', 'release', 'start', app, 'v2', '--env', SHOP.env);
    await refusedFor('VERSION_DISABLED', 'release', 'plan', app, 'v2', '--env', SHOP.env);
    await refusedFor('NOTHING_TO_ROLL_BACK', 'release', 'rollback', id);
    await refusedFor('NOTHING_TO_ROLL_BACK', 'release', 'rollback', bad.id);
    expect((await platform.cli('version', 'list', app)).stdout).toMatch(/v2 .*orders fail/);
    expect((await platform.cli('version', 'enable', app, 'v2')).code).toBe(0);
    expect((await platform.cli('release', 'plan', app, 'v2', '--env', SHOP.env)).code).toBe(0);
    expect((await platform.cli('version', 'enable', app, 'v2')).code).not.toBe(0);
  });

  test('of a release that runs: it is undone, and the version held back', async () => {
    const shop = await standingApp(platform, 'rolled-live', everywhere(platform, 2));
    const traffic = await shop.traffic(50);
    const id = await shop.release('v2-slow', { pauseSeconds: 60 });
    await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length >= 2, PATIENCE);
    expect((await platform.cli('release', 'brake', id)).code).toBe(0);
    // Not the first of them alone, without a word about the other.
    const two = await platform.cli('release', 'rollback', id, '--group', SHOP.group, 'another');
    expect(two).toMatchObject({ code: 2, stderr: expect.stringContaining('one group, or all') as string });
    expect(await platform.cli('release', 'rollback', id)).toMatchObject({ code: 0 });
    expect((await ended(id)).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
    expectNoFailure(await traffic.stop());
    expect(Math.min(...(await shop.judge.routed()))).toBeGreaterThanOrEqual(floorOf(8));
    await refusedFor('VERSION_DISABLED', 'release', 'start', shop.app, 'v2-slow', '--env', SHOP.env);
    await refusedFor('NOTHING_TO_ROLL_BACK', 'release', 'rollback', id);
  });

  test('cannot be aborted; cancelled, it leaves the group dirty, and repair finishes it', async () => {
    const shop = await standingApp(platform, 'rolled-cut', everywhere(platform, 1));
    const first = await shop.released('v2-slow');
    expect(first.state).toBe('SUCCESS');
    const there = await shop.released('v2');
    expect(there.state).toBe('SUCCESS');
    await shop.judge.mark();
    const id = await accepted('release', 'rollback', there.id);
    await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length >= 1, PATIENCE);
    // By REST, and not by a process that takes as long to start as a batch does.
    await expect(shop.command(id, 'abort')).rejects.toThrow('COMMAND_ILLEGAL');
    await (await temporalOf(platform)).workflow.getHandle(groupId(shop)).cancel();
    expect((await ended(id)).state).toBe('FAILURE');
    expect(await shop.fence()).toEqual({ holder: `${id}.${SHOP.group}`, dirty: true });

    const repair = await accepted('repair', shop.app, SHOP.group, '--env', SHOP.env);
    expect(await ended(repair)).toMatchObject({ state: 'SUCCESS', flavor: 'repair', version: 'v2-slow' });
    await expectAtRest(shop, 'v2-slow');
  });

  test('of a first release, or while another one has released since, is refused', async () => {
    const shop = await standingApp(platform, 'first', everywhere(platform, 1));
    const [first] = (await platform.rest<{ releases: Release[] }>('GET', `/v1/releases?app=${shop.app}`)).releases;
    await refusedFor('NOTHING_TO_ROLL_BACK', 'release', 'rollback', first?.id ?? '');
    const second = await shop.released('v2');
    expect((await shop.released('v1')).state).toBe('SUCCESS');
    await refusedFor('NOTHING_TO_ROLL_BACK', 'release', 'rollback', second.id);
    await refusedFor('NOT_DIRTY', 'repair', shop.app, SHOP.group, '--env', SHOP.env);
    expect((await platform.cli('why', shop.app)).stdout).toContain('it runs v1, and no operation is at work');
    expect(await platform.cli('why', shop.app, 'nobody')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('GROUP_UNKNOWN') as string,
    });
    await expectAtRest(shop, 'v1');
  });
});

test('what somebody else wrote into a set moves nothing, is named, and is taken back by a repair', async () => {
  const shop = await standingApp(platform, 'written-over', everywhere(platform, 1));
  const { app, judge } = shop;
  const identities = await judge.identities();
  const [north] = Object.values(platform.fleet.idcs);
  if (north === undefined) throw new Error('a fleet without IDCs');
  const api = new Api(north.adminKubeconfig);
  const name = (shop.memberOf['web-0'] ?? '').replace(/-\d+$/, '');
  const path = `/apis/apps/v1/namespaces/${SHOP.env}/statefulsets/${name}?fieldManager=helm`;
  const spec = { containers: [{ name: 'web', env: [{ name: 'BY_HAND', value: 'yes' }] }] };
  await api.request({ method: 'PATCH', path, body: { spec: { template: { spec } } }, contentType: STRATEGIC });
  await api.close();

  for (const args of [
    ['release', 'start', app, 'v2'],
    ['restart', app],
  ]) {
    const run = await platform.cli(...args, '--env', SHOP.env);
    expect(run).toMatchObject({ code: 6, stderr: expect.stringContaining('FOREIGN_TEMPLATE') as string });
    expect(run.stderr).toContain('helm');
    expect(run.stderr).toContain('transship repair');
  }
  const planned = await platform.cli('repair', app, SHOP.group, '--env', SHOP.env, '--dry-run');
  expect(planned.stdout).toMatch(/what helm at .* wrote into its template is written over/);
  await refusedFor('NOT_DIRTY', 'repair', app, SHOP.group, '--env', SHOP.env, '--forward');

  const repair = await accepted('repair', app, SHOP.group, '--env', SHOP.env);
  expect(await ended(repair)).toMatchObject({ state: 'SUCCESS', flavor: 'repair', version: 'v1', corrects: null });
  await expectAtRest(shop, 'v1');
  expect(await judge.identities()).toEqual(identities);
  expect(await judge.starts()).toEqual({});
  await refusedFor('NOT_DIRTY', 'repair', app, SHOP.group, '--env', SHOP.env);
  expect((await shop.released('v2')).state).toBe('SUCCESS');
});

const groupId = ({ app }: ShopApp): string => `group/${SHOP.env}/${app}/${SHOP.group}`;

/** In the middle of a batch: some instances are new, some out, some old. */
async function cutShort(app: string, cut: (shop: ShopApp, id: string) => Promise<void>): Promise<ShopApp> {
  const shop = await standingApp(platform, app, everywhere(platform, 2));
  const id = await shop.release('v2-slow', { batchPercent: 50 });
  await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length >= 3, PATIENCE);
  await cut(shop, id);
  expect(await ended(id)).toMatchObject({ state: 'FAILURE', trouble: { code: 'OPERATION_CUT_SHORT' } });
  expect(await shop.fence()).toEqual({ holder: `${id}.${SHOP.group}`, dirty: true });
  await refusedFor('GROUP_DIRTY', 'release', 'start', app, 'v2', '--env', SHOP.env);
  const why = await platform.cli('why', app);
  expect(why.stdout).toContain(`${SHOP.env}/${app}/${SHOP.group}  dirty`);
  expect(why.stdout).toContain(`transship repair ${app} ${SHOP.group} --env ${SHOP.env}`);
  // What was under way on the machines ends.
  await sleep(4_000);
  return shop;
}

const terminateGroup = async (shop: ShopApp): Promise<void> => {
  await (await temporalOf(platform)).workflow.getHandle(groupId(shop)).terminate('pulled the plug');
};

/** Temporal knows nothing of it any more, as after the loss of its database. */
const forget = async (shop: ShopApp, id: string): Promise<void> => {
  const { connection, workflowService } = await temporalOf(platform);
  const namespace = platform.fleet.temporal.namespace;
  for (const workflowId of [`release/${id}`, groupId(shop)]) {
    await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  }
  await connection.close();
};

describe.concurrent('repair of a group that was left half done', () => {
  test.each([
    { app: 'left-back', args: [], version: 'v1' },
    { app: 'left-forward', args: ['--forward'], version: 'v2-slow' },
  ])('by a terminated workflow: to $version', async ({ app, args, version }) => {
    const shop = await cutShort(app, terminateGroup);
    const traffic = await shop.traffic(50);
    const id = await accepted('repair', app, SHOP.group, '--env', SHOP.env, ...args);
    expect(await ended(id)).toMatchObject({ state: 'SUCCESS', flavor: 'repair', version });
    await expectAtRest(shop, version);
    expectNoFailure(await traffic.stop());
    const again = version === 'v1' ? 'v2' : 'v1';
    expect((await shop.released(again)).state).toBe('SUCCESS');
    await expectAtRest(shop, again);
  });

  test('by a rollback of the release that left it', async () => {
    let left = '';
    const shop = await cutShort('left-rolled', async (cut, id) => {
      left = id;
      await terminateGroup(cut);
    });
    const id = await accepted('release', 'rollback', left);
    expect(await ended(id)).toMatchObject({ state: 'SUCCESS', flavor: 'rollback', version: 'v1' });
    await expectAtRest(shop, 'v1');
    await refusedFor('VERSION_DISABLED', 'release', 'start', shop.app, 'v2-slow', '--env', SHOP.env);
  });

  test('with the history lost in Temporal: the loss is found, and repaired by looking', async () => {
    const shop = await cutShort('left-lost', forget);
    const id = await accepted('repair', shop.app, SHOP.group, '--env', SHOP.env);
    expect((await ended(id)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v1');
  });

  test.each([
    { app: 'first-back', args: [], count: 0 },
    { app: 'first-forward', args: ['--forward'], count: 8 },
  ])('in the middle of its first release ($app): $count instances', async ({ app, args, count }) => {
    const shop = await applied(platform, app, everywhere(platform, 2));
    const first = await shop.release('v2-slow');
    await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length >= 2, PATIENCE);
    await terminateGroup(shop);
    expect((await ended(first)).state).toBe('FAILURE');

    const id = await accepted('repair', app, SHOP.group, '--env', SHOP.env, ...args);
    expect((await ended(id)).state).toBe('SUCCESS');
    await vi.waitFor(async () => expect(await shop.judge.serving()).toHaveLength(count), PATIENCE);
    expect(await shop.judge.running()).toHaveLength(count);
    expect(await shop.fence()).toEqual({ holder: null, dirty: false });
    expect((await shop.released('v1')).state).toBe('SUCCESS');
    await vi.waitFor(async () => expect(await shop.judge.versions()).toEqual({ v1: 8 }), PATIENCE);
  });
});

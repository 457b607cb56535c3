// Several groups of an app that are released as one.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP, shopApp, type ShopPlace } from '../../devfleet/shop.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import { Judge } from '../support/judge.ts';
import { endOf, events, PATIENCE, settledAfter } from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  for (const version of ['v1', 'v2']) await platform.push(version, { igniteSeconds: 0.3 });
  await platform.push('v2-slow', { igniteSeconds: 6 });
});

afterAll(() => platform.stop());

const WEB: ShopPlace[] = [
  { cluster: 'north-k8s', az: 'az-1', instances: 3 },
  { cluster: 'south-k8s', az: 'az-1', instances: 3 },
];
const JOBS: ShopPlace[] = [{ cluster: 'north-k8s', az: 'az-2', instances: 3 }];

interface Joined {
  web: Judge;
  jobs: Judge;
  release(version: string, config?: object): Promise<string>;
}

/** Groups web, of six, and jobs, of three, which has less time to ignite; on v1, by a release that creates both as one. */
async function standing(app: string): Promise<Joined> {
  const groupsOf = (body: object): object[] => (body as { groups: object[] }).groups;
  const web = shopApp(WEB, { app });
  const [jobs] = groupsOf(shopApp(JOBS, { app, healthTimeoutSeconds: 3 }));
  await platform.rest('PUT', `/v1/apps/${app}`, { ...web, groups: [...groupsOf(web), { ...jobs, name: 'jobs' }] });
  const release = async (version: string, config: object = {}): Promise<string> => {
    const body = { app, env: SHOP.env, version, joined: true, config };
    return (await platform.rest<{ id: string }>('POST', '/v1/releases', body)).id;
  };
  const judges = { web: await Judge.of(platform.fleet, app), jobs: await Judge.of(platform.fleet, app, 'jobs') };
  expect((await endOf(platform, await release('v1'))).state).toBe('SUCCESS');
  await expectOn({ ...judges, release }, 'v1');
  return { ...judges, release };
}

async function expectOn({ web, jobs }: Joined, version: string): Promise<void> {
  await vi.waitFor(async () => expect(await web.unrest()).toEqual([]), PATIENCE);
  await vi.waitFor(async () => expect((await web.serving()).length).toBe(6), PATIENCE);
  await vi.waitFor(async () => expect((await jobs.serving()).length).toBe(3), PATIENCE);
  expect(await web.versions()).toEqual({ [version]: 6 });
  expect(await jobs.versions()).toEqual({ [version]: 3 });
  await Promise.all([web.mark(), jobs.mark()]);
}

const groupOf = ({ groups }: Release, name: string) => groups.find(({ group }) => group === name);

describe.concurrent('joined', () => {
  test('bastions first, then batch by batch in step; both stand at the last gate before either ends', async () => {
    const shop = await standing('joined');
    const id = await shop.release('v2', { batchPercent: 25, gates: { finish: 'manual' } });
    const isWhole = ({ groups }: Release): boolean => groups.every(({ state }) => state === 'ROLLOUT_SUCCESS');
    await vi.waitUntil(async () => isWhole(await platform.rest('GET', `/v1/releases/${id}`)), PATIENCE);

    const whole = await platform.rest<Release>('GET', `/v1/releases/${id}`);
    const began: number[][] = [];
    for (const [name, judge] of [
      ['web', shop.web],
      ['jobs', shop.jobs],
    ] as const) {
      const at = await judge.startedAt();
      const members = new Map(
        (
          await platform.rest<{ groups: { name: string; instances: { name: string; member: string }[] }[] }>(
            'GET',
            '/v1/apps/joined',
          )
        ).groups
          .flatMap(({ instances }) => instances)
          .map((instance) => [instance.name, instance.member]),
      );
      for (const { index, instances } of groupOf(whole, name)?.batches ?? [])
        (began[index] ??= []).push(...instances.map((instance) => at[members.get(instance.name) ?? ''] ?? NaN));
    }
    // jobs has three batches, web six.
    expect(began.map((starts) => starts.length)).toEqual([2, 2, 2, 1, 1, 1]);
    began.slice(1).forEach((starts, i) => expect(Math.min(...starts)).toBeGreaterThan(Math.max(...(began[i] ?? []))));

    await platform.rest('POST', `/v1/releases/${id}/commands`, { command: 'finish' });
    expect((await endOf(platform, id)).state).toBe('SUCCESS');
    await expectOn(shop, 'v2');
  });

  test('one whose bastion fails keeps the others waiting, who say so; aborted, all are undone', async () => {
    const shop = await standing('joined-bad');
    const id = await shop.release('v2-slow');
    const held = await settledAfter(platform, id, 0, ({ state }) => state === 'SMOKE_FAILURE');
    expect(groupOf(held, 'jobs')).toMatchObject({ state: 'SMOKE_FAILURE', trouble: { code: 'IGNITION_TIMEOUT' } });
    const waits = async () => groupOf(await platform.rest<Release>('GET', `/v1/releases/${id}`), 'web');
    await vi.waitUntil(async () => (await waits())?.waiting !== '', PATIENCE);
    expect((await waits())?.waiting).toMatch(
      /^web-0 runs the new version without traffic; waits for the joined groups to come as far: jobs; since/,
    );
    expect(await shop.web.versions()).toEqual({ v1: 5, 'v2-slow': 1 });

    // Only the one is told to.
    await platform.rest('POST', `/v1/releases/${id}/commands`, { command: 'abort', group: 'jobs' });
    const over = await endOf(platform, id);
    expect(over.state).toBe('REVOKED');
    expect(over.groups.map(({ state }) => state)).toEqual(['REVOKED', 'REVOKED']);
    await expectOn(shop, 'v1');
    const undone = await events(platform, id, 0);
    expect(undone.filter(({ step }) => step === 'REVOKING')).toHaveLength(2);
  });

  test('a retry of one that was undone is joined again', async () => {
    const shop = await standing('joined-retry');
    const id = await shop.release('v2', { gates: { rollout: 'manual' } });
    await settledAfter(platform, id, 0, ({ state }) => state === 'BAKE_SUCCESS');
    await platform.rest('POST', `/v1/releases/${id}/commands`, { command: 'abort' });
    expect((await endOf(platform, id)).state).toBe('REVOKED');
    const again = await platform.rest<{ id: string }>('POST', `/v1/releases/${id}/retry`);
    const bothAtGate = ({ groups }: Release): boolean => groups.every(({ state }) => state === 'BAKE_SUCCESS');
    await vi.waitUntil(async () => bothAtGate(await platform.rest('GET', `/v1/releases/${again.id}`)), PATIENCE);
    await platform.rest('POST', `/v1/releases/${again.id}/commands`, { command: 'rollout' });
    expect((await endOf(platform, again.id)).state).toBe('SUCCESS');
    await expectOn(shop, 'v2');
  });
});

// Releases whose image is not in every IDC yet: sync rules bring it before the batch that needs it.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Client, Connection } from '@temporalio/client';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP, pushShop } from '../../devfleet/shop.ts';
import { resolveReference } from '../../src/registry/resolve.ts';
import { deleteReference } from '../../src/registry/tags.ts';
import { RegistryClient } from '../../src/registry/client.ts';
import type { ReleasePlan } from '../../src/temporal/messages.ts';
import { syncWorkflowId } from '../../src/temporal/names.ts';
import { endOf, events, everywhere, expectAtRest, PATIENCE, standingApp } from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;
let connection: Connection;
let client: Client;
const { repository } = SHOP;

const registryOf = (idc: string): string => platform.fleet.idcs[idc]?.registry.directUrl ?? '';
const digestIn = async (idc: string, tag: string): Promise<string | null> => {
  const registry = new RegistryClient({ url: registryOf(idc) });
  const found = await resolveReference(registry, repository, tag);
  await registry.close();
  return found?.digest ?? null;
};
/** The registry of the south has it no more: somebody cleaned it. */
const lose = async (tag: string): Promise<void> => {
  const registry = new RegistryClient({ url: registryOf('south') });
  const digest = (await digestIn('south', tag)) ?? '';
  expect(await deleteReference({ client: registry, repository }, digest)).toBe('deleted');
  await registry.close();
  expect(await digestIn('south', tag)).toBeNull();
};
const sync = async (tag: string) =>
  client.workflow.getHandle(syncWorkflowId(repository, (await digestIn('north', tag)) ?? ''));

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  await platform.push('v1', { igniteSeconds: 0.2 });
  connection = await Connection.connect({ address: platform.fleet.temporal.address });
  client = new Client({ connection, namespace: platform.fleet.temporal.namespace });
  const rule = { name: 'shop', from: 'north', to: ['south'], images: [{ repository }], onPush: false, every: '24h' };
  await platform.rest('PUT', '/v1/sync-rules/shop', rule);
  // It is compared at once, when nothing is missing yet, and then not for a day.
  const compared = 'WorkflowType = "reconcileRule" AND ExecutionStatus = "Completed"';
  await vi.waitUntil(async () => (await client.workflow.count(compared)).count > 0, PATIENCE);
});

afterAll(async () => {
  await connection.close();
  await platform.stop();
});

describe('an image that one IDC lacks', () => {
  test('is brought there before its batch; the plan says so, and the tag is there afterwards', async () => {
    await pushShop([registryOf('north')], 'v2', { igniteSeconds: 0.2 });
    const shop = await standingApp(platform, 'lacking', everywhere(platform, 2));
    const body = { app: shop.app, env: SHOP.env, version: 'v2' };
    const plan = await platform.rest<ReleasePlan>('POST', '/v1/releases?dryRun=true', body);
    const digest = await digestIn('north', 'v2');
    expect(plan.groups[0]?.missing).toMatchObject([
      { repository, tag: 'v2', digest, idc: 'south', from: { name: 'north' } },
    ]);
    expect(await digestIn('south', 'v2')).toBeNull();

    const id = await shop.release('v2', { batchPercent: 50 });
    expect((await endOf(platform, id)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2');
    expect(await digestIn('south', 'v2')).toBe(digest);
    expect((await events(platform, id, 0)).filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  });

  test('is brought once for two releases, and aborting one of them does not stop it', async () => {
    const shops = [
      await standingApp(platform, 'one', everywhere(platform, 1)),
      await standingApp(platform, 'two', everywhere(platform, 1)),
    ] as const;
    await pushShop([registryOf('north')], 'v3', { igniteSeconds: 0.2 });
    const link = platform.fleet.link('north/registry');
    await link.latency(1_500);
    const ids = await Promise.all(shops.map(async (shop) => shop.release('v3')));
    const handle = await sync('v3');
    await vi.waitUntil(async () => {
      const description = await handle.describe().catch(() => null);
      return description?.status.name === 'RUNNING';
    }, PATIENCE);
    const { runId } = await handle.describe();
    // Both wait for it now.
    await Promise.all(
      ids.map(async (id) =>
        vi.waitUntil(async () => {
          const why = client.workflow.getHandle(`release/${id}`);
          return (await why.describe()).status.name === 'RUNNING' && (await digestIn('south', 'v3')) === null;
        }, PATIENCE),
      ),
    );
    expect((await shops[0].commanded(ids[0] ?? '', 'abort')).state).toBe('REVOKED');
    expect(await digestIn('south', 'v3')).toBeNull();
    await link.latency(0);
    expect((await endOf(platform, ids[1] ?? '')).state).toBe('SUCCESS');
    await expectAtRest(shops[0], 'v1');
    await expectAtRest(shops[1], 'v3');
    const after = await handle.describe();
    expect([after.runId, after.status.name]).toEqual([runId, 'COMPLETED']);
  });

  test('that cannot be brought holds the release; resumed, it is asked for again', async () => {
    const shop = await standingApp(platform, 'held', everywhere(platform, 1));
    await pushShop([registryOf('north')], 'v4', { igniteSeconds: 0.2 });
    const link = platform.fleet.link('north/registry');
    await link.latency(1_500);
    const id = await shop.release('v4');
    const handle = await sync('v4');
    await vi.waitUntil(async () => (await handle.describe().catch(() => null)) !== null, PATIENCE);
    await handle.cancel();
    // The bastion, in north, has its image; what is in south waits.
    await vi.waitUntil(async () => (await shop.view(id)).state === 'ROLLOUT_BRAKED', PATIENCE);
    expect(JSON.stringify(await shop.view(id))).toContain('IMAGE_NOT_BROUGHT');
    const { groups } = await shop.view(id);
    const touched = groups.flatMap(({ batches }) => batches.flatMap(({ instances }) => instances));
    const inSouth = touched.filter(({ idc }) => idc === 'south').map(({ phase }) => phase);
    expect(inSouth.length).toBeGreaterThan(0);
    expect(inSouth.every((phase) => phase === 'pending')).toBe(true);
    await link.latency(0);
    await shop.command(id, 'resume');
    expect((await endOf(platform, id)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v4');
  });

  test('because its registry lost it comes back for a rollback, and for instances that are added', async () => {
    const shop = await standingApp(platform, 'losing', everywhere(platform, 1));
    const both = ['north', 'south'].map(registryOf);
    const six = await pushShop(both, 'v6', { igniteSeconds: 0.2 });
    expect((await shop.released('v6')).state).toBe('SUCCESS');
    await pushShop(both, 'v7', { igniteSeconds: 0.2 });
    const seven = await shop.released('v7');
    expect(seven.state).toBe('SUCCESS');

    await lose('v6');
    const rollback = `/v1/releases/${seven.id}/rollback`;
    const plan = await platform.rest<ReleasePlan>('POST', `${rollback}?dryRun=true`, {});
    expect(plan.groups[0]?.missing).toMatchObject([
      { repository, tag: 'v6', digest: six, idc: 'south', from: { name: 'north' } },
    ]);
    const back = await platform.rest<{ id: string }>('POST', rollback, {});
    expect((await endOf(platform, back.id)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v6');
    expect(await digestIn('south', 'v6')).toBe(six);

    await lose('v6');
    const places = { app: shop.app, env: SHOP.env, instances: 6 };
    const scaled = await platform.rest<{ id: string }>('POST', '/v1/scales', places);
    expect((await endOf(platform, scaled.id)).state).toBe('SUCCESS');
    expect(await digestIn('south', 'v6')).toBe(six);
  });

  test('and that no rule brings is refused, as before', async () => {
    const shop = await standingApp(platform, 'ruleless', everywhere(platform, 1));
    await pushShop([registryOf('south')], 'v5');
    await expect(shop.release('v5')).rejects.toThrow(/IMAGE_UNKNOWN/);
  });
});

// A cluster whose API server is cut off from Transship; its instances go on serving, but nobody here can tell.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import type { ShopPlace } from '../../devfleet/shop.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import {
  endOf,
  events,
  expectAtRest,
  expectNoFailure,
  floorOf,
  PATIENCE,
  settledAfter,
  standingApp,
  type ShopApp,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  for (const version of ['v1', 'v2']) await platform.push(version, { igniteSeconds: 0.3 });
  await platform.push('v2-slow', { igniteSeconds: 4 });
});

afterAll(() => platform.stop());

/** Few enough in the south that the group may miss them. */
function places({ north, south }: { north: [number, number]; south: number }): ShopPlace[] {
  return [
    { cluster: 'north-k8s', az: 'az-1', instances: north[0] },
    { cluster: 'north-k8s', az: 'az-2', instances: north[1] },
    { cluster: 'south-k8s', az: 'az-1', instances: south },
  ];
}

const south = () => platform.fleet.link('south/kubernetes');
const SOUTH = 'south/south-k8s';

async function messages(id: string, step: string): Promise<string[]> {
  return (await events(platform, id, 0)).filter((event) => event.step === step).map(({ message }) => message);
}

/** Pods of the south. */
const ofSouth = ({ members }: ShopApp): string[] => members.filter((member) => member.includes('south'));

test('requeue: the others are brought on first, and what is in the lost cluster when it answers again', async () => {
  const shop = await standingApp(platform, 'loss', places({ north: [3, 2], south: 1 }));
  const identities = await shop.judge.identities();
  const traffic = await shop.traffic(40);
  const { id, state } = await shop.released('v2', { onClusterLoss: 'requeue', gates: { rollout: 'manual' } });
  expect(state).toBe('BAKE_SUCCESS');
  await south().cut();
  let braked: Release;
  try {
    braked = await shop.commanded(id, 'rollout');
    expect(braked).toMatchObject({ state: 'ROLLOUT_BRAKED', trouble: { code: 'CLUSTER_LOST' } });
    expect(braked.waiting).toMatch(
      /^south\/south-k8s does not answer; all others are done, and web-\d when it does; since/,
    );
    expect(braked.waiting).toContain('whoever runs that cluster');
    expect(await shop.judge.versions()).toEqual({ v1: 1, v2: 5 });
    expect((await platform.cli('why', shop.app)).stdout).toContain(SOUTH);
  } finally {
    await south().restore();
  }
  expect((await endOf(platform, id)).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v2');
  expectNoFailure(await traffic.stop());
  expect(await shop.judge.identities()).toEqual(identities);
  expect(Math.min(...(await shop.judge.routed()))).toBeGreaterThanOrEqual(floorOf(6));
  const said = await messages(id, 'cluster');
  expect(said[0]).toMatch(/^south\/south-k8s is lost: .* \(south-k8s has not answered for \d+ s/);
  // Once each, however often it was looked at in between.
  expect(said).toHaveLength(2);
  expect(said[1]).toBe('south/south-k8s answers again');
});

test('requeue: more than may be out is lost: it brakes, and says why', async () => {
  const shop = await standingApp(platform, 'loss-half', places({ north: [2, 1], south: 3 }));
  const { id } = await shop.released('v2', { onClusterLoss: 'requeue', gates: { rollout: 'manual' } });
  await south().cut();
  try {
    const braked = await shop.commanded(id, 'rollout');
    expect(braked).toMatchObject({ state: 'ROLLOUT_BRAKED', trouble: { code: 'CAPACITY_SHORT' } });
    expect(braked.waiting).toContain('south/south-k8s is lost, and what is there counts as not serving');
    expect(await shop.judge.versions()).toEqual({ v1: 5, v2: 1 });
  } finally {
    await south().restore();
  }
  expect((await shop.commanded(id, 'resume')).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v2');
});

test('requeue, lost in a batch: what was under way there is passed over; an abort undoes the others at once', async () => {
  const shop = await standingApp(platform, 'loss-abort', places({ north: [3, 2], south: 1 }));
  const config = { onClusterLoss: 'requeue', batchPercent: 50, gates: { rollout: 'manual' } };
  const { id } = await shop.released('v2-slow', config);
  await shop.command(id, 'rollout');
  const [member = ''] = ofSouth(shop);
  await vi.waitUntil(async () => (await shop.judge.starts())[member] !== undefined, PATIENCE);
  await south().cut();
  try {
    const braked = await settledAfter(platform, id, 0, ({ state }) => state === 'ROLLOUT_BRAKED');
    expect(braked).toMatchObject({ trouble: { code: 'CLUSTER_LOST' } });
    expect(await shop.judge.versions()).toEqual({ 'v2-slow': 6 });
    await shop.command(id, 'abort');
    await vi.waitFor(async () => expect(await shop.judge.versions()).toEqual({ v1: 5, 'v2-slow': 1 }), PATIENCE);
    expect(await shop.view(id)).toMatchObject({ state: 'REVOKING' });
    expect((await messages(id, 'undo'))[0]).toMatch(/^waits for south\/south-k8s/);
  } finally {
    await south().restore();
  }
  expect((await endOf(platform, id)).state).toBe('REVOKED');
  await expectAtRest(shop, 'v1');
});

test('hold: an abort while half of the group is lost takes out no more than the floor allows until it answers', async () => {
  const shop = await standingApp(platform, 'loss-floor', places({ north: [2, 1], south: 3 }));
  const { id } = await shop.released('v2', { gates: { rollout: 'manual' } });
  await south().cut();
  try {
    await shop.command(id, 'abort');
    await vi.waitUntil(async () => (await messages(id, 'undo')).length > 0, PATIENCE);
    expect((await messages(id, 'undo'))[0]).toContain('they are taken out only when it does');
    expect(await shop.judge.versions()).toEqual({ v1: 5, v2: 1 });
  } finally {
    await south().restore();
  }
  expect((await endOf(platform, id)).state).toBe('REVOKED');
  await expectAtRest(shop, 'v1');
  expect(Math.min(...(await shop.judge.routed()))).toBeGreaterThanOrEqual(floorOf(6));
});

test('a rollback that loses a cluster on the way brings back the others first', async () => {
  const shop = await standingApp(platform, 'loss-rollback', places({ north: [3, 2], south: 1 }));
  const bad = await shop.released('v2');
  expect(bad.state).toBe('SUCCESS');
  await shop.judge.mark();
  const run = await platform.cli('release', 'rollback', bad.id, '--json');
  const { id } = JSON.parse(run.stdout) as { id: string };
  await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length > 0, PATIENCE);
  await south().cut();
  try {
    const braked = await settledAfter(platform, id, 0, ({ state }) => state === 'ROLLOUT_BRAKED');
    expect(braked).toMatchObject({ trouble: { code: 'CLUSTER_LOST' } });
    const north = (await shop.judge.running()).filter(({ instance }) => !ofSouth(shop).includes(instance));
    expect(north.map(({ version }) => version)).toEqual(['v1', 'v1', 'v1', 'v1', 'v1']);
  } finally {
    await south().restore();
  }
  expect((await endOf(platform, id)).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v1');
});

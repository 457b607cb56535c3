// Failures that reached the users of other release systems, each a test that this one passes. Rows that are tested
// elsewhere: 2 by `npm run chaos -- release` (a worker killed at every activity) and test/fleet/release-faults.test.ts (a
// store that is away, a watch that breaks: 5); 14 by test/contract/azset/replace.ts; 13 by test/fleet/release-queue.test.ts.
// What took hours there runs on short clocks here; each test says which.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SimHostsClient } from '../../devfleet/host/client.ts';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { pushShop, SHOP } from '../../devfleet/shop.ts';
import { isTerminal } from '../../src/domain/states.ts';
import type { AppView } from '../../src/http/schemas/app.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import { KubernetesHands } from '../support/kubernetes-hands.ts';
import {
  applied,
  eachHosts,
  endOf,
  everywhere,
  events,
  expectAtRest,
  expectNoFailure,
  floorOf,
  PATIENCE,
  registriesOf,
  settledAfter,
  standingApp,
  type ShopApp,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  for (const version of ['v1', 'v2', 'v3']) await platform.push(version, { igniteSeconds: 0.3 });
  await platform.push('v2-slow', { igniteSeconds: 3 });
});

afterAll(() => platform.stop());

const idcs = () => Object.values(platform.fleet.idcs);
const ended = (id: string): Promise<Release> => endOf(platform, id);

async function states(id: string): Promise<string[]> {
  return (await events(platform, id, 0)).filter(({ kind }) => kind === 'state').map(({ step }) => step);
}

async function startedOn({ judge }: ShopApp, count: number): Promise<void> {
  await vi.waitUntil(async () => Object.keys(await judge.starts()).length >= count, PATIENCE);
}

describe.concurrent('acceptance', () => {
  test('row 1: a start that is delivered again after its release has ended is a no-op (at once, not after 60 s)', async () => {
    const shop = await standingApp(platform, 'row-1', everywhere(platform, 1));
    const body = { app: shop.app, env: SHOP.env, version: 'v2' };
    const headers = { 'idempotency-key': 'delivered-twice', 'content-type': 'application/json' };
    const deliver = async (): Promise<{ id: string }> => {
      const url = `${platform.api}/v1/releases`;
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(answer.status).toBe(202);
      return (await answer.json()) as { id: string };
    };
    const first = await deliver();
    expect((await ended(first.id)).state).toBe('SUCCESS');
    expect((await shop.released('v3')).state).toBe('SUCCESS');
    await shop.judge.mark();
    expect((await deliver()).id).toBe(first.id);
    await sleep(2_000);
    expect(await shop.judge.starts()).toEqual({});
    await expectAtRest(shop, 'v3');
  });

  test('row 4: what is healthy by the version before starts no batch: the kubelets report 2 s late', async () => {
    const shop = await standingApp(platform, 'row-4', everywhere(platform, 1));
    await eachHosts(platform, (hosts) => hosts.fault({ kind: 'observed-generation', lagMs: 2_000 }));
    try {
      const bad = await pushShop(registriesOf(platform), 'row-4-bad', { ignite: 'fail' });
      expect(bad).not.toBe('');
      const held = await shop.released('row-4-bad', { batchPercent: 50 });
      expect(held).toMatchObject({ state: 'SMOKE_FAILURE', trouble: { code: 'IGNITION_FAILED' } });
      expect(Object.keys(await shop.judge.starts())).toEqual([shop.memberOf['web-0']]);
      expect((await shop.commanded(held.id, 'abort')).state).toBe('REVOKED');
    } finally {
      await eachHosts(platform, (hosts) => hosts.fault({ kind: 'observed-generation' }));
    }
    await expectAtRest(shop, 'v1');
  });

  test('row 7: a version of which every instance is down is replaced by the one that mends it', async () => {
    await pushShop(registriesOf(platform), 'row-7-dies', { igniteSeconds: 0.1, crashAfterSeconds: 25 });
    const shop = await applied(platform, 'row-7', everywhere(platform, 1));
    expect((await shop.released('row-7-dies')).state).toBe('SUCCESS');
    await eachHosts(platform, (hosts) => hosts.fault({ kind: 'back-off', startSeconds: 600, maxSeconds: 600 }));
    try {
      await vi.waitUntil(async () => (await shop.judge.serving()).length === 0, PATIENCE);
      // From a crash the kubelet starts again at once; from the second not for long.
      await vi.waitUntil(async () => (await shop.judge.running()).length === 0, PATIENCE);
      expect((await shop.released('v2')).state).toBe('SUCCESS');
    } finally {
      await eachHosts(platform, (hosts) => hosts.fault({ kind: 'back-off', startSeconds: 10, maxSeconds: 300 }));
    }
    await vi.waitFor(async () => expect(await shop.judge.serving()).toHaveLength(4), PATIENCE);
    expect(await shop.judge.versions()).toEqual({ v2: 4 });
  });

  const places: { where: string; app: string; version?: string; config: object; at: string; floor?: number }[] = [
    { where: 'at a gate', app: 'row-8-gate', config: { gates: { bake: 'manual' } }, at: 'SMOKE_SUCCESS' },
    { where: 'while it soaks', app: 'row-8-soak', config: { gates: { rollout: '10m' } }, at: 'BAKE_SUCCESS' },
    { where: 'in the pause', app: 'row-8-pause', config: { pauseSeconds: 600 }, at: 'BATCH_SUCCESS' },
    { where: 'while it smokes', app: 'row-8-smoke', version: 'v2-slow', config: {}, at: 'SMOKING' },
    { where: 'at the last gate', app: 'row-8-last', config: { gates: { finish: '10m' } }, at: 'ROLLOUT_SUCCESS' },
  ];
  test.each(places)(
    'row 8: abort $where stops it, and the state is true',
    async ({ app, version = 'v2', config, at }) => {
      const shop = await standingApp(platform, app, everywhere(platform, 1));
      const id = await shop.release(version, config);
      await vi.waitUntil(async () => (await shop.view(id)).state === at, PATIENCE);
      await shop.command(id, 'abort');
      const over = await ended(id);
      expect(over).toMatchObject({ state: 'REVOKED', waiting: '', commands: [] });
      expect(
        (await states(id)).slice((await states(id)).indexOf('REVOKING') + 1).every((state) => state === 'REVOKED'),
      ).toBe(true);
      await expectAtRest(shop, 'v1');
    },
  );

  test('row 9: a rollback while the bastion waits at its gate leaves no stale wait', async () => {
    const shop = await standingApp(platform, 'row-9', everywhere(platform, 1));
    const held = await shop.released('v2', { gates: { rollout: 'manual' } });
    expect(held.state).toBe('BAKE_SUCCESS');
    await shop.command(held.id, 'rollback');
    expect(await ended(held.id)).toMatchObject({ state: 'REVOKED', waiting: '', commands: [] });
    expect((await platform.cli('why', shop.app)).stdout).toContain('at rest');
    await expectAtRest(shop, 'v1');
  });

  test('row 10: a rollback to a version whose image is gone is refused before any instance is taken out', async () => {
    const old = await pushShop(registriesOf(platform), 'row-10-old', { igniteSeconds: 0.2 });
    const shop = await applied(platform, 'row-10', everywhere(platform, 1));
    expect((await shop.released('row-10-old')).state).toBe('SUCCESS');
    const there = await shop.released('v2');
    expect(there.state).toBe('SUCCESS');
    await shop.judge.mark();
    const [south] = registriesOf(platform).slice(-1);
    const gone = await fetch(`${south ?? ''}/v2/${SHOP.repository}/manifests/${old}`, { method: 'DELETE' });
    expect(gone.status).toBe(202);

    const refused = await platform.cli('release', 'rollback', there.id);
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining('IMAGE_UNKNOWN') as string });
    expect(refused.stderr).toContain('row-10-old');
    expect(await shop.judge.starts()).toEqual({});
    expect(await shop.judge.versions()).toEqual({ v2: 4 });
    expect(await shop.judge.serving()).toHaveLength(4);
  });

  describe('row 15', () => {
    test('20 % of 3 is planned as one at a time, and said', async () => {
      const [place] = everywhere(platform, 3);
      const shop = await standingApp(platform, 'row-15-three', place === undefined ? [] : [place]);
      const args = [shop.app, 'v2', '--env', SHOP.env, '--batch-percent', '20'];
      const plan = await platform.cli('release', 'plan', ...args);
      expect(plan.stdout).toContain('20 % of 3 = 0.6, at least 1');
      const done = await shop.released('v2', { batchPercent: 20 });
      expect(done.state).toBe('SUCCESS');
      expect(done.groups[0]?.batches.map(({ instances }) => instances.length)).toEqual([1, 1, 1]);
      await expectAtRest(shop, 'v2');
    });

    test('a group of 1, whose second set is empty', async () => {
      const [place, empty] = everywhere(platform, 0);
      if (place === undefined || empty === undefined) throw new Error('no places');
      const shop = await standingApp(platform, 'row-15-one', [{ ...place, instances: 1 }, empty]);
      expect((await shop.released('v2')).state).toBe('SUCCESS');
      await expectAtRest(shop, 'v2');
    });

    test('a group of 0: an app file cannot say so, and one that was scaled to it is released all the same', async () => {
      const none = applied(platform, 'row-15-none', everywhere(platform, 0));
      await expect(none).rejects.toThrow('needs at least 1 instance in all');
      const shop = await standingApp(platform, 'row-15-zero', everywhere(platform, 1));
      await scaleSets(shop, [0, 0, 0, 0]);
      await vi.waitUntil(async () => (await shop.judge.running()).length === 0, PATIENCE);
      expect((await shop.released('v2')).state).toBe('SUCCESS');
      expect(await shop.fence()).toEqual({ holder: null, dirty: false });

      await scaleSets(shop, [1, 1, 1, 1]);
      await vi.waitFor(async () => expect(await shop.judge.versions()).toEqual({ v2: 4 }), PATIENCE);
      expect((await shop.released('v3')).state).toBe('SUCCESS');
      await expectAtRest(shop, 'v3');
    });

    /** As autoscalers would. */
    const scaleSets = async ({ app }: ShopApp, sizes: number[]): Promise<void> => {
      const view = await platform.rest<AppView>('GET', `/v1/apps/${app}`);
      for (const [i, set] of (view.groups[0]?.azSets ?? []).entries()) {
        const idc = idcs().find(({ name }) => name === set.idc);
        const hands = new KubernetesHands(idc?.adminKubeconfig ?? '');
        const size = sizes[i];
        if (size !== undefined) await hands.scaleSet({ namespace: SHOP.env, name: set.name }, size);
      }
    };

    const scaled = async (app: string): Promise<{ shop: ShopApp; id: string }> => {
      const shop = await standingApp(platform, app, everywhere(platform, 2));
      const id = await shop.release('v2', { gates: { batch: 'manual' } });
      await vi.waitUntil(async () => (await shop.view(id)).state === 'BATCH_SUCCESS', PATIENCE);
      await scaleSets(shop, [4, 1]);
      // 8 − 1 + 2
      await vi.waitUntil(async () => (await shop.judge.serving()).length === 9, PATIENCE);
      shop.members.splice(0, Infinity, ...(await shop.judge.serving()));
      return { shop, id };
    };

    test('scaled up and down between two batches: those that came are released too', async () => {
      const { shop, id } = await scaled('row-15-scaled');
      await shop.command(id, 'configure', { gates: { batch: 'automatic' } });
      expect((await ended(id)).state).toBe('SUCCESS');
      await expectAtRest(shop, 'v2');
      const view = await platform.rest<AppView>('GET', `/v1/apps/${shop.app}`);
      expect(view.groups[0]?.instances.map(({ member }) => member).sort()).toEqual(shop.members);
      expect(view.groups[0]?.azSets.map(({ count }) => count)).toEqual([4, 1, 2, 2]);
      expect((await shop.released('v3')).state).toBe('SUCCESS');
      await expectAtRest(shop, 'v3');
    });

    test('scaled up and down between two batches, and aborted: nobody waits for those that are gone', async () => {
      const { shop, id } = await scaled('row-15-undone');
      await shop.command(id, 'abort');
      expect((await ended(id)).state).toBe('REVOKED');
      await expectAtRest(shop, 'v1');
    });
  });

  test('a group of which a set was deleted is not released: what is gone is named', async () => {
    const shop = await standingApp(platform, 'set-gone', everywhere(platform, 1));
    const view = await platform.rest<AppView>('GET', `/v1/apps/${shop.app}`);
    const [set] = view.groups[0]?.azSets ?? [];
    const idc = idcs().find(({ name }) => name === set?.idc);
    await new KubernetesHands(idc?.adminKubeconfig ?? '').deleteSet({ namespace: SHOP.env, name: set?.name ?? '' });
    const refused = await platform.cli('release', 'start', shop.app, 'v2', '--env', SHOP.env);
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining('SETS_MISSING') as string });
    expect(refused.stderr).toContain(set?.name);
    expect(await shop.judge.starts()).toEqual({});
  });

  test('a version that fails on 30 % brakes at the budget, stays so, and is rolled back and disabled', async () => {
    const shop = await standingApp(platform, 'thirty', everywhere(platform, 3));
    const { app, judge, members, memberOf } = shop;
    const image = await pushShop(registriesOf(platform), 'v3-thirty', { igniteSeconds: 0.3 });
    const bad = ['web-1', 'web-2', 'web-3', 'web-5'].map((name) => memberOf[name] ?? '');
    const nodes: { hosts: SimHostsClient; node: string }[] = [];
    await eachHosts(platform, async (hosts) => {
      for (const { node, instance } of await hosts.instances()) {
        if (!bad.includes(instance)) continue;
        nodes.push({ hosts, node });
        await hosts.fault({ kind: 'pull', node, image, on: true, error: 'not on this host' });
      }
    });
    const traffic = await shop.traffic(50);
    const held = await shop.released('v3-thirty');
    expect(held).toMatchObject({ state: 'ROLLOUT_BRAKED', trouble: { code: 'CAPACITY_SHORT' } });
    const [starts, serving] = [await judge.starts(), await judge.serving()];
    expect(serving.length).toBeGreaterThanOrEqual(floorOf(12));
    await sleep(5_000);
    expect([await judge.starts(), await judge.serving()]).toEqual([starts, serving]);
    expect((await shop.view(held.id)).state).toBe('ROLLOUT_BRAKED');

    await shop.command(held.id, 'rollback');
    expect((await ended(held.id)).state).toBe('REVOKED');
    for (const { hosts, node } of nodes) await hosts.fault({ kind: 'pull', node, image, on: false });
    await expectAtRest(shop, 'v1');
    expect(members).toHaveLength(12);
    expectNoFailure(await traffic.stop());
    const again = await platform.cli('release', 'start', app, 'v3-thirty', '--env', SHOP.env);
    expect(again).toMatchObject({ code: 6, stderr: expect.stringContaining('VERSION_DISABLED') as string });
  });
});

// These cut what the others need, and run alone.
test('row 3: a wait over which the worker is lost again and again is not dropped (seconds, not 24 h)', async () => {
  const shop = await standingApp(platform, 'row-3', everywhere(platform, 1));
  const held = await shop.released('v2', { gates: { rollout: 'manual' } });
  for (let loss = 0; loss < 3; loss++) {
    await platform.workers['worker']?.restart();
    await platform.fleet.link('temporal').cut();
    await sleep(1_500);
    await platform.fleet.link('temporal').restore();
  }
  expect((await shop.view(held.id)).state).toBe('BAKE_SUCCESS');
  expect((await shop.commanded(held.id, 'rollout')).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v2');
});

test('row 11: a cluster that is away mid-release: not finished, nothing recycled, and done when it is back', async () => {
  const shop = await standingApp(platform, 'row-11', everywhere(platform, 2));
  const identities = await shop.judge.identities();
  const id = await shop.release('v2', { batchPercent: 50 });
  await startedOn(shop, 2);
  await platform.fleet.link('north/kubernetes').cut();
  try {
    await sleep(10_000);
    expect(isTerminal((await shop.view(id)).state)).toBe(false);
    expect(await states(id)).not.toContain('REVOKING');
  } finally {
    await platform.fleet.link('north/kubernetes').restore();
  }
  expect((await settledAfter(platform, id, 0)).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v2');
  expect(await shop.judge.identities()).toEqual(identities);
});

test('row 12: a clean-up that cannot be done after the last instance holds, and undoes nothing', async () => {
  const shop = await standingApp(platform, 'row-12', everywhere(platform, 1));
  const whole = await shop.released('v2', { gates: { finish: 'manual' } });
  expect(whole.state).toBe('ROLLOUT_SUCCESS');
  await platform.fleet.link('south/kubernetes').cut();
  try {
    await shop.command(whole.id, 'finish');
    await sleep(5_000);
    expect(await states(whole.id)).not.toContain('REVOKING');
    expect(await shop.judge.versions()).toEqual({ v2: 4 });
  } finally {
    await platform.fleet.link('south/kubernetes').restore();
  }
  expect((await ended(whole.id)).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v2');
});

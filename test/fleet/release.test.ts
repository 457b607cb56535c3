// The main job and its ways back, on a whole fleet; judged by the hosts, the front door and the API servers.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { FaultInput } from '../../devfleet/host/client.ts';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP, pushShop } from '../../devfleet/shop.ts';
import {
  eachHosts,
  endOf,
  everywhere,
  expectAtRest,
  expectNoFailure,
  floorOf,
  PATIENCE,
  registriesOf,
  settledAfter,
  standingApp,
  temporalOf,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  await platform.push('v1', { igniteSeconds: 0.5 });
  await platform.push('v2', { igniteSeconds: 0.5 });
  await platform.push('v2-slow', { igniteSeconds: 3 });
});

afterAll(() => platform.stop());

test('12 instances under 200 requests a second go to v2 and back: none fails, nobody moves', async () => {
  const shop = await standingApp(platform, 'main', everywhere(platform, 3));
  const { judge, members } = shop;
  expect(members).toHaveLength(12);
  const identities = await judge.identities();
  const traffic = await shop.traffic(200);

  for (const version of ['v2', 'v1']) {
    await judge.mark();
    expect((await shop.released(version)).state).toBe('SUCCESS');
    await expectAtRest(shop, version);
    expect(await judge.identities()).toEqual(identities);
    expect(await judge.starts()).toEqual(Object.fromEntries(members.map((member) => [member, [version]])));
    expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(12));
  }

  const report = await traffic.stop();
  expectNoFailure(report);
  expect(Object.keys(report.versions)).toEqual(['v1', 'v2']);
});

describe.concurrent('a release that does not go through', () => {
  describe('with a bastion that does not make it', () => {
    const bad = [
      { app: 'fails', behaviour: { ignite: 'fail' }, code: 'IGNITION_FAILED' },
      { app: 'waits', behaviour: { ignite: 'never' }, code: 'IGNITION_TIMEOUT', options: { healthTimeoutSeconds: 3 } },
      { app: 'marked', behaviour: { ignite: 'markdown' }, code: 'INSTANCE_MARKED_DOWN' },
      { app: 'crashes', behaviour: { crashAfterSeconds: 0 }, code: 'CONTAINER_CRASHING' },
      { app: 'lacks', behaviour: {}, code: 'IMAGE_PULL_FAILED', starts: false },
    ] as const;

    test.each(bad)('$code: nothing else is touched, and abort brings it back', async (one) => {
      const { app, behaviour, code } = one;
      const shop = await standingApp(platform, app, everywhere(platform, 1), 'options' in one ? one.options : {});
      const { judge, members, memberOf } = shop;
      const identities = await judge.identities();
      const bad = await pushShop(registriesOf(platform), `bad-${app}`, behaviour);
      if ('starts' in one) {
        const fault: FaultInput = { kind: 'pull', image: bad, on: true, error: 'not today' };
        await eachHosts(platform, (hosts) => hosts.fault(fault));
      }

      const held = await shop.released(`bad-${app}`);
      expect(held).toMatchObject({
        state: 'SMOKE_FAILURE',
        trouble: { code },
        commands: ['resume', 'brake', 'configure', 'rollback', 'abort'],
      });
      const touched = held.groups.flatMap(({ batches }) =>
        batches.flatMap(({ instances }) => instances.filter(({ phase }) => phase !== 'pending')),
      );
      expect(touched).toHaveLength(1);
      const bastion = memberOf[touched[0]?.name ?? ''] ?? '';
      const others = members.filter((member) => member !== bastion);
      expect(Object.keys(await judge.starts())).toEqual('starts' in one ? [] : [bastion]);
      expect(await judge.serving()).toEqual(others);

      const watched = await platform.cli('release', 'watch', held.id);
      expect(watched.stderr).toContain(code);
      expect(watched.code).toBe(3);

      expect((await shop.commanded(held.id, 'abort')).state).toBe('REVOKED');
      await expectAtRest(shop, 'v1');
      expect(await judge.identities()).toEqual(identities);
      const { [bastion]: ofBastion = [], ...ofOthers } = await judge.starts();
      expect(ofOthers).toEqual({});
      expect(ofBastion.at(-1)).toBe('v1');
      expect(ofBastion.filter((version) => version === 'v1')).toHaveLength(1);
    });
  });

  describe('aborted in the middle of a batch', () => {
    const ways: { way: string; app: string; abort: (id: string, app: string) => Promise<unknown> }[] = [
      { way: 'CLI', app: 'by-cli', abort: (id) => platform.cli('release', 'abort', id, '--reason', 'wrong tag') },
      {
        way: 'REST',
        app: 'by-rest',
        abort: (id) => platform.rest('POST', `/v1/releases/${id}/commands`, { command: 'abort' }),
      },
      {
        way: "Temporal's cancel of the release",
        app: 'by-cancel',
        abort: async (id) => (await temporalOf(platform)).workflow.getHandle(`release/${id}`).cancel(),
      },
      {
        way: "Temporal's cancel of the group",
        app: 'by-cancel-group',
        abort: async (_, app) =>
          (await temporalOf(platform)).workflow.getHandle(`group/${SHOP.env}/${app}/${SHOP.group}`).cancel(),
      },
    ];

    test.each(ways)('by $way: what was touched is back, the rest never was', async ({ app, abort }) => {
      const shop = await standingApp(platform, app, everywhere(platform, 2));
      const { judge, members } = shop;
      const identities = await judge.identities();
      const traffic = await shop.traffic(50);

      // The pause keeps the rest untouched, however long the abort takes to arrive.
      const id = await shop.release('v2-slow', { pauseSeconds: 60 });
      // The bastion, and the first of a batch.
      await vi.waitUntil(async () => Object.keys(await judge.starts()).length >= 2, PATIENCE);
      await abort(id, app);
      expect((await settledAfter(platform, id, 0)).state).toBe('REVOKED');
      await expectAtRest(shop, 'v1');

      expectNoFailure(await traffic.stop());
      expect(await judge.identities()).toEqual(identities);
      expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(8));
      const starts = await judge.starts();
      expect(Object.values(starts).filter((versions) => versions.join() !== 'v2-slow,v1')).toEqual([]);
      expect(Object.keys(starts).length).toBeLessThan(members.length);
    });
  });
});

describe.concurrent('braked by a person', () => {
  const braked = async (app: string) => {
    const shop = await standingApp(platform, app, everywhere(platform, 2));
    const identities = await shop.judge.identities();
    const traffic = await shop.traffic(50);
    const id = await shop.release('v2-slow');
    // The bastion, and a batch that ignites.
    await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length >= 3, PATIENCE);
    // By REST: on a busy machine a process takes longer to start than a release to end.
    await shop.command(id, 'brake');
    const held = await settledAfter(platform, id, 0);
    expect(held).toMatchObject({
      state: 'ROLLOUT_BRAKED',
      trouble: { code: 'BRAKED' },
      commands: ['resume', 'configure', 'rollback', 'abort'],
      waiting: expect.stringMatching(/^braked by .*; since .*, until .*; whoever may release/) as string,
    });
    return { shop, id, identities, traffic };
  };

  test('no further step begins until resume, which finishes it', async () => {
    const { shop, id, identities, traffic } = await braked('brake');
    const { judge, members } = shop;
    // What was under way has ended: ignition takes 3 s.
    await sleep(4_000);
    const [starts, serving] = [await judge.starts(), await judge.serving()];
    await sleep(4_000);
    expect([await judge.starts(), await judge.serving()]).toEqual([starts, serving]);
    expect(Object.keys(starts).length).toBeLessThan(members.length);
    expect(serving.length).toBeGreaterThanOrEqual(floorOf(8));

    const got = await platform.cli('release', 'get', id);
    expect(got.code).toBe(5);
    const again = await platform.cli('release', 'brake', id);
    expect(again).toMatchObject({ code: 6, stderr: expect.stringContaining('COMMAND_ILLEGAL') as string });

    const { code, stdout } = await platform.cli('release', 'resume', id, '--reason', 'looks well');
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('accepted') as string });
    expect((await endOf(platform, id)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2-slow');
    expectNoFailure(await traffic.stop());
    expect(await judge.identities()).toEqual(identities);
    expect(await judge.starts()).toEqual(Object.fromEntries(members.map((member) => [member, ['v2-slow']])));
    expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(8));
  });

  test('abort brings back what was touched', async () => {
    const { shop, id, identities, traffic } = await braked('brake-abort');
    expect((await shop.commanded(id, 'abort')).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
    expectNoFailure(await traffic.stop());
    expect(await shop.judge.identities()).toEqual(identities);
    expect(Object.values(await shop.judge.starts()).filter((versions) => versions.join() !== 'v2-slow,v1')).toEqual([]);
  });

  test('nobody comes: it ends as it stands, once, and its group is dirty', async () => {
    const shop = await standingApp(platform, 'brake-gate', everywhere(platform, 2));
    const id = await shop.release('v2-slow', { gateHours: 0.002 });
    await vi.waitUntil(async () => Object.keys(await shop.judge.starts()).length >= 3, PATIENCE);
    await shop.command(id, 'brake');
    const { state, trouble } = await endOf(platform, id);
    expect({ state, code: trouble?.code }).toEqual({ state: 'FAILURE', code: 'BRAKED' });
    expect(await shop.fence()).toEqual({ holder: `${id}.${SHOP.group}`, dirty: true });
    const starts = await shop.judge.starts();
    await sleep(2_000);
    expect(await shop.judge.starts()).toEqual(starts);
  });
});

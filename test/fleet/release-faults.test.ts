// Releases while something breaks: an instance, a host, a worker, the API, a link, a controller; judged by the hosts,
// the front door and the API servers.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SimHostsClient } from '../../devfleet/host/client.ts';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { pushShop, SHOP } from '../../devfleet/shop.ts';
import type { AzSetRef } from '../../src/domain/types.ts';
import { KubernetesHands } from '../support/kubernetes-hands.ts';
import {
  events,
  everywhere,
  expectAtRest,
  expectNoFailure,
  floorOf,
  PATIENCE,
  registriesOf,
  settledAfter,
  standingApp,
  watch,
  type ShopApp,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  await platform.push('v1', { igniteSeconds: 0.3 });
  await platform.push('v2', { igniteSeconds: 1 });
  await backOff(1, 2);
});

afterAll(() => platform.stop());

const idcs = () => Object.values(platform.fleet.idcs);

function hostsOf(idc: string): SimHostsClient {
  return new SimHostsClient(platform.fleet.idcs[idc]?.hostsAdmin ?? '');
}

interface Place {
  hosts: SimHostsClient;
  node: string;
  kubeconfig: string;
  uid: string;
}

async function placeOf(pod: string): Promise<Place> {
  for (const { name, adminKubeconfig: kubeconfig } of idcs()) {
    const view = (await hostsOf(name).instances()).find(({ instance }) => instance === pod);
    if (view !== undefined) return { hosts: hostsOf(name), node: view.node, kubeconfig, uid: view.uid };
  }
  throw new Error(`no host has the pod ${pod}`);
}

function podOf(member: string): { set: AzSetRef; member: string } {
  return { set: { idc: '', az: '', cluster: '', namespace: SHOP.env, name: '' }, member };
}

/** As kubectl would. */
async function deletePod(pod: string): Promise<void> {
  const { kubeconfig, uid } = await placeOf(pod);
  await new KubernetesHands(kubeconfig).deletePod({ ...podOf(pod), uid });
}

async function backOff(startSeconds: number, maxSeconds: number): Promise<void> {
  for (const { name } of idcs()) await hostsOf(name).fault({ kind: 'back-off', startSeconds, maxSeconds });
}

/** So many instances were told to start the version: the bastion is the first of them. */
async function started({ judge }: ShopApp, version: string, count: number): Promise<void> {
  await vi.waitUntil(async () => {
    const starts = Object.values(await judge.starts());
    return starts.filter((versions) => versions.includes(version)).length >= count;
  }, PATIENCE);
}

function onceEach(members: string[], version: string): Record<string, string[]> {
  return Object.fromEntries(members.map((member) => [member, [version]]));
}

test('a step that is tried again while a person has braked changes nothing until they resume', async () => {
  // Long enough in ignition for its cluster to be gone when it is to get its traffic.
  await platform.push('v2-apart', { igniteSeconds: 4 });
  const shop = await standingApp(platform, 'braked-apart', everywhere(platform, 1));
  const { judge, members, memberOf } = shop;
  const bastion = memberOf['web-0'] ?? '';
  const [idc = ''] = bastion.split('-').slice(-3);
  const said = async (text: RegExp): Promise<void> => {
    await vi.waitUntil(async () => (await events(platform, id, 0)).some(({ message }) => text.test(message)), PATIENCE);
  };

  const id = await shop.release('v2-apart');
  await said(/^deploy web-0/);
  await started(shop, 'v2-apart', 1);
  await said(/^ignite web-0/);
  await platform.fleet.link(`${idc}/kubernetes`).cut();
  await said(/^put in web-0 .*: /);
  await shop.command(id, 'brake');
  await vi.waitUntil(async () => (await shop.view(id)).state === 'BAKE_BRAKED', PATIENCE);
  await platform.fleet.link(`${idc}/kubernetes`).restore();
  await said(/^put in web-0 .*does not begin: a person has braked/);
  expect(await judge.serving()).toEqual(members.filter((member) => member !== bastion));

  expect((await shop.commanded(id, 'resume')).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v2-apart');
  expect(await judge.starts()).toEqual(onceEach(members, 'v2-apart'));
});

describe.concurrent('an instance that does not make it', () => {
  test('stays out, the next batch starts, and resume finishes when the host is mended', async () => {
    const shop = await standingApp(platform, 'bad-host', everywhere(platform, 1));
    const { judge, members, memberOf } = shop;
    const registries = registriesOf(platform);
    const image = await pushShop(registries, 'v2-bad-host', { igniteSeconds: 0.3 });
    const bad = memberOf['web-1'] ?? '';
    const { hosts, node } = await placeOf(bad);
    await hosts.fault({ kind: 'pull', node, image, on: true, error: 'no route to host' });

    const held = await shop.released('v2-bad-host', { batchPercent: 50 });
    expect(held).toMatchObject({ state: 'ROLLOUT_FAILURE', trouble: { code: 'ROLLOUT_INCOMPLETE' } });
    const phases = held.groups.flatMap(({ batches }) => batches.flatMap(({ instances }) => instances));
    expect(phases.find(({ name }) => name === 'web-1')).toMatchObject({
      phase: 'failed',
      trouble: { code: 'IMAGE_PULL_FAILED' },
    });
    const others = members.filter((member) => member !== bad);
    expect(await judge.starts()).toEqual(onceEach(others, 'v2-bad-host'));
    expect(await judge.serving()).toEqual(others);

    await hosts.fault({ kind: 'pull', node, image, on: false });
    const done = await shop.commanded(held.id, 'resume');
    expect(done.state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2-bad-host');
    expect(await judge.starts()).toEqual(onceEach(members, 'v2-bad-host'));
  });

  test('stays out, and abort brings it and all others back', async () => {
    const shop = await standingApp(platform, 'given-up', everywhere(platform, 1));
    const { judge, members, memberOf } = shop;
    const registries = registriesOf(platform);
    const image = await pushShop(registries, 'v2-given-up', { igniteSeconds: 0.3 });
    const bad = memberOf['web-1'] ?? '';
    const { hosts, node } = await placeOf(bad);
    await hosts.fault({ kind: 'pull', node, image, on: true, error: 'no route to host' });
    const held = await shop.released('v2-given-up', { batchPercent: 50 });
    expect(held.state).toBe('ROLLOUT_FAILURE');

    expect((await shop.commanded(held.id, 'abort')).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
    const { [bad]: ofBad, ...ofOthers } = await judge.starts();
    expect(ofBad).toEqual(['v1']);
    const others = members.filter((member) => member !== bad).map((member) => [member, ['v2-given-up', 'v1']]);
    expect(ofOthers).toEqual(Object.fromEntries(others));
  });

  test('is the bastion: resume tries it again', async () => {
    const shop = await standingApp(platform, 'again', everywhere(platform, 1));
    const { judge, members, memberOf } = shop;
    const registries = registriesOf(platform);
    const image = await pushShop(registries, 'v2-again', { igniteSeconds: 0.3 });
    const { hosts, node } = await placeOf(memberOf['web-0'] ?? '');
    await hosts.fault({ kind: 'pull', node, image, on: true, error: 'no route to host' });
    const held = await shop.released('v2-again');
    expect(held.state).toBe('SMOKE_FAILURE');
    expect(await judge.starts()).toEqual({});

    await hosts.fault({ kind: 'pull', node, image, on: false });
    expect((await shop.commanded(held.id, 'resume')).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2-again');
    expect(await judge.starts()).toEqual(onceEach(members, 'v2-again'));
  });

  test('that was evicted after its turn is reborn old, and released again', async () => {
    // Three in a set, of which others are still old: a set whose every pod is new has no old version any more. And six
    // in all: of four, the budget would not let another one go while this one is away.
    const places = everywhere(platform, 3).filter(({ az }) => az === 'az-1');
    const shop = await standingApp(platform, 'evicted', places);
    const { judge, members, memberOf } = shop;
    const bastion = memberOf['web-0'] ?? '';
    const id = await shop.release('v2');
    await started(shop, 'v2', 2);
    await (await placeOf(bastion)).hosts.fault({ kind: 'evict', namespace: SHOP.env, pod: bastion });

    expect((await settledAfter(platform, id, 0)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2');
    const { [bastion]: ofBastion, ...ofOthers } = await judge.starts();
    expect(ofOthers).toEqual(
      onceEach(
        members.filter((member) => member !== bastion),
        'v2',
      ),
    );
    expect(ofBastion).toEqual(['v2', 'v1', 'v2']);
  });

  test('of another operation: an abort waits for it, says so, and goes on when it serves again', async () => {
    const shop = await standingApp(platform, 'undo-short', everywhere(platform, 1));
    const { judge, memberOf } = shop;
    const other = memberOf['web-3'] ?? '';
    const hands = new KubernetesHands((await placeOf(other)).kubeconfig);
    const { id, state } = await shop.released('v2', { gates: { rollout: 'manual' } });
    expect(state).toBe('BAKE_SUCCESS');
    await hands.flag(podOf(other), 'being looked at');
    await vi.waitUntil(async () => (await judge.serving()).length === 3, PATIENCE);
    await shop.command(id, 'abort');
    await vi.waitFor(async () => {
      const said = (await events(platform, id, 0)).filter(({ step }) => step === 'undo').map(({ message }) => message);
      expect(said).toContain('waits until more serve: 3 do, and 3 must');
    }, PATIENCE);
    expect((await shop.view(id)).state).toBe('REVOKING');
    expect(await judge.versions()).toEqual({ v1: 3, v2: 1 });
    await hands.flag(podOf(other), null);
    expect((await settledAfter(platform, id, 0)).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
  });
});

test('where others are short the release brakes, with the arithmetic, until they are back', async () => {
  const shop = await standingApp(platform, 'short', everywhere(platform, 1));
  const { judge, members, memberOf } = shop;
  const last = memberOf['web-3'] ?? '';
  const id = await shop.release('v2', { pauseSeconds: 10 });
  await started(shop, 'v2', 2);
  // It comes back from the first crash at once; from the second not for long.
  await backOff(600, 600);
  const { hosts } = await placeOf(last);
  await hosts.fault({ kind: 'crash', namespace: SHOP.env, pod: last });
  await vi.waitUntil(async () => (await judge.starts())[last] !== undefined, PATIENCE);
  await hosts.fault({ kind: 'crash', namespace: SHOP.env, pod: last });
  await backOff(1, 2);

  const held = await settledAfter(platform, id, 0);
  expect(held).toMatchObject({ state: 'ROLLOUT_BRAKED', trouble: { code: 'CAPACITY_SHORT' } });
  expect(held.waiting).toContain('4 desired, at most 25 % out: 3 must serve; 3 serve − 1 taken = 2 < 3: brake');
  expect((await platform.cli('release', 'watch', id)).code).toBe(5);

  // Still short: it looks again and brakes again.
  expect((await shop.commanded(id, 'resume')).state).toBe('ROLLOUT_BRAKED');

  await deletePod(last);
  await vi.waitUntil(async () => (await judge.serving()).length === members.length, PATIENCE);
  expect((await shop.commanded(id, 'resume')).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v2');
  const { [last]: ofLast, ...ofOthers } = await judge.starts();
  expect(ofOthers).toEqual(
    onceEach(
      members.filter((member) => member !== last),
      'v2',
    ),
  );
  expect(ofLast).toEqual(['v1', 'v1', 'v2']);
});

describe('a part that dies, or does not answer, in the middle of a batch', () => {
  const strikes: { what: string; app: string; strike: (() => Promise<void>)[] }[] = [
    {
      what: 'the worker, then the API, killed and started again',
      app: 'killed',
      strike: [async () => platform.workers['worker']?.restart(), () => platform.apiProcess.restart()],
    },
    {
      what: 'a cluster, the catalogue, Temporal, cut off one after the other',
      app: 'cut-off',
      strike: ['north/kubernetes', 'catalogue', 'temporal'].map((link) => () => cut(link)),
    },
  ];

  async function cut(link: string): Promise<void> {
    await platform.fleet.link(link).cut();
    await sleep(5_000);
    await platform.fleet.link(link).restore();
  }

  // Rows 2, 3 and 5 of the acceptance table.
  test.each(strikes)('$what: one start each, no failed request, the same outcome', async ({ strike, app }) => {
    const shop = await standingApp(platform, app, everywhere(platform, 1));
    const { judge, members } = shop;
    const identities = await judge.identities();
    const traffic = await shop.traffic(50);
    const id = await shop.release('v2');
    const watching = await watch(platform, id);
    for (const [batch, act] of strike.entries()) {
      await started(shop, 'v2', 2 + batch);
      await act();
    }

    expect((await settledAfter(platform, id, 0)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2');
    expectNoFailure(await traffic.stop());
    expect(await judge.starts()).toEqual(onceEach(members, 'v2'));
    expect(await judge.identities()).toEqual(identities);
    expect(Math.min(...(await judge.routed()))).toBeGreaterThanOrEqual(floorOf(4));
    const { code, stdout } = await watching.ended;
    expect(stdout).toContain('SUCCESS');
    expect(code).toBe(0);
  });

  test('the controllers, when every instance is new and they have not said so: it holds until they have', async () => {
    const shop = await standingApp(platform, 'unsettled', everywhere(platform, 1));
    const { judge, members } = shop;
    const id = await shop.release('v2');
    await started(shop, 'v2', 4);
    const controllers = idcs().map((idc) => idc.process('kube-controller-manager'));
    for (const controller of controllers) controller.pause();
    try {
      await sleep(5_000);
      expect(['ROLLING_OUT', 'SETTLING']).toContain((await shop.view(id)).state);
    } finally {
      for (const controller of controllers) controller.resume();
    }
    expect((await settledAfter(platform, id, 0)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2');
    expect(await judge.starts()).toEqual(onceEach(members, 'v2'));
  });
});

test('with all of Transship down a deleted pod comes back on the released version and serves', async () => {
  const shop = await standingApp(platform, 'alone', everywhere(platform, 1));
  const { judge, members, memberOf } = shop;
  expect((await shop.released('v2')).state).toBe('SUCCESS');
  await expectAtRest(shop, 'v2');
  await judge.mark();
  await platform.workers['worker']?.kill();
  await platform.apiProcess.kill();

  const pod = memberOf['web-2'] ?? '';
  await deletePod(pod);
  await vi.waitUntil(async () => (await judge.starts())[pod] !== undefined, PATIENCE);
  await expectAtRest(shop, 'v2');
  expect(await judge.starts()).toEqual({ [pod]: ['v2'] });
  expect(members).toHaveLength(4);
});

// Releases that wait for a person, or for the clock, before they go on.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SimHostsClient } from '../../devfleet/host/client.ts';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP, pushShop } from '../../devfleet/shop.ts';
import { commandUpdate } from '../../src/temporal/messages.ts';
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
  temporalOf,
  type ShopApp,
} from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  await platform.push('v1', { igniteSeconds: 0.3 });
  await platform.push('v2', { igniteSeconds: 0.3 });
});

afterAll(() => platform.stop());

const BY_HAND = { smoke: 'manual', bake: 'manual', rollout: 'manual', batch: 'manual', finish: 'manual' };

/** Which instances were told to start v2. */
async function touched({ judge }: ShopApp): Promise<string[]> {
  return Object.keys(await judge.starts()).sort();
}

async function steps(id: string, kind: string): Promise<{ step: string; at: string; message: string }[]> {
  return (await events(platform, id, 0)).filter((event) => event.kind === kind);
}

describe.concurrent('a release with gates', () => {
  test('goes as far as a person says, gate by gate; its knobs change under way', async () => {
    const shop = await standingApp(platform, 'by-hand', everywhere(platform, 2));
    const { judge, members, memberOf } = shop;
    const identities = await judge.identities();
    const traffic = await shop.traffic(50);
    const bastion = memberOf['web-0'] ?? '';

    const ready = await shop.released('v2', { gates: BY_HAND });
    const { id } = ready;
    expect(ready).toMatchObject({
      state: 'PENDING',
      commands: ['smoke', 'configure', 'rollback', 'abort'],
      waiting: expect.stringMatching(/^waits for "smoke": .*; since .*, until .*; whoever may release/) as string,
    });
    expect(await touched(shop)).toEqual([]);
    const early = platform.rest('POST', `/v1/releases/${id}/commands`, { command: 'bake' });
    await expect(early).rejects.toThrow('COMMAND_ILLEGAL');
    // Commands that come late, or are meant for another operation, past the API.
    const sent = { command: 'smoke', actor: { name: 'somebody', channel: 'temporal-ui' } } as const;
    const group = (await temporalOf(platform)).workflow.getHandle(`group/${SHOP.env}/${shop.app}/${SHOP.group}`);
    const update = async (more: { operation: string; notAfter: string }): Promise<string> =>
      group.executeUpdate(commandUpdate, { args: [{ ...sent, ...more, id: JSON.stringify(more) }] });
    const [past, future] = [new Date(0).toISOString(), new Date(Date.now() + 60_000).toISOString()];
    const expired = update({ operation: `${id}.${SHOP.group}`, notAfter: past });
    await expect(expired).rejects.toMatchObject({ cause: { type: 'COMMAND_EXPIRED' } });
    const foreign = update({ operation: 'rel-another.web', notAfter: future });
    await expect(foreign).rejects.toMatchObject({ cause: { type: 'COMMAND_ILLEGAL' } });

    const smoked = await shop.commanded(id, 'smoke');
    expect(smoked).toMatchObject({
      state: 'SMOKE_SUCCESS',
      commands: ['bake', 'brake', 'configure', 'rollback', 'abort'],
    });
    expect(await touched(shop)).toEqual([bastion]);
    expect(await judge.serving()).toEqual(members.filter((member) => member !== bastion));

    expect((await shop.commanded(id, 'brake')).state).toBe('SMOKE_SUCCESS_BRAKED');
    const again = await shop.commanded(id, 'resume');
    expect(again).toMatchObject({ state: 'SMOKE_SUCCESS', waiting: expect.stringMatching(/^waits for/) as string });

    expect((await shop.commanded(id, 'bake')).state).toBe('BAKE_SUCCESS');
    expect(await judge.serving()).toEqual(members);
    const watched = await platform.cli('release', 'watch', id);
    expect(watched).toMatchObject({ code: 5, stderr: expect.stringContaining(`release rollout ${id}`) as string });

    const { seq = 0 } = (await events(platform, id, 0)).at(-1) ?? {};
    expect((await platform.cli('release', 'rollout', id)).code).toBe(0);
    expect((await settledAfter(platform, id, seq)).state).toBe('BATCH_SUCCESS');
    expect(await touched(shop)).toHaveLength(3);

    const changes = ['--batch-percent', '50', '--gate', 'batch=automatic', '--reason', 'looks good'];
    expect((await platform.cli('release', 'configure', id, ...changes)).code).toBe(0);
    const whole = await settledAfter(platform, id, (await events(platform, id, 0)).at(-1)?.seq ?? 0);
    expect(whole).toMatchObject({
      state: 'ROLLOUT_SUCCESS',
      commands: ['finish', 'brake', 'configure', 'rollback', 'abort'],
    });
    // 1 + 2 by the plan; the five that were left at 50 % of eight.
    expect(whole.groups[0]?.batches.map(({ instances }) => instances.length)).toEqual([1, 2, 4, 1]);
    expect((await steps(id, 'plan')).map(({ message }) => message)).toEqual([
      '25 % of 8 = 2',
      'planned again: 50 % of 8 = 4',
    ]);

    expect((await shop.commanded(id, 'finish')).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2');
    expectNoFailure(await traffic.stop());
    expect(await judge.identities()).toEqual(identities);
    expect(await judge.starts()).toEqual(Object.fromEntries(members.map((member) => [member, ['v2']])));
  });

  test('in waves goes through one IDC, and through the other at a word', async () => {
    const shop = await standingApp(platform, 'waves', everywhere(platform, 2));
    const inNorth = shop.members.filter((member) => member.includes('north'));
    const config = { waves: 'idc', gates: { wave: 'manual' } };
    const planned = await platform.cli(
      ...['release', 'plan', shop.app, 'v2', '--env', SHOP.env],
      ...['--waves', 'idc', '--gate', 'wave=manual'],
    );
    expect(planned.stdout).toMatch(/wave by wave: north, then south/);
    expect(planned.stdout).toMatch(/batch 3, south/);
    const waiting = await shop.released('v2', config);
    expect(waiting).toMatchObject({
      state: 'BATCH_SUCCESS',
      commands: expect.arrayContaining(['rollout']) as string[],
    });
    expect(waiting.waiting).toMatch(/^waits for "rollout": wave south, batch 3, is next/);
    expect(await touched(shop)).toEqual(inNorth);
    expect(await shop.judge.versions()).toEqual({ v1: 4, v2: 4 });
    expect((await shop.commanded(waiting.id, 'rollout')).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2');
  });

  test('does not begin a wave while an instance of the one before has failed, unless a person wants that', async () => {
    const shop = await standingApp(platform, 'waves-stop', everywhere(platform, 2));
    const { judge, memberOf } = shop;
    const image = await pushShop(registriesOf(platform), 'v2-waves', { igniteSeconds: 0.3 });
    // The last one of the first IDC.
    const last = memberOf['web-5'] ?? '';
    const hosts = new SimHostsClient(platform.fleet.idcs['north']?.hostsAdmin ?? '');
    const running = await judge.running();
    const node = running.find(({ instance }) => instance === last)?.node ?? '';
    const lacks = (on: boolean): Promise<void> => hosts.fault({ kind: 'pull', node, image, on, error: 'out of reach' });
    const inSouth = (pods: string[]): string[] => pods.filter((pod) => pod.includes('south'));

    await lacks(true);
    const stopped = await shop.released('v2-waves', { waves: 'idc', batchPercent: 12 });
    expect(stopped).toMatchObject({ state: 'ROLLOUT_FAILURE', groups: [{ trouble: { code: 'WAVE_FAILED' } }] });
    expect(stopped.waiting).toContain('wave south does not begin');
    expect(inSouth(await touched(shop))).toEqual([]);

    await shop.command(stopped.id, 'configure', { onWaveFailure: 'continue' });
    const rest = await shop.commanded(stopped.id, 'resume');
    expect(rest).toMatchObject({ state: 'ROLLOUT_FAILURE', groups: [{ trouble: { code: 'ROLLOUT_INCOMPLETE' } }] });
    expect(inSouth(await touched(shop))).toHaveLength(4);
    await lacks(false);
    // A kubelet that has failed to pull tries again after a while.
    await vi.waitUntil(async () => (await touched(shop)).length === 8, { ...PATIENCE, timeout: 180_000 });
    expect((await shop.commanded(stopped.id, 'resume')).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2-waves');
  }, 300_000);

  test('can be undone until the last one opens', async () => {
    const shop = await standingApp(platform, 'last-gate', everywhere(platform, 1));
    const identities = await shop.judge.identities();
    const traffic = await shop.traffic(50);
    const whole = await shop.released('v2', { gates: { finish: 'manual' } });
    expect(whole.state).toBe('ROLLOUT_SUCCESS');
    expect(await shop.judge.versions()).toEqual({ v2: 4 });

    expect((await shop.commanded(whole.id, 'abort')).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
    expectNoFailure(await traffic.stop());
    expect(await shop.judge.identities()).toEqual(identities);
    expect(Math.min(...(await shop.judge.routed()))).toBeGreaterThanOrEqual(floorOf(4));
  });

  test('past the point of no return an abort freezes, a rollback is refused, and a repair goes forward', async () => {
    const shop = await standingApp(platform, 'no-return', everywhere(platform, 1));
    const knobs = { pointOfNoReturn: 'bake', gates: { bake: 'manual', rollout: 'manual' } };
    const before = await shop.released('v2', knobs);
    expect(before).toMatchObject({
      state: 'SMOKE_SUCCESS',
      commands: expect.arrayContaining(['rollback']) as string[],
    });
    const past = await shop.commanded(before.id, 'bake');
    expect(past.state).toBe('BAKE_SUCCESS');
    expect((await steps(past.id, 'note')).map(({ step }) => step)).toContain('no-return');

    const refused = await platform.cli('release', 'rollback', past.id, '--json');
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain('past its point of no return');
    expect((await shop.view(past.id)).commands).not.toContain('rollback');
    expect(await shop.judge.versions()).toEqual({ v1: 3, v2: 1 });

    const frozen = await shop.commanded(past.id, 'abort');
    expect(frozen).toMatchObject({ state: 'FAILURE', trouble: { code: 'OPERATION_CUT_SHORT' } });
    expect(frozen.trouble?.message).toContain('past its point of no return');
    expect(await shop.judge.versions()).toEqual({ v1: 3, v2: 1 });
    expect(await shop.fence()).toMatchObject({ dirty: true });

    const { stdout } = await platform.cli('repair', shop.app, SHOP.group, '--env', SHOP.env, '--json');
    const { id } = JSON.parse(stdout) as { id: string };
    expect((await settledAfter(platform, id, 0)).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2');
    const late = await platform.cli('release', 'rollback', past.id, '--json');
    expect(late.stdout + late.stderr).toContain('went past its point of no return');
  });

  test('before its point of no return a release is undone like any other', async () => {
    const shop = await standingApp(platform, 'may-return', everywhere(platform, 1));
    const before = await shop.released('v2', { pointOfNoReturn: 'rollout', gates: { rollout: 'manual' } });
    expect(before.state).toBe('BAKE_SUCCESS');
    expect((await shop.commanded(before.id, 'abort')).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
  });

  test('undone while the bastion is out of traffic: nobody waits once more for connections that it has not', async () => {
    const shop = await standingApp(platform, 'drained', everywhere(platform, 1));
    const { id } = await shop.released('v2', { gates: BY_HAND });
    expect((await shop.commanded(id, 'smoke')).state).toBe('SMOKE_SUCCESS');
    // Longer than anybody here has patience.
    await shop.command(id, 'configure', { drainSeconds: 600 });
    await shop.command(id, 'abort');
    expect((await settledAfter(platform, id, 0, ({ state }) => state === 'REVOKED')).state).toBe('REVOKED');
    await expectAtRest(shop, 'v1');
  });

  test('that nobody opens is reminded of, and undone when its time is over', async () => {
    const shop = await standingApp(platform, 'nobody', everywhere(platform, 1));
    const knobs = { gates: { bake: 'manual' }, gateHours: 0.001, remindHours: 0.0003 };
    const id = await shop.release('v2', knobs);
    const ended = await settledAfter(platform, id, 0, ({ state }) => state === 'REVOKED' || state === 'FAILURE');
    expect(ended).toMatchObject({ state: 'REVOKED', trouble: { code: 'GATE_EXPIRED' } });
    await expectAtRest(shop, 'v1');
    const reminders = (await steps(id, 'note')).filter(({ step }) => step === 'reminder');
    expect(reminders.length).toBeGreaterThanOrEqual(2);
    expect(reminders[0]?.message).toContain('still waits');
  });

  test('soaks by the clock; a bastion that is lost meanwhile goes through it again', async () => {
    // Three in a set, so that the set still has an old version to be reborn on.
    const places = everywhere(platform, 3).filter(({ az }) => az === 'az-1');
    const shop = await standingApp(platform, 'soaks', places);
    const bastion = shop.memberOf['web-0'] ?? '';
    const id = await shop.release('v2', { gates: { rollout: '6s' } });
    await vi.waitUntil(async () => (await shop.view(id)).state === 'BAKE_SUCCESS', PATIENCE);
    expect((await shop.view(id)).waiting).toMatch(/^soaks before "rollout"/);
    await deleted(bastion);

    expect((await settledAfter(platform, id, 0, ({ state }) => state === 'SUCCESS')).state).toBe('SUCCESS');
    await expectAtRest(shop, 'v2');
    const states = (await steps(id, 'state')).map(({ step }) => step);
    const story = ['SMOKING', 'SMOKE_SUCCESS', 'BAKING', 'BAKE_SUCCESS'];
    expect(states.slice(states.indexOf('SMOKING'))).toEqual([
      ...story,
      ...story,
      'ROLLING_OUT',
      'ROLLOUT_SUCCESS',
      'SETTLING',
      'SUCCESS',
      'SUCCESS',
    ]);
    const soaked = (await steps(id, 'state')).filter(({ step }) => step === 'BAKE_SUCCESS' || step === 'ROLLING_OUT');
    const [from, to] = soaked.slice(-2).map(({ at }) => Date.parse(at));
    expect((to ?? 0) - (from ?? 0)).toBeGreaterThanOrEqual(5_900);
  });
});

/** As kubectl would. */
async function deleted(member: string): Promise<void> {
  for (const { adminKubeconfig } of Object.values(platform.fleet.idcs)) {
    const hands = new KubernetesHands(adminKubeconfig);
    const at = { set: { idc: '', az: '', cluster: '', namespace: SHOP.env, name: '' }, member };
    const uid = await hands.podUid({ ...at, uid: '' });
    if (uid !== null) return hands.deletePod({ ...at, uid });
  }
  throw new Error(`no pod ${member}`);
}

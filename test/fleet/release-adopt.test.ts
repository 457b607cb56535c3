// Sets that somebody else made are taken over, and left again.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP, shopApp } from '../../devfleet/shop.ts';
import type { AppView } from '../../src/http/schemas/app.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import type { ReleasePlan } from '../../src/temporal/messages.ts';
import { endOf, everywhere, expectNoFailure, PATIENCE, temporalOf } from '../support/shop-apps.ts';
import { handsIn, legacy, type Legacy } from '../support/strangers.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await twice(() => startPlatform({ headless: true }));
  await platform.push('v1', { igniteSeconds: 0.3 });
  await platform.push('v2', { igniteSeconds: 0.3 });
});

afterAll(() => platform.stop());

const ended = (id: string): Promise<Release> => endOf(platform, id);
const post = async (path: string, body: object): Promise<string> =>
  (await platform.rest<{ id: string }>('POST', path, body)).id;

const stranger = (app: string, instances: number): Promise<Legacy> =>
  legacy(platform, app, everywhere(platform, instances));

async function expectOurs({ app, judge, before }: Legacy, version = 'v1'): Promise<void> {
  await vi.waitFor(async () => expect(await judge.unrest()).toEqual([]), PATIENCE);
  await vi.waitFor(async () => expect(await judge.serving()).toHaveLength(before.length), PATIENCE);
  expect(await judge.identities()).toEqual(before);
  expect(await judge.versions()).toEqual({ [version]: before.length });
  const { groups } = await platform.rest<AppView>('GET', `/v1/apps/${app}`);
  expect(groups[0]?.released?.version).toBe(version);
  expect(groups[0]?.instances).toHaveLength(before.length);
}

/** Nothing on its sets is of us, and their own controller moves them. */
async function expectLeft({ places, judge, before }: Legacy): Promise<void> {
  expect(await judge.identities()).toEqual(before);
  for (const { cluster, set } of places) {
    const { spec, metadata } = (await handsIn(platform, cluster).readSet({ ...at(cluster), name: set })).set;
    expect(spec?.updateStrategy?.rollingUpdate?.partition ?? 0).toBe(0);
    const ours = Object.keys({ ...metadata?.labels, ...metadata?.annotations }).filter((key) =>
      key.includes('transship'),
    );
    expect(ours).toEqual([]);
  }
}

const at = (cluster: string) => ({ idc: '', az: '', cluster, namespace: SHOP.env });

const viewOf = (id: string): Promise<Release> => platform.rest<Release>('GET', `/v1/releases/${id}`);

/**
 * Asks for it, and stops it when the sets of one IDC are done and those of the other cannot be: an adoption waits for a
 * controller that stands still, a detachment for a cluster that is out of reach (it asks no controller for anything).
 */
async function halfWay(path: string, body: object, stop: (id: string) => Promise<void>): Promise<Release> {
  const controllers = platform.fleet.idcs['south']?.process('kube-controller-manager');
  const link = platform.fleet.link('south/kubernetes');
  const adopts = path === '/v1/adoptions';
  const mend = async (): Promise<void> => (adopts ? controllers?.resume() : link.restore());
  await (adopts ? controllers?.pause() : link.cut());
  try {
    const id = await post(path, body);
    const isHalf = async (): Promise<boolean> => {
      const page = `/v1/releases/${id}/events?limit=1000`;
      const { events } = await platform.rest<{ events: { step: string; outcome: string }[] }>('GET', page);
      return events.filter(({ step, outcome }) => /^(adopt|detach)Set$/.test(step) && outcome === 'done').length === 2;
    };
    await vi.waitUntil(isHalf, PATIENCE);
    await stop(id);
    await mend();
    return await ended(id);
  } finally {
    await mend();
  }
}

test('a shop of 8 is taken over, released, rolled back and left under 100 requests a second: none fails', async () => {
  const shop = await stranger('legacy', 2);
  const { app, judge } = shop;
  const traffic = await shop.traffic(100);
  const adopt = ['adopt', app, '--env', SHOP.env, '--version', 'v1'];

  // Without that the names of its sets are taken.
  const first = await platform.cli('release', 'start', app, 'v2', '--env', SHOP.env);
  expect(first.stderr).toMatch(/FOREIGN_TEMPLATE.*is somebody else's: transship adopt legacy web --env pro/s);
  await expectLeft(shop);
  const planned = await platform.cli(...adopt, '--dry-run', '--json');
  const [group] = (JSON.parse(planned.stdout) as ReleasePlan).groups;
  expect(group).toMatchObject({ mode: 'adopt', plan: { batches: [{ index: 0 }] } });
  expect(group?.plan.batches[0]?.members).toHaveLength(8);
  expect(group?.warnings.join()).toContain('by digest: the next release restarts its containers');
  expect(await platform.cli(...adopt, '--watch')).toMatchObject({ code: 0 });
  await expectOurs(shop);
  expect(await judge.starts()).toEqual({});

  const next = await platform.rest<{ id: string }>('POST', '/v1/releases', { app, env: SHOP.env, version: 'v2' });
  expect((await ended(next.id)).state).toBe('SUCCESS');
  await expectOurs(shop, 'v2');
  expect((await ended(await post(`/v1/releases/${next.id}/rollback`, {}))).state).toBe('SUCCESS');
  await expectOurs(shop);
  await judge.mark();

  expect(await platform.cli('detach', app, '--env', SHOP.env, '--watch')).toMatchObject({ code: 0 });
  await expectLeft(shop);
  expectNoFailure(await traffic.stop());
  expect(await judge.starts()).toEqual({});
  const again = await platform.cli('detach', app, '--env', SHOP.env);
  expect(again.stderr).toContain('NOTHING_TO_DO');
  // Whoever comes back may.
  expect(await platform.cli(...adopt, '--watch')).toMatchObject({ code: 0 });
  await expectOurs(shop);
  expect((await platform.cli(...adopt)).stderr).toContain('NOTHING_TO_DO');
});

describe('a takeover that does not go through', () => {
  test('more instances than the app file says are all taken over, and a difference that needs new pods is told', async () => {
    const shop = await stranger('legacy-more', 1);
    const changed = shop.places.map((place) => ({ ...place, instances: 2 }));
    await platform.rest(
      'PUT',
      `/v1/apps/${shop.app}`,
      shopApp(changed, { app: shop.app, environment: { NEW: 'yes' } }),
    );
    const body = { app: shop.app, env: SHOP.env, version: 'v1' };
    const plan = await platform.rest<ReleasePlan>('POST', '/v1/adoptions?dryRun=true', body);
    expect(plan.groups[0]?.warnings.join()).toMatch(
      /has 1 instances, not 2: all are taken over.*makes its instances anew/,
    );
    expect((await ended(await post('/v1/adoptions', body))).state).toBe('SUCCESS');
    await expectOurs(shop);
  });

  test('aborted half way: it is left again; the same of a detachment: it is ours', async () => {
    const shop = await stranger('legacy-abort', 1);
    const body = { app: shop.app, env: SHOP.env };
    const abort = async (id: string): Promise<void> => {
      await platform.rest('POST', `/v1/releases/${id}/commands`, { command: 'abort' });
      const isUndone = async (): Promise<boolean> => (await viewOf(id)).state === 'REVOKING';
      await vi.waitUntil(isUndone, PATIENCE);
    };
    expect((await halfWay('/v1/adoptions', { ...body, version: 'v1' }, abort)).state).toBe('REVOKED');
    await expectLeft(shop);
    expect((await ended(await post('/v1/adoptions', { ...body, version: 'v1' }))).state).toBe('SUCCESS');
    await expectOurs(shop);
    expect((await halfWay('/v1/detachments', body, abort)).state).toBe('REVOKED');
    await expectOurs(shop);
    expect(await shop.judge.starts()).toEqual({});
  });

  test.each(['back', 'forward'])('terminated half way, and repaired: %s', async (way) => {
    const shop = await stranger(`legacy-${way}`, 1);
    const { app } = shop;
    const client = await temporalOf(platform);
    const terminate = async (): Promise<void> => {
      await client.workflow.getHandle(`group/${SHOP.env}/${app}/${SHOP.group}`).terminate('test');
    };
    const cut = await halfWay('/v1/adoptions', { app, env: SHOP.env, version: 'v1' }, terminate);
    expect(cut.state).toBe('FAILURE');
    const repair = await platform.cli('repair', app, SHOP.group, '--env', SHOP.env, `--${way}`, '--json');
    expect((await ended((JSON.parse(repair.stdout) as { id: string }).id)).state).toBe('SUCCESS');
    await (way === 'back' ? expectLeft(shop) : expectOurs(shop));
    expect(await shop.judge.starts()).toEqual({});
  });

  test('what cannot be taken over is refused, and nothing changes', async () => {
    const refusal = (path: string, body: object): Promise<string> =>
      platform.rest('POST', path, body).then(
        () => 'accepted',
        (error: unknown) => String(error),
      );
    const shop = await stranger('legacy-bad', 1);
    const { app, places } = shop;
    const { env } = SHOP;
    expect(await refusal('/v1/adoptions', { app: 'nobody', env, version: 'v1' })).toContain('APP_UNKNOWN');
    expect(await refusal('/v1/adoptions', { app, env, version: 'v9' })).toContain('IMAGE_UNKNOWN');
    expect(await refusal('/v1/adoptions', { app, env, version: 'v1', groups: ['api'] })).toContain('GROUP_UNKNOWN');
    expect(await refusal('/v1/detachments', { app, env })).toContain('NOTHING_TO_DO');
    const [first] = places;
    const hands = handsIn(platform, first?.cluster ?? '');
    await hands.createService(env, `headless-${app}`, { legacy: app }, { clusterIP: 'None' });
    expect(await refusal('/v1/adoptions', { app, env, version: 'v1' })).toContain('SERVICE_UNFIT');
    await hands.deleteService(env, `headless-${app}`);
    const elsewhere = places.map((place) => ({ ...place, set: `${place.set}-no` }));
    await platform.rest('PUT', `/v1/apps/${app}`, shopApp(elsewhere, { app }));
    expect(await refusal('/v1/adoptions', { app, env, version: 'v1' })).toContain('NOT_FOUND');
    await expectLeft(shop);
  });
});

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { AppView, ApplyAnswer } from '../../../src/http/schemas/app.ts';
import { spec } from '../../support/catalogue.ts';
import { shopFile, startTestApi, type TestApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

test('an app is planned, applied, listed and shown', async () => {
  const before = await api.counts();
  const planned = await api.put(shopFile(), '?dryRun=true');
  expect(planned.headers['etag']).toBe('"0"');
  expect(planned.json<ApplyAnswer>()).toMatchObject({
    app: 'shop',
    revision: 0,
    applied: false,
    changes: [{ path: '' }],
  });
  expect(await api.counts()).toEqual(before);
  expect((await api.app.inject('/v1/apps')).json()).toEqual({ apps: [] });

  const applied = (await api.put(shopFile())).json<ApplyAnswer>();
  expect(applied).toMatchObject({ revision: 1, applied: true });
  expect(applied.groups.map(({ env, group, state, instances }) => [env, group, state, instances.length])).toEqual([
    ['fat', 'web', 'new', 2],
    ['pro', 'web', 'new', 2],
  ]);
  expect(applied.groups[1]?.azSets[0]).toMatchObject({ namespace: 'production', name: 'shop-web-az-1', count: 2 });

  expect((await api.app.inject('/v1/apps')).json()).toMatchObject({ apps: [{ name: 'shop', revision: 1 }] });
  const view = (await api.app.inject('/v1/apps/shop')).json<AppView>();
  expect(view).toMatchObject({ revision: 1, appliedBy: 'li' });
  expect(view.definition.groups[0]?.traffic).toEqual(['service']);
  expect(view.groups[0]).toMatchObject({ released: null, dirty: false, instances: [{ name: 'web-0', uid: null }, {}] });
});

test('the same file again changes nothing, as JSON too; a change is told by its path', async () => {
  await api.put(shopFile());
  expect((await api.put(shopFile())).json<ApplyAnswer>()).toMatchObject({ applied: false, changes: [] });

  const { definition, revision } = (await api.app.inject('/v1/apps/shop')).json<AppView>();
  const asJson = await api.app.inject({ method: 'PUT', url: '/v1/apps/shop', payload: definition });
  expect(asJson.json<ApplyAnswer>()).toMatchObject({ revision, applied: false, changes: [] });

  const changed = (await api.put(shopFile({ timeoutSeconds: 90 }))).json<ApplyAnswer>();
  expect(changed.applied).toBe(true);
  expect(changed.changes).toEqual([
    { path: 'groups["fat/web"].health.timeoutSeconds', before: 60, after: 90 },
    { path: 'groups["pro/web"].health.timeoutSeconds', before: 60, after: 90 },
  ]);
});

test('a group that has instances keeps its place and size', async () => {
  await api.put(shopFile());
  const [fat] = (await api.put(shopFile(), '?dryRun=true')).json<ApplyAnswer>().groups;
  const ref = { env: 'fat', app: 'shop', group: 'web' };
  await api.catalogue.groups.ensure(ref, fat?.azSets ?? [], fat?.instances ?? []);
  const { number } = await api.catalogue.groups.addSpec(ref, spec('v1'));
  await api.catalogue.groups.setReleased(ref, number);

  const before = await api.counts();
  const refused = await api.put(shopFile({ instances: 3 }));
  expect(refused.json()).toMatchObject({
    status: 409,
    code: 'SIZE_CHANGE_UNSUPPORTED',
    errors: [{ path: 'groups[0].placement' }],
  });
  expect(await api.counts()).toEqual(before);

  const view = (await api.app.inject('/v1/apps/shop')).json<AppView>();
  expect(view.groups[0]?.released).toMatchObject({ number, version: 'v1' });
});

test('what Marathon cannot run is refused where the app is placed on one, and so are ordered sets there', async () => {
  const place = 'cluster: north-m, az: az-2';
  const pod = ', affinity: {}';
  expect((await api.put(shopFile({ app: 'till', pod }), '', 'till')).statusCode).toBe(200);
  const before = await api.counts();
  const refused = await api.put(shopFile({ app: 'till', place, pod }), '', 'till');
  expect(refused.json()).toMatchObject({
    status: 400,
    code: 'APP_INVALID',
    errors: [0, 1].map((at) => ({ path: `groups[${at}].template.spec.affinity` })),
  });
  expect(await api.counts()).toEqual(before);

  const [fat] = (await api.put(shopFile({ app: 'till', place }), '', 'till')).json<ApplyAnswer>().groups;
  const ref = { env: 'fat', app: 'till', group: 'web' };
  await api.catalogue.groups.ensure(ref, fat?.azSets ?? [], fat?.instances ?? []);
  await api.catalogue.groups.setReleased(ref, (await api.catalogue.groups.addSpec(ref, spec('v1'))).number);
  const payload = { app: 'till', env: 'fat', to: 'ordered' };
  const ordered = await api.app.inject({ method: 'POST', url: '/v1/conversions', payload });
  expect(ordered.json()).toMatchObject({
    status: 409,
    code: 'CLUSTER_UNABLE',
    detail: 'till-web-az-2 in north-m: Marathon has no ordered sets',
  });
});

test('the fleet is shown without addresses and secrets', async () => {
  const answer = await api.app.inject('/v1/fleet');
  expect(answer.json()).toMatchObject({
    environments: [{ name: 'fat', namespace: 'fat' }, { namespace: 'production' }],
    idcs: [
      {
        name: 'north',
        registries: [
          { name: 'north', kind: 'harbor' },
          { name: 'edge', kind: 'distribution' },
          { name: 'far', kind: 'distribution' },
        ],
      },
    ],
  });
  expect(answer.json()).toMatchObject({
    idcs: [{ name: 'north', clusters: [{ name: 'north-1', azs: ['az-1', 'az-2'] }, { name: 'north-m' }] }],
    trafficDrivers: [
      { name: 'service', kind: 'kubernetes-service' },
      { name: 'slb', kind: 'http' },
    ],
  });
  expect(answer.body).not.toMatch(/secret|127\.0\.0\.1/);
});

test('alive without Temporal, not ready, and it says why', async () => {
  expect((await api.app.inject('/healthz')).statusCode).toBe(200);
  const ready = await api.app.inject('/readyz');
  expect(ready.statusCode).toBe(503);
  expect(ready.json()).toMatchObject({
    ok: false,
    checks: [
      { name: 'catalogue', ok: true },
      { name: 'temporal', ok: false },
    ],
  });
});

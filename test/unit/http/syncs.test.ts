import type { LightMyRequestResponse } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Problem } from '../../../src/domain/problem.ts';
import type { Sync } from '../../../src/domain/sync/progress.ts';
import { parseRule } from '../../../src/domain/sync/rule.ts';
import type { Comparison } from '../../../src/http/schemas/image-diff.ts';
import type { AcceptedSync, SyncPlan } from '../../../src/http/schemas/sync.ts';
import type { SyncList, SyncStatsList } from '../../../src/http/schemas/sync-list.ts';
import { BY_ALICE } from '../../support/catalogue.ts';
import { pendingActivity, TemporalDouble } from '../../support/sync/temporal-double.ts';
import { FLEET, startTestApi, type TestApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const [ONE, TWO] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];

const temporal = new TemporalDouble();
let api: TestApi;
let lost = 0;

beforeAll(async () => {
  api = await startTestApi(temporal.link);
  const rule = 'name: shop\nfrom: north\nto: [edge]\nimages: [{ repository: shop/** }]\nreferrers: false';
  await api.catalogue.syncRules.put(parseRule(rule, FLEET, 'rule'), BY_ALICE, { check: () => undefined });
});
afterAll(async () => api.close());
beforeEach(() => {
  temporal.registries.clear();
  temporal.registries.set('north', { 'shop/web:v1': ONE });
  temporal.registries.set('edge', { 'shop/web:v1': TWO });
  temporal.asked.length = 0;
});
afterEach(() => temporal.running.clear());

const post = async (body: object, query = '', headers: Record<string, string> = {}): Promise<LightMyRequestResponse> =>
  api.app.inject({
    method: 'POST',
    url: `/v1/syncs${query}`,
    headers: { 'x-transship-actor': 'li', ...headers },
    payload: body,
  });

/** Writes a sync; each has an image of its own. */
async function written(change: Partial<Sync> = {}): Promise<Sync> {
  const digest = `sha256:${String(++lost).padStart(64, '0')}`;
  const sync: Sync = {
    ...{ repository: 'shop/web', digest, registry: 'edge', from: 'north', state: 'queued', tags: { v1: null } },
    ...{ priority: 'normal', wantedBy: ['li by hand'], askedAt: new Date().toISOString(), endedAt: null },
    ...{ report: null, trouble: null, notBefore: null },
    ...change,
  };
  await api.catalogue.syncs.put(sync);
  return sync;
}

test('an image is planned, and nothing is asked for', async () => {
  const before = await api.counts();
  const planned = await post({ image: 'shop/web:v1' }, '?dryRun=true');
  expect(planned.statusCode).toBe(200);
  expect(planned.json<SyncPlan>()).toEqual({
    ...{ repository: 'shop/web', digest: ONE, tag: 'v1', from: 'north', missing: [] },
    to: [
      {
        ...{ registry: 'edge', idc: 'north', now: 'other', digest: TWO, trouble: null },
        ...{ rules: ['shop'], referrers: false, createProject: false },
      },
    ],
  });
  expect(temporal.asked).toEqual([]);
  expect(await api.counts()).toEqual(before);
});

test('it is asked for as planned, by whoever asked, and shown where the answer says', async () => {
  const accepted = await post({ image: 'shop/web:v1', priority: 'high' });
  expect(accepted.statusCode).toBe(202);
  const { id, digest, links } = accepted.json<AcceptedSync>();
  expect(accepted.headers['location']).toBe(links.status);
  expect(links).toEqual({
    status: `/v1/syncs?repository=shop%2Fweb&digest=${encodeURIComponent(digest)}`,
    temporalUi: `http://127.0.0.1:8233/namespaces/transship/workflows/${encodeURIComponent(`sync/shop/web@${ONE}`)}`,
  });
  expect((await api.app.inject(links.status)).statusCode).toBe(200);
  const [input] = temporal.asked;
  expect(input).toMatchObject({ repository: 'shop/web', digest: ONE, from: { name: 'north', idc: 'north' } });
  expect(input?.requests).toMatchObject([
    { id, tag: 'v1', priority: 'high', wantedBy: 'li by hand', to: [{ name: 'edge', idc: 'north', referrers: false }] },
  ]);
  expect(Math.abs(Date.now() - Date.parse(input?.requests[0]?.askedAt ?? ''))).toBeLessThan(60_000);
});

test('what the request says counts before the rules', async () => {
  const body = {
    image: 'shop/web:v1',
    from: 'edge',
    to: ['far', 'north'],
    platforms: ['linux/amd64'],
    referrers: true,
  };
  expect((await post(body)).statusCode).toBe(202);
  expect(temporal.asked[0]).toMatchObject({ digest: TWO, from: { name: 'edge' } });
  expect(temporal.asked[0]?.requests[0]).toMatchObject({
    priority: 'normal',
    to: [
      // Far does not answer: it gets the image when it does.
      { name: 'far', idc: 'north', platforms: ['linux/amd64'], referrers: true },
      { name: 'north', idc: 'north', platforms: ['linux/amd64'], referrers: true },
    ],
  });
});

test('under one key it is one request, with one id and one answer', async () => {
  const headers = { 'idempotency-key': 'once' };
  const first = await post({ image: 'shop/web:v1' }, '', headers);
  const again = await post({ image: 'shop/web:v1' }, '', headers);
  expect(again.json()).toEqual(first.json());
  expect(temporal.asked).toHaveLength(1);
  const other = await post({ image: 'shop/web:v2' }, '', headers);
  expect([other.statusCode, other.json<Problem>().code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  // A refusal gives the key back.
  const refused = await post({ image: 'shop/web:v9' }, '', { 'idempotency-key': 'refused' });
  expect([refused.statusCode, refused.json<Problem>().code]).toEqual([422, 'IMAGE_UNKNOWN']);
  expect((await post({ image: 'shop/web:v1' }, '', { 'idempotency-key': 'refused' })).statusCode).toBe(202);
});

test.each<[string, object, string, string]>([
  ['no tag and no digest', { image: 'shop/web' }, 'image', 'must be REPOSITORY:TAG or REPOSITORY@DIGEST'],
  ['the host of a registry', { image: 'north:5000/shop/web:v1' }, 'image', 'without the host of a registry'],
  ['a registry that is not there', { image: 'shop/web:v1', from: 'nroth' }, 'from', 'no registry "nroth"'],
  ['several of them', { image: 'shop/web:v1', from: 'north', to: ['edge', 'fra'] }, 'to[1]', 'no registry "fra"'],
  ['itself', { image: 'shop/web:v1', from: 'north', to: ['edge', 'north'] }, 'to[1]', 'where the image comes from'],
  ['one twice', { image: 'shop/web:v1', to: ['edge', 'edge'] }, 'to', 'each registry once'],
  ['an image of no rule', { image: 'pay/web:v1' }, 'from', 'no sync rule brings pay/web:v1'],
  ['a platform that is none', { image: 'shop/web:v1', platforms: ['linux'] }, 'platforms[0]', 'os/architecture'],
  ['a field that is none', { image: 'shop/web:v1', into: ['edge'] }, 'into', ''],
])('refused, with its place: %s', async (_what, body, path, words) => {
  const before = await api.counts();
  const refused = await post(body);
  const { code, errors } = refused.json<Problem>();
  expect([refused.statusCode, code]).toEqual([400, 'REQUEST_INVALID']);
  expect(errors).toContainEqual(expect.objectContaining({ path, message: expect.stringContaining(words) as string }));
  expect(temporal.asked).toEqual([]);
  expect(await api.counts()).toEqual(before);
});

test('a registry is told by its near name', async () => {
  const { detail } = (await post({ image: 'shop/web:v1', to: ['edeg'] })).json<Problem>();
  expect(detail).toContain('did you mean "edge"?');
});

test('where Temporal is away nothing is asked for; a request that may have arrived all the same keeps its key', async () => {
  const headers = { 'idempotency-key': 'away' };
  temporal.outages.push('start', 'signalWithStart');
  const away = await post({ image: 'shop/web:v9' }, '', headers);
  expect([away.statusCode, away.json<Problem>().code]).toEqual([503, 'TEMPORAL_UNREACHABLE']);
  // It was looked at only: another one may have the key, whose answer is lost in its turn.
  expect((await post({ image: 'shop/web:v1' }, '', headers)).json<Problem>().code).toBe('TEMPORAL_UNREACHABLE');
  expect((await post({ image: 'shop/web:v9' }, '', headers)).json<Problem>().code).toBe('IDEMPOTENCY_KEY_REUSED');
  expect(temporal.asked).toEqual([]);
  expect((await post({ image: 'shop/web:v1' }, '', headers)).statusCode).toBe(202);
  expect(temporal.asked).toHaveLength(1);
});

test('lists are of what is asked for, and say what goes on', async () => {
  const moved = await written({ digest: ONE, state: 'arrived' });
  const sync = await written();
  const copied = { blobs: 4, here: 1, bytes: 4_000, hereBytes: 1_500, sentBytes: 1_700 };
  temporal.running.set(`sync/shop/web@${sync.digest}`, [
    pendingActivity('images-north', { startedAt: 'now', registries: { edge: { ...copied, tally: {} } } }),
  ]);
  const list = (await api.app.inject(`/v1/syncs?digest=${sync.digest}`)).json<SyncList>();
  expect(list).toMatchObject({ unseen: null, syncs: [{ ...sync, activity: { step: 'copy', attempt: 1, copied } }] });
  const open = (await api.app.inject('/v1/syncs?state=open&repository=shop/web&tag=v1&registry=edge')).json<SyncList>();
  expect(open.syncs.map(({ digest, activity }) => [digest, activity === null])).toEqual(
    expect.arrayContaining([
      [moved.digest, true],
      [sync.digest, false],
    ]),
  );
  expect((await api.app.inject('/v1/syncs?registry=far')).json<SyncList>()).toEqual({
    syncs: [],
    unseen: null,
    deleted: [],
  });
  for (const query of ['digest=sha256:1', 'state=lost', 'limit=0', 'repository=Shop', 'tag=a/b', 'who=li'])
    expect((await api.app.inject(`/v1/syncs?${query}`)).statusCode).toBe(400);
});

test('a list comes without what goes on where Temporal is away, and where there is too much, and says so', async () => {
  const sync = await written();
  temporal.outages.push('describe');
  const list = (await api.app.inject(`/v1/syncs?digest=${sync.digest}`)).json<SyncList>();
  expect(list.syncs).toMatchObject([{ digest: sync.digest, activity: null }]);
  expect(list.unseen).toContain('Temporal does not answer: nowhere:7233');
  for (let n = 0; n < 25; n++) await written({ repository: 'mirror/many' });
  const many = (await api.app.inject('/v1/syncs?repository=mirror/many')).json<SyncList>();
  expect(many.syncs).toHaveLength(25);
  expect(many.unseen).toContain('25 images are under way, and only of 20 was it asked');
});

test('how long they take is told by registry', async () => {
  const askedAt = new Date(Date.now() - 5_000).toISOString();
  await written({ registry: 'far', state: 'done', askedAt, endedAt: new Date().toISOString() });
  const stats = (await api.app.inject('/v1/syncs/stats?hours=1')).json<SyncStatsList>();
  expect(stats.registries.map(({ registry }) => registry)).toEqual(['north', 'edge', 'far']);
  expect(stats.registries[2]).toMatchObject({ done: 1, failed: 0, withinGoal: 1, open: 0, oldestSeconds: null });
  expect(stats.registries[2]?.seconds?.p50).toBeCloseTo(5, 0);
  for (const hours of ['0', 'all', '800'])
    expect((await api.app.inject(`/v1/syncs/stats?hours=${hours}`)).statusCode).toBe(400);
});

test('a sync that runs is cancelled by its digest; one that does not is not known', async () => {
  const cancel = async (image: string): Promise<LightMyRequestResponse> =>
    api.app.inject({ method: 'POST', url: '/v1/syncs/cancel', payload: { image } });
  temporal.running.set(`sync/shop/web@${ONE}`, []);
  const cancelled = await cancel(`shop/web@${ONE}`);
  expect([cancelled.statusCode, temporal.cancelled]).toEqual([202, [`sync/shop/web@${ONE}`]]);
  const unknown = await cancel(`shop/web@${TWO}`);
  expect([unknown.statusCode, unknown.json<Problem>().code]).toEqual([404, 'SYNC_UNKNOWN']);
  expect((await cancel('shop/web:v1')).json<Problem>().errors[0]?.message).toContain('by its digest');
});

test('tags are compared; a registry that does not answer is told, and differs from none', async () => {
  temporal.registries.set('north', { 'shop/web:v1': ONE, 'shop/web:v2': ONE, 'pay/web:v3': ONE });
  temporal.registries.set('edge', { 'shop/web:v1': TWO, 'shop/web:v2': ONE, 'shop/web:v4': TWO });
  const { registries, tags } = (await api.app.inject('/v1/images/diff?repository=shop/web')).json<Comparison>();
  expect(registries).toEqual([
    { registry: 'north', trouble: null, isCut: false },
    { registry: 'edge', trouble: null, isCut: false },
    {
      registry: 'far',
      trouble: { verdict: 'errored', code: 'REGISTRY_UNREACHABLE', message: 'far does not answer' },
      isCut: false,
    },
  ]);
  expect(tags).toEqual([
    { tag: 'v1', agrees: false, digests: { north: ONE, edge: TWO } },
    { tag: 'v2', agrees: true, digests: { north: ONE, edge: ONE } },
    { tag: 'v4', agrees: false, digests: { north: null, edge: TWO } },
  ]);
  const one = await api.app.inject('/v1/images/diff?repository=shop/web&tag=v2&registries=edge,north');
  expect(one.json<Comparison>().tags).toEqual([{ tag: 'v2', agrees: true, digests: { edge: ONE, north: ONE } }]);
  // Of what was not looked at it is not said that it is missing.
  temporal.cut.add('edge');
  const cut = (await api.app.inject('/v1/images/diff?repository=shop/web&registries=edge,north')).json<Comparison>();
  temporal.cut.clear();
  expect(cut.registries[0]).toMatchObject({ registry: 'edge', isCut: true });
  expect(cut.tags[1]).toEqual({ tag: 'v2', agrees: true, digests: { north: ONE } });
  const unknown = await api.app.inject('/v1/images/diff?repository=shop/web&registries=edge,nroth');
  expect(unknown.json<Problem>().errors[0]?.path).toBe('query.registries[1]');
});

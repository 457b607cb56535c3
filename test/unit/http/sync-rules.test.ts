import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import type { Problem } from '../../../src/domain/problem.ts';
import type { SyncRuleAnswer, SyncRuleView } from '../../../src/http/schemas/sync-rule.ts';
import { BY_ALICE } from '../../support/catalogue.ts';
import { startTestApi, type TestApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());
beforeEach(async () => {
  for (const { rule } of await api.catalogue.syncRules.list())
    await api.catalogue.syncRules.delete(rule.name, BY_ALICE, {});
});

const SHOP = { name: 'shop', from: 'north', to: ['edge'], images: [{ repository: 'shop/**', tags: ['v*'] }] };

interface Options {
  query?: string;
  headers?: Record<string, string>;
  /** In the path; else that of the rule. */
  name?: string;
}
const put = async (
  rule: { name: string; [field: string]: unknown },
  { query = '', headers = {}, name = rule.name }: Options = {},
) =>
  api.app.inject({
    method: 'PUT',
    url: `/v1/sync-rules/${name}${query}`,
    headers: { 'content-type': 'application/yaml', 'x-transship-actor': 'li', ...headers },
    payload: stringify(rule),
  });
const get = async (path: string): Promise<LightMyRequestResponse> => api.app.inject(`/v1/sync-rules${path}`);
const remove = async (name: string, headers: Record<string, string> = {}): Promise<LightMyRequestResponse> =>
  api.app.inject({
    method: 'DELETE',
    url: `/v1/sync-rules/${name}`,
    headers: { 'x-transship-actor': 'bo', ...headers },
  });

test('a rule is planned, applied, shown, changed and deleted, and its history stays', async () => {
  const before = await api.counts();
  const planned = await put(SHOP, { query: '?dryRun=true' });
  expect(planned.headers['etag']).toBe('"0"');
  expect(planned.json<SyncRuleAnswer>()).toMatchObject({
    name: 'shop',
    revision: 0,
    applied: false,
    rule: { ...SHOP, every: '10m', deletions: { tags: false, keep: [], most: 20, repositories: false } },
    changes: [{ path: '', before: null }],
    overlaps: [],
  });
  expect(await api.counts()).toEqual(before);

  const applied = await put(SHOP);
  const { revision, applied: isNew } = applied.json<SyncRuleAnswer>();
  expect(isNew).toBe(true);
  expect(applied.headers['etag']).toBe(`"${revision}"`);
  const shown = await get('/shop');
  expect(shown.headers['etag']).toBe(`"${revision}"`);
  const view = shown.json<SyncRuleView>();
  expect(view).toMatchObject({ revision, changedBy: 'li', rule: SHOP, missing: [] });
  expect((await get('')).json()).toEqual({ rules: [view] });

  // What is shown can be sent again, as JSON.
  const again = await api.app.inject({ method: 'PUT', url: '/v1/sync-rules/shop', payload: view.rule });
  expect(again.json<SyncRuleAnswer>()).toMatchObject({ applied: false, revision, changes: [] });
  const changed = await put({ ...SHOP, images: [{ repository: 'shop/**' }] });
  expect(changed.json<SyncRuleAnswer>()).toMatchObject({
    applied: true,
    revision: revision + 1,
    changes: [{ path: 'images["shop/**"].tags', before: ['v*'], after: null }],
  });

  expect((await remove('shop')).statusCode).toBe(204);
  expect((await get('/shop')).json<Problem>().code).toBe('SYNC_RULE_UNKNOWN');
  const { changes } = (await get('/shop/history')).json<{ changes: Record<string, unknown>[] }>();
  expect(changes.slice(0, 3)).toMatchObject([
    { revision: revision + 2, changedBy: 'bo', after: null },
    { revision: revision + 1, changedBy: 'li', before: SHOP },
    { revision, changedBy: 'li', before: null, after: SHOP },
  ]);
});

test('a plan tells what other rules do with the same images', async () => {
  await put({ ...SHOP, name: 'all' });
  await put({ ...SHOP, name: 'on', from: 'edge', to: ['far'] });
  const { overlaps } = (await put(SHOP, { query: '?dryRun=true' })).json<SyncRuleAnswer>();
  expect(overlaps).toEqual([
    { rule: 'all', how: 'same', registries: ['edge'], example: 'shop/a:v' },
    { rule: 'on', how: 'after', registries: ['edge'], example: 'shop/a:v' },
  ]);
  expect((await put(SHOP)).json<SyncRuleAnswer>().overlaps).toEqual(overlaps);
});

test('registries that the fleet has no more are told', async () => {
  const rule = (await put(SHOP, { query: '?dryRun=true' })).json<SyncRuleAnswer>().rule;
  await api.catalogue.syncRules.put({ ...rule, to: ['edge', 'gone'] }, BY_ALICE, { check: () => undefined });
  expect((await get('/shop')).json<SyncRuleView>().missing).toEqual(['gone']);
});

test.each([
  ['bad fields', { ...SHOP, form: 'north' }, {}, 400, 'SYNC_RULE_INVALID', ['form']],
  ['an unknown registry', { ...SHOP, to: ['egde'] }, {}, 400, 'SYNC_RULE_INVALID', ['to[0]']],
  ['another name', SHOP, { name: 'other' }, 400, 'SYNC_RULE_INVALID', ['name']],
  [
    'nothing brought',
    { ...SHOP, images: [{ repository: 'a', tags: ['v1', '!v*'] }] },
    {},
    400,
    'SYNC_RULE_INVALID',
    ['images[0]'],
  ],
  ['a conflict', { ...SHOP, name: 'two', from: 'far' }, {}, 409, 'SYNC_RULE_CONFLICT', ['images[0]']],
  ['a loop', { ...SHOP, name: 'two', from: 'edge', to: ['north'] }, {}, 409, 'SYNC_RULE_LOOP', ['images[0]']],
  ['another revision', { ...SHOP, parallel: 2 }, { headers: { 'if-match': '"99"' } }, 409, 'SYNC_RULE_CHANGED', []],
  ['no revision', SHOP, { headers: { 'if-match': 'W/x' } }, 400, 'REQUEST_INVALID', ['headers["if-match"]']],
  ['a name that is none', SHOP, { name: 'Shop' }, 400, 'REQUEST_INVALID', ['path.name']],
  ['a query that is none', SHOP, { query: '?dryrun=true' }, 400, 'REQUEST_INVALID', ['query.dryrun']],
  ['another type', SHOP, { headers: { 'content-type': 'text/csv' } }, 415, 'MEDIA_TYPE_UNSUPPORTED', []],
] as [string, typeof SHOP, Options, number, Problem['code'], string[]][])(
  '%s: refused, and nothing is changed',
  async (_what, rule, options, status, code, paths) => {
    await put(SHOP);
    const before = [await api.counts(), (await get('')).json()];
    for (const query of options.query === undefined ? ['', '?dryRun=true'] : [options.query]) {
      const answer = await put(rule, { ...options, query });
      const problem = answer.json<Problem>();
      expect([answer.statusCode, problem.code, problem.errors.map(({ path }) => path)]).toEqual([status, code, paths]);
    }
    expect([await api.counts(), (await get('')).json()]).toEqual(before);
  },
);

test('a rule that is not there', async () => {
  await put(SHOP);
  for (const answer of [await get('/shpo'), await get('/shpo/history'), await remove('shpo')]) {
    expect(answer.statusCode).toBe(404);
    expect(answer.json<Problem>()).toMatchObject({
      code: 'SYNC_RULE_UNKNOWN',
      detail: 'no sync rule shpo; did you mean "shop"?',
    });
  }
});

test('a rule is deleted only at the revision that was seen', async () => {
  const { revision } = (await put(SHOP)).json<SyncRuleAnswer>();
  const refused = await remove('shop', { 'if-match': `"${revision + 1}"` });
  expect(refused.json<Problem>()).toMatchObject({ status: 409, code: 'SYNC_RULE_CHANGED' });
  expect((await remove('shop', { 'if-match': `"${revision}"` })).statusCode).toBe(204);
});

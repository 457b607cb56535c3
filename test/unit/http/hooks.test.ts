import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Sync } from '../../../src/domain/sync/progress.ts';
import type { SyncRule } from '../../../src/domain/sync/rule.ts';
import { toldIn } from '../../../src/http/hooks/told.ts';
import { BY_ALICE } from '../../support/catalogue.ts';
import { TemporalDouble } from '../../support/sync/temporal-double.ts';
import { startTestApi, type TestApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const temporal = new TemporalDouble();
let api: TestApi;

const DIGEST = `sha256:${'a'.repeat(64)}`;
const CHILD = `sha256:${'b'.repeat(64)}`;
const rule: SyncRule = {
  ...{ name: 'shop', from: 'north', to: ['edge', 'far'], images: [{ repository: 'shop/**', tags: ['v*'] }] },
  ...{ referrers: true, onPush: true, every: '10m', priority: 'normal', parallel: 4, createProject: false },
  deletions: { tags: false, keep: [], most: 20, repositories: false },
};

/** As Harbor 2.x sends it (src/controller/event/handler/webhook/artifact). */
const harbor = (tag: string, occurAt = 1_678_082_303, type = 'PUSH_ARTIFACT') => ({
  type,
  occur_at: occurAt,
  operator: 'admin',
  event_data: {
    resources: [{ digest: DIGEST, tag, resource_url: `harbor.dev/shop/web:${tag}` }],
    repository: {
      date_created: 1_677_053_165,
      name: 'web',
      namespace: 'shop',
      repo_full_name: 'shop/web',
      repo_type: 'public',
    },
  },
});
const cloud = (tag: string, id: string) => ({
  specversion: '1.0',
  id,
  requestid: '2eedfab8',
  source: '/projects/1/webhook/policies/3',
  type: 'harbor.artifact.pushed',
  datacontenttype: 'application/json',
  time: '2023-03-06T06:08:43Z',
  operator: 'admin',
  data: harbor(tag).event_data,
});
/** As distribution 2.8.2 was seen to send it. */
const notified = (action: string, mediaType: string, tag?: string) => ({
  events: [
    {
      id: '1d9f5bc1',
      timestamp: '2026-11-22T02:48:49.731414955Z',
      action,
      target: {
        mediaType,
        size: 403,
        digest: DIGEST,
        length: 403,
        repository: 'shop/web',
        url: 'http://…',
        ...(tag === undefined ? {} : { tag }),
      },
      request: { id: 'x', addr: '127.0.0.1:58460', host: '127.0.0.1:15591', method: 'PUT', useragent: 'node' },
      actor: {},
      source: { addr: 'vm:15591', instanceID: 'c95030af' },
    },
  ],
});
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

interface Told {
  registry?: string;
  secret?: string | null;
  type?: string;
}
const tell = async (
  body: object | string,
  { registry = 'north', secret = 'Bearer secret', type = 'application/json' }: Told = {},
) =>
  api.app.inject({
    method: 'POST',
    url: `/v1/hooks/registry/${registry}`,
    headers: { 'content-type': type, ...(secret === null ? {} : { authorization: secret }) },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });

beforeAll(async () => {
  api = await startTestApi(temporal.link);
  await api.catalogue.syncRules.put(rule, BY_ALICE, { check: () => undefined });
});
afterAll(async () => api.close());
beforeEach(() => {
  temporal.asked.length = 0;
});

describe('what a webhook tells of', () => {
  test.each([
    ["Harbor's own format", harbor('v1'), ['v1']],
    ['CloudEvents', cloud('v1', 'one'), ['v1']],
    ['a notification of distribution', notified('push', MANIFEST, 'v1'), ['v1']],
    ['a notification of an index', notified('push', 'application/vnd.oci.image.index.v1+json', 'v1'), ['v1']],
    ['a pull', harbor('v1', 1, 'PULL_ARTIFACT'), []],
    ['a blob', notified('push', 'application/octet-stream'), []],
    ['a HEAD request, which distribution calls a pull', notified('pull', MANIFEST, 'v1'), []],
  ])('%s', (_, body, tags) => {
    expect(toldIn(body)?.map((push) => [push.repository, push.tag, push.digest])).toEqual(
      tags.map((tag) => ['shop/web', tag, DIGEST]),
    );
  });

  test.each([
    ['by its digest', harbor(CHILD), null],
    ['by its digest, in a notification', notified('push', MANIFEST), null],
    ['as a signature of cosign', harbor(`${CHILD.replace(':', '-')}.sig`), CHILD],
    [
      'as an attestation of cosign, in a notification',
      notified('push', MANIFEST, `${CHILD.replace(':', '-')}.att`),
      CHILD,
    ],
    ['as an index of referrers', notified('push', MANIFEST, CHILD.replace(':', '-')), CHILD],
  ])('what was pushed %s may be attached to an image', (_, body, subject) => {
    expect(toldIn(body)).toMatchObject([
      { kind: 'attached', repository: 'shop/web', tag: null, digest: DIGEST, subject },
    ]);
  });

  test.each([
    ["in Harbor's own format", harbor('v1', 7, 'DELETE_ARTIFACT'), 'v1', DIGEST, `deleted shop/web:v1@${DIGEST} 7`],
    [
      'of what had no tag',
      harbor(DIGEST, 7, 'DELETE_ARTIFACT'),
      null,
      DIGEST,
      `deleted shop/web:${DIGEST}@${DIGEST} 7`,
    ],
    ['as CloudEvents', { ...cloud('v1', 'x'), type: 'harbor.artifact.deleted' }, 'v1', DIGEST, expect.any(String)],
    ['in a notification', notified('delete', ''), null, DIGEST, '1d9f5bc1'],
    ['of a tag in a notification', notified('delete', '', 'v1'), 'v1', DIGEST, '1d9f5bc1'],
  ])('a deletion %s', (_, body, tag, digest, key) => {
    expect(toldIn(body)).toEqual([{ kind: 'deletion', repository: 'shop/web', tag, digest, key: key as string }]);
  });

  test('all deliveries of one push have one key, whatever their ids; another push has another', () => {
    const keys = [cloud('v1', 'one'), cloud('v1', 'two'), harbor('v1', 1)].map((body) => toldIn(body)?.[0]?.key);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
  });
});

describe('a push', () => {
  test('is asked for wherever rules want it, once, however often it is told', async () => {
    const answers = [];
    for (let time = 0; time < 5; time++) answers.push((await tell(harbor('v2'))).json<object>());
    expect(answers[0]).toEqual({ asked: 1, known: 0, unwanted: 0 });
    expect(answers.slice(1)).toEqual(Array.from({ length: 4 }, () => ({ asked: 0, known: 1, unwanted: 0 })));
    expect(temporal.asked).toMatchObject([
      {
        repository: 'shop/web',
        digest: DIGEST,
        from: { name: 'north', idc: 'north' },
        requests: [
          {
            tag: 'v2',
            priority: 'normal',
            wantedBy: 'push to north',
            to: [{ name: 'edge', idc: 'north' }, { name: 'far' }],
          },
        ],
      },
    ]);
    // The identical image again: somebody may have moved the tag there meanwhile.
    expect((await tell(harbor('v2', 1_678_082_999))).json<object>()).toMatchObject({ asked: 1 });
  });

  test('that no rule wants is passed over', async () => {
    expect((await tell(harbor('latest'))).json<object>()).toEqual({ asked: 0, known: 0, unwanted: 1 });
    expect(temporal.asked).toEqual([]);
  });

  test('comes as CloudEvents and as the types of both distributions', async () => {
    for (const [type, body] of [
      ['application/cloudevents+json', cloud('v3', 'one')],
      ['application/vnd.docker.distribution.events.v1+json', notified('push', MANIFEST, 'v4')],
      ['application/vnd.docker.distribution.events.v2+json', { events: [] }],
    ] as const)
      expect((await tell(body, { type })).statusCode).toBe(202);
    expect(temporal.asked.map(({ requests }) => requests[0]?.tag)).toEqual(['v3', 'v4']);
  });

  test('that could not be asked for is told again, and counts then', async () => {
    temporal.outages.push('signalWithStart');
    const failed = await tell(harbor('v5'));
    expect([failed.statusCode, failed.json<{ code: string }>().code]).toEqual([503, 'TEMPORAL_UNREACHABLE']);
    expect((await tell(harbor('v5'))).json<object>()).toMatchObject({ asked: 1 });
    expect(temporal.asked).toHaveLength(1);
  });
});

describe('what may be attached to an image', () => {
  beforeEach(() => {
    temporal.started.length = 0;
  });

  test('is looked at by its source, once; where no rule brings anything of its repository nobody looks', async () => {
    const body = harbor(DIGEST, 31);
    expect((await tell(body)).json<object>()).toEqual({ asked: 1, known: 0, unwanted: 0 });
    expect((await tell(body)).json<object>()).toEqual({ asked: 0, known: 1, unwanted: 0 });
    const input = { repository: 'shop/web', digest: DIGEST, subject: null, from: { name: 'north', idc: 'north' } };
    expect(temporal.started).toMatchObject([{ type: 'bringAttached', id: `attached/shop/web@${DIGEST}`, input }]);
    temporal.running.set(`attached/shop/web@${DIGEST}`, []);
    expect((await tell(harbor(DIGEST, 32))).json<object>()).toMatchObject({ asked: 1 });
    temporal.running.clear();
    expect(temporal.started).toHaveLength(1);
    const other = {
      events: [{ id: '33', action: 'push', target: { repository: 'pay/web', mediaType: MANIFEST, digest: CHILD } }],
    };
    expect((await tell(other)).json<object>()).toEqual({ asked: 0, known: 0, unwanted: 1 });
  });

  test('is for nobody where rules bring images without it', async () => {
    const put = async (one: SyncRule): Promise<unknown> =>
      api.catalogue.syncRules.put(one, BY_ALICE, { check: () => undefined });
    await put({ ...rule, referrers: false });
    expect((await tell(harbor(DIGEST, 34))).json<object>()).toEqual({ asked: 0, known: 0, unwanted: 1 });
    await put(rule);
    expect(temporal.started).toEqual([]);
  });
});

describe('a deletion', () => {
  const brought: Sync = {
    ...{ repository: 'shop/web', digest: DIGEST, registry: 'edge', from: 'north', state: 'done' },
    ...{ tags: { v1: 'moved' }, priority: 'normal', wantedBy: [], askedAt: new Date().toISOString(), endedAt: null },
    ...{ report: null, trouble: null, notBefore: null },
  };
  const inForce = async (deletions: Partial<SyncRule['deletions']>): Promise<unknown> =>
    api.catalogue.syncRules.put({ ...rule, deletions: { ...rule.deletions, ...deletions } }, BY_ALICE, {
      check: () => undefined,
    });
  beforeEach(async () => {
    temporal.started.length = 0;
    await api.catalogue.syncs.put(brought);
  });

  test('of what a sync brought has its repository compared, by its rule, once; nothing is deleted on its word', async () => {
    await inForce({ tags: true });
    const deleted = harbor('v1', 11, 'DELETE_ARTIFACT');
    expect((await tell(deleted)).json<object>()).toEqual({ asked: 1, known: 0, unwanted: 0 });
    expect((await tell(deleted)).json<object>()).toEqual({ asked: 0, known: 1, unwanted: 0 });
    const start = { id: 'reconcile/shop/shop/web', input: { name: 'shop', repository: 'shop/web' } };
    expect(temporal.started).toEqual([{ type: 'reconcileRule', ...start }]);
    // By another tag of the same artifact, of which Harbor says the first one only.
    expect((await tell(harbor('other', 12, 'DELETE_ARTIFACT'))).json<object>()).toMatchObject({ asked: 1 });
    // One that is to begin, or goes on, will do.
    temporal.running.set('reconcile/shop/shop/web', []);
    expect((await tell(harbor('v1', 13, 'DELETE_ARTIFACT'))).json<object>()).toMatchObject({ asked: 1 });
    expect(temporal.started).toHaveLength(2);
    temporal.running.clear();
  });

  test.each([
    ['by no rule that deletes', {}, harbor('v1', 21, 'DELETE_ARTIFACT')],
    ['of a tag that the rule keeps', { tags: true, keep: ['v1'] }, harbor('v1', 22, 'DELETE_ARTIFACT')],
    [
      'of what no sync brought',
      { tags: true },
      { events: [{ id: '23', action: 'delete', target: { repository: 'shop/web', digest: CHILD } }] },
    ],
    [
      'of a tag that the rule does not bring',
      { tags: true },
      { events: [{ id: '24', action: 'delete', target: { repository: 'shop/web', tag: 'latest' } }] },
    ],
  ])('%s is for nobody', async (_, deletions, body) => {
    await inForce({ tags: false, keep: [], ...deletions });
    expect((await tell(body)).json<object>()).toEqual({ asked: 0, known: 0, unwanted: 1 });
    expect(temporal.started).toEqual([]);
  });
});

describe('a webhook is refused', () => {
  test.each([
    ['without the secret', { secret: null }, 401, 'WEBHOOK_REFUSED'],
    ['with another one', { secret: 'Bearer other' }, 401, 'WEBHOOK_REFUSED'],
    ['of a registry that has none', { registry: 'edge' }, 401, 'WEBHOOK_REFUSED'],
    ['of a registry that is not there', { registry: 'nort' }, 404, 'NOT_FOUND'],
  ])('%s', async (_, options, status, code) => {
    const answer = await tell(harbor('v9'), options);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code]);
    expect(temporal.asked).toEqual([]);
  });

  test.each([
    ['is of another kind', { hello: 'world' }],
    ['lacks its artifact', { type: 'PUSH_ARTIFACT', occur_at: 1, event_data: {} }],
    ['is no JSON', '{'],
  ])('when its body %s', async (_, body) => {
    const answer = await tell(body);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'REQUEST_INVALID']);
  });
});

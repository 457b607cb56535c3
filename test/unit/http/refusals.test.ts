import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Problem } from '../../../src/domain/problem.ts';
import { problemSchema } from '../../../src/http/schemas/problem.ts';
import { shopFile, startTestApi, type TestApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  expect((await api.put(shopFile())).statusCode).toBe(200);
});
afterAll(async () => api.close());

const YAML = { 'content-type': 'application/yaml' };
const JSON_TYPE = { 'content-type': 'application/json' };
const release = (payload: unknown, headers: Record<string, string> = {}): InjectOptions & { url: string } => ({
  method: 'POST',
  url: '/v1/releases',
  headers: { ...JSON_TYPE, ...headers },
  payload: JSON.stringify(payload),
});
const good = { app: 'shop', env: 'fat', version: 'v2' };
const apply = (
  payload: string,
  url = '/v1/apps/shop',
  headers: Record<string, string> = YAML,
): InjectOptions & { url: string } => ({
  method: 'PUT',
  url,
  headers,
  payload,
});
const id = 'rel-aaaaaaaaaa';
const command = (payload: unknown): InjectOptions & { url: string } => ({
  method: 'POST',
  url: `/v1/releases/${id}/commands`,
  payload: payload as object,
});

/** Request, and the error that it must give: status, code, and the paths that are named. */
const TABLE: [
  what: string,
  request: InjectOptions & { url: string },
  status: number,
  code: Problem['code'],
  paths?: string[],
][] = [
  ['an unknown route', { url: '/v2/releases' }, 404, 'NOT_FOUND'],
  ['an unknown method', { method: 'DELETE', url: `/v1/releases/${id}` }, 405, 'METHOD_NOT_ALLOWED'],
  ['another host', { url: '/v1/fleet', headers: { host: 'evil.example:8080' } }, 403, 'HOST_REFUSED'],
  ['a page of another site', { url: '/v1/fleet', headers: { origin: 'https://evil.example' } }, 403, 'HOST_REFUSED'],
  [
    'an actor with a line break',
    { url: '/v1/fleet', headers: { 'x-transship-actor': 'a%0Ab' } },
    400,
    'REQUEST_INVALID',
    ['headers["x-transship-actor"]'],
  ],
  [
    'an actor that is no text',
    { url: '/v1/fleet', headers: { 'x-transship-actor': '%E0%A4%A' } },
    400,
    'REQUEST_INVALID',
    ['headers["x-transship-actor"]'],
  ],

  [
    'a body of another type',
    { ...release(good), headers: { 'content-type': 'text/csv' } },
    415,
    'MEDIA_TYPE_UNSUPPORTED',
  ],
  ['YAML where JSON is wanted', { ...release(good), headers: YAML }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
  ['a body that is too large', release({ ...good, version: 'v'.repeat(2_000_000) }), 413, 'BODY_TOO_LARGE'],
  ['broken JSON', { ...release(good), payload: '{"app": "shop",' }, 400, 'REQUEST_INVALID'],
  ['an empty body', { ...release(good), payload: '' }, 400, 'REQUEST_INVALID'],
  ['a body that is a list', release([good]), 400, 'REQUEST_INVALID', ['']],
  [
    'prototype pollution',
    { ...release(good), payload: '{"app":"shop","env":"fat","version":"v2","__proto__":{"a":1}}' },
    400,
    'REQUEST_INVALID',
  ],

  ['nothing of what is needed', release({}), 400, 'REQUEST_INVALID', ['app', 'env', 'version']],
  ['an unknown key', release({ ...good, versoin: 'v3' }), 400, 'REQUEST_INVALID', ['versoin']],
  [
    'an unknown key inside',
    release({ ...good, config: { batchPercnt: 5 } }),
    400,
    'REQUEST_INVALID',
    ['config.batchPercnt'],
  ],
  ['a number for a text', release({ ...good, version: 2 }), 400, 'REQUEST_INVALID', ['version']],
  [
    'a text for a number',
    release({ ...good, config: { batchPercent: '25' } }),
    400,
    'REQUEST_INVALID',
    ['config.batchPercent'],
  ],
  ['a version that is no tag', release({ ...good, version: 'shop:v2' }), 400, 'REQUEST_INVALID', ['version']],
  ['an empty version', release({ ...good, version: '' }), 400, 'REQUEST_INVALID', ['version']],
  ['a name with a slash', release({ ...good, app: 'a/b' }), 400, 'REQUEST_INVALID', ['app']],
  [
    'a batch of 0 %',
    release({ ...good, config: { batchPercent: 0 } }),
    400,
    'REQUEST_INVALID',
    ['config.batchPercent'],
  ],
  [
    'a batch of 51 %',
    release({ ...good, config: { batchPercent: 51 } }),
    400,
    'REQUEST_INVALID',
    ['config.batchPercent'],
  ],
  [
    'half a percent',
    release({ ...good, config: { batchPercent: 2.5 } }),
    400,
    'REQUEST_INVALID',
    ['config.batchPercent'],
  ],
  [
    'a negative pause',
    release({ ...good, config: { pauseSeconds: -1 } }),
    400,
    'REQUEST_INVALID',
    ['config.pauseSeconds'],
  ],
  [
    'a point of no return between batches',
    release({ ...good, config: { pointOfNoReturn: 'batch' } }),
    400,
    'REQUEST_INVALID',
    ['config.pointOfNoReturn'],
  ],
  [
    'a gate without end',
    release({ ...good, config: { gateHours: 1e9 } }),
    400,
    'REQUEST_INVALID',
    ['config.gateHours'],
  ],
  ['no group', release({ ...good, groups: [] }), 400, 'REQUEST_INVALID', ['groups']],
  ['a group twice', release({ ...good, groups: ['web', 'web'] }), 400, 'REQUEST_INVALID', ['groups']],
  ['an empty key', release(good, { 'idempotency-key': '' }), 400, 'REQUEST_INVALID', ['headers["idempotency-key"]']],
  [
    'a long key',
    release(good, { 'idempotency-key': 'k'.repeat(201) }),
    400,
    'REQUEST_INVALID',
    ['headers["idempotency-key"]'],
  ],
  [
    'a dry run that is maybe',
    { ...release(good), url: '/v1/releases?dryRun=maybe' },
    400,
    'REQUEST_INVALID',
    ['query.dryRun'],
  ],
  ['an unknown query', { ...release(good), url: '/v1/releases?dryrun=true' }, 400, 'REQUEST_INVALID', ['query.dryrun']],

  [
    'more than the fleet allows',
    release({ ...good, config: { batchPercent: 45 } }),
    422,
    'LIMIT_EXCEEDED',
    ['config.batchPercent'],
  ],
  ['an app that is not there', release({ ...good, app: 'nix' }), 404, 'APP_UNKNOWN'],
  ['an environment that is not there', release({ ...good, env: 'uat' }), 404, 'ENVIRONMENT_UNKNOWN'],
  ['a group that is not there', release({ ...good, groups: ['web', 'api'] }), 404, 'GROUP_UNKNOWN', ['groups[1]']],
  ['a refusal under a key', release({ ...good, app: 'nix' }, { 'idempotency-key': 'k1' }), 404, 'APP_UNKNOWN'],
  ['a release while Temporal is away', release(good), 503, 'TEMPORAL_UNREACHABLE'],

  ['a release id that is none', { url: '/v1/releases/4711' }, 400, 'REQUEST_INVALID', ['path.id']],
  ['a release that is not there', { url: `/v1/releases/${id}` }, 404, 'OPERATION_UNKNOWN'],
  ['events of a release that is not there', { url: `/v1/releases/${id}/events` }, 404, 'OPERATION_UNKNOWN'],
  [
    'a Last-Event-ID that is none',
    { url: `/v1/releases/${id}/events`, headers: { 'last-event-id': 'x' } },
    400,
    'REQUEST_INVALID',
    ['headers["last-event-id"]'],
  ],
  ['too long a list', { url: '/v1/releases?limit=501' }, 400, 'REQUEST_INVALID', ['query.limit']],
  ['a limit that is no number', { url: '/v1/releases?limit=ten' }, 400, 'REQUEST_INVALID', ['query.limit']],
  ['a command to a release that is not there', command({ command: 'abort' }), 404, 'OPERATION_UNKNOWN'],
  ['an unknown command', command({ command: 'pause' }), 400, 'REQUEST_INVALID', ['command']],
  ['a command with an empty reason', command({ command: 'abort', reason: ' ' }), 400, 'REQUEST_INVALID', ['reason']],

  ['an app that is not there, read', { url: '/v1/apps/nix' }, 404, 'APP_UNKNOWN'],
  ['an app file under another name', apply(shopFile({ app: 'shed' })), 400, 'APP_INVALID', ['app']],
  ['an app file that is no YAML', apply('app: [shop'), 400, 'APP_INVALID', ['']],
  ['an app file as JSON that is broken', apply('{"app": }', '/v1/apps/shop', JSON_TYPE), 400, 'APP_INVALID'],
  ['an empty app file', apply(''), 400, 'APP_INVALID'],
  [
    'an app file with a slip',
    apply(shopFile().replace('placement', 'placment')),
    400,
    'APP_INVALID',
    ['groups[0].placment', 'groups[0].placement'],
  ],
  [
    'an app file of another type',
    apply(shopFile(), '/v1/apps/shop', { 'content-type': 'text/plain' }),
    415,
    'MEDIA_TYPE_UNSUPPORTED',
  ],
  [
    'an app file on another revision',
    apply(shopFile({ timeoutSeconds: 9 }), '/v1/apps/shop', { ...YAML, 'if-match': '"7"' }),
    409,
    'APP_CHANGED',
  ],
  [
    'a revision without quotes',
    apply(shopFile(), '/v1/apps/shop', { ...YAML, 'if-match': '1' }),
    400,
    'REQUEST_INVALID',
    ['headers["if-match"]'],
  ],
  ['an app name that is none', apply(shopFile(), '/v1/apps/Shop'), 400, 'REQUEST_INVALID', ['path.app']],
];

test.each(TABLE)('%s', async (_what, request, status, code, paths) => {
  const before = await api.counts();
  const answer = await api.app.inject(request);
  const problem = problemSchema.parse(answer.json());
  expect({ status: answer.statusCode, code: problem.code, detail: problem.detail }).toMatchObject({ status, code });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(problem).toMatchObject({ status, instance: request.url.split('?')[0] });
  expect(problem.next).not.toBe('');
  if (paths !== undefined) expect(problem.errors.map(({ path }) => path).sort()).toEqual([...paths].sort());
  expect(await api.counts()).toEqual(before);
});

test('a slip is answered with the key that was meant', async () => {
  const problem = (await api.app.inject(release({ ...good, versoin: 'v3' }))).json<Problem>();
  expect(problem.errors).toEqual([{ path: 'versoin', message: 'is not a known key', hint: 'did you mean "version"?' }]);
});

test('a wrong method is told the right ones', async () => {
  const answer = await api.app.inject({ method: 'POST', url: '/v1/apps/shop' });
  expect(answer.headers['allow']?.toString().split(', ').sort()).toEqual(['GET', 'HEAD', 'PUT']);
});

test('errors of an app file name the line', async () => {
  const problem = (await api.put(shopFile({ instances: -1 }))).json<Problem>();
  expect(problem.errors[0]).toMatchObject({ path: 'groups[0].placement[0].instances', line: 5 });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { pushBlob } from '../../../devfleet/images/push.ts';
import { blob, HarborWorld } from '../../support/harbor-world.ts';

// What Harbor refuses for good: immutable tags, quotas, proxy caches, read-only mode.

let world: HarborWorld;

beforeAll(async () => {
  world = await HarborWorld.start();
});
afterAll(() => world.stop());

const refused = (code: string, message: string) => ({ errors: [{ code, message }] });
const rule = (tag: string, decoration = 'matches') => ({
  action: 'immutable',
  template: 'immutable_template',
  tag_selectors: [{ kind: 'doublestar', decoration, pattern: tag }],
  scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }] },
});

test('an immutable tag is pushed once: 412 from then on, for another image and for the same; it cannot be deleted', async () => {
  await world.project('fixed');
  await world.api('POST', '/projects/fixed/immutabletagrules', rule('v*'));
  const first = await world.push('fixed/web', 'v1');
  const message = "Failed to process request due to 'web:v1' configured as immutable.";
  for (const seed of ['fixed/web', 'other']) {
    const manifest = await world.blobsOf('fixed/web', seed);
    const { status, json } = await world.putManifest('fixed/web', 'v1', manifest);
    expect([status, json]).toEqual([412, refused('PRECONDITION', message)]);
  }
  await world.push('fixed/web', 'latest', { seed: 'one' });
  await world.push('fixed/web', 'latest', { seed: 'two' });
  const byDigest = await world.call('DELETE', `/v2/fixed/web/manifests/${first.digest}`, { as: world.admin });
  const locked = refused('PRECONDITION', 'the tag v1 configured as immutable, cannot be deleted');
  expect([byDigest.status, byDigest.json]).toEqual([412, locked]);
  const artifacts = '/projects/fixed/repositories/web/artifacts';
  expect((await world.api('DELETE', `${artifacts}/v1/tags/v1`)).json).toEqual(locked);
  expect((await world.api('DELETE', '/projects/fixed/repositories/web')).json).toEqual(locked);
  const shown = await world.api('GET', `${artifacts}/v1?with_immutable_status=true`);
  expect((shown.json as { tags: object[] }).tags).toMatchObject([{ name: 'v1', immutable: true }]);
});

test('an immutable rule is switched off and on, and removed; the admin port makes one, too', async () => {
  const id = await world.project('rules');
  const made = await world.api('POST', `/projects/${id}/immutabletagrules`, rule('v*'));
  expect(made.headers.location).toMatch(/\/immutabletagrules\/\d+$/);
  expect((await world.api('POST', '/projects/rules/immutabletagrules', rule('v*'))).status).toBe(409);
  const path = `/projects/rules/immutabletagrules/${String(made.headers.location).split('/').at(-1) ?? ''}`;
  const put = async () => {
    const manifest = await world.blobsOf('rules/web', String(Math.random()));
    return (await world.putManifest('rules/web', 'v1', manifest)).status;
  };
  expect([await put(), await put()]).toEqual([201, 412]);
  await world.api('PUT', path, { ...rule('else'), disabled: true });
  expect(await put()).toBe(201);
  await world.api('PUT', path, { ...rule('v*'), disabled: false });
  expect(await put()).toBe(412);
  const list = await world.api('GET', '/projects/rules/immutabletagrules');
  expect(list.json).toMatchObject([{ disabled: false, tag_selectors: [{ pattern: 'v*' }] }]);
  await world.api('DELETE', path);
  expect(await put()).toBe(201);
  await world.hand('POST', '/projects/rules/immutable', { tag: 'v1' });
  expect(await put()).toBe(412);
});

test('a project that is full: 403 DENIED with the arithmetic, for a blob, a mount and a manifest; deleting makes room', async () => {
  await world.project('small', { storage_limit: 2000 });
  const hands = async () => (await world.api('GET', '/projects/small/summary')).json;
  const kept = await world.push('small/web', 'v1');
  const used = (await hands()) as { quota: { used: { storage: number } } };
  expect(used).toMatchObject({
    repo_count: 1,
    quota: { hard: { storage: 2000 }, used: { storage: used.quota.used.storage } },
  });
  const size = 1000 + 'layer of small/web '.length + '{"config":"small/web"}'.length + kept.bytes.length;
  expect(used.quota.used.storage).toBe(size);

  const layer = blob('x', 'y'.repeat(1500));
  const text =
    `adding 1.5 KiB of storage resource, which when updated to current usage of ${(size / 1024).toFixed(1)} KiB ` +
    'will exceed the configured upper limit of 2.0 KiB.';
  await expect(pushBlob(world.adminUrl, 'small/web', layer)).rejects.toThrow(text);
  await world.project('large');
  await pushBlob(world.adminUrl, 'large/web', layer);
  const mount = await world.call('POST', `/v2/small/web/blobs/uploads/?mount=${layer.digest}&from=large/web`, {
    as: world.admin,
  });
  expect([mount.status, mount.json]).toEqual([403, refused('DENIED', text)]);

  // The same again takes no room, whatever the repository.
  await world.push('small/web', 'v2');
  await world.push('small/other', 'v1', { seed: 'small/web' });
  await world.hand('PUT', '/projects/small/quota', { hard: size });
  const grown = await world.blobsOf('small/web', 'small/web', { annotations: { a: 'b' } });
  const { status, json } = await world.putManifest('small/web', 'v3', grown);
  expect([status, (json as { errors: { code: string }[] }).errors[0]?.code]).toEqual([403, 'DENIED']);

  for (const repository of ['web', 'other']) await world.api('DELETE', `/projects/small/repositories/${repository}`);
  expect(await hands()).toMatchObject({ repo_count: 0, quota: { used: { storage: 0 } } });
  await world.push('small/web', 'v1');
});

test('quotas are read and set by the admin alone, and -1 is without limit', async () => {
  const id = await world.project('limits');
  const list = await world.api('GET', `/quotas?reference=project&reference_id=${id}`);
  const [quota] = list.json as { id: number; ref: object; hard: object; used: object }[];
  expect(quota).toMatchObject({ ref: { id, name: 'limits' }, hard: { storage: -1 }, used: { storage: 0 } });
  const path = `/quotas/${quota?.id ?? 0}`;
  expect((await world.api('PUT', path, { hard: { storage: 5000 } })).status).toBe(200);
  expect((await world.api('GET', path)).json).toMatchObject({ hard: { storage: 5000 } });
  expect((await world.api('PUT', path, { hard: { storage: 0 } })).json).toEqual(
    refused('BAD_REQUEST', 'invalid non-positive value for quota limit, value=0'),
  );
  expect((await world.api('PUT', path, {})).json).toEqual(refused('BAD_REQUEST', 'hard required in body'));
  const robot = await world.robot('limits', 'reader', ['quota:read']);
  const asRobot = await world.call('GET', `/api/v2.0${path}`, { as: robot });
  expect([asRobot.status, asRobot.json]).toEqual([403, refused('FORBIDDEN', 'robot$limits+reader')]);
});

test('a proxy cache project takes no push, and no tag', async () => {
  await world.api('POST', '/registries', { name: 'hub', type: 'harbor', url: 'https://hub.example' });
  const [hub] = (await world.api('GET', '/registries?name=hub')).json as { id: number }[];
  await world.project('cache', { registry_id: hub?.id });
  const start = await world.call('POST', '/v2/cache/web/blobs/uploads/', { as: world.admin });
  const denied = refused('DENIED', 'denied: can not push artifact to a proxy project: cache');
  expect([start.status, start.json]).toEqual([403, denied]);
  const manifest = await world.blobsOf('library/web', 'cache');
  expect((await world.putManifest('cache/web', 'v1', manifest)).json).toEqual(denied);
  const tag = await world.api('POST', '/projects/cache/repositories/web/artifacts/v1/tags', { name: 'v2' });
  expect(tag.status).toBe(405);
});

test('read-only: whatever changes something is refused, and nothing else', async () => {
  await world.push('library/quiet', 'v1');
  await world.hand('PUT', '/read-only', { readOnly: true });
  const message = 'The system is in read only mode. Any modification is prohibited.';
  for (const [method, path] of [
    ['POST', '/v2/library/quiet/blobs/uploads/'],
    ['DELETE', '/v2/library/quiet/manifests/v1'],
    ['POST', '/api/v2.0/projects'],
  ] as const) {
    const { status, json } = await world.call(method, path, { as: world.admin });
    expect([status, json]).toEqual([403, refused('DENIED', message)]);
  }
  expect((await world.call('GET', '/v2/library/quiet/manifests/v1', { as: world.admin })).status).toBe(200);
  expect((await world.api('GET', '/systeminfo')).json).toMatchObject({ read_only: true });
  await world.hand('PUT', '/read-only', { readOnly: false });
  await world.push('library/quiet', 'v2');
});

test('what it knows outlives a kill: tags, rights, quotas, rules', async () => {
  await world.project('kept', { storage_limit: 100_000 });
  await world.api('POST', '/projects/kept/immutabletagrules', rule('v*'));
  const robot = await world.robot('kept', 'puller', ['repository:pull']);
  const { digest } = await world.push('kept/web', 'v1');
  const before = (await world.api('GET', '/projects/kept/summary')).json;
  await world.fleet.process('harbor').restart();
  expect((await world.api('GET', '/projects/kept/summary')).json).toEqual(before);
  const pulled = await world.call('HEAD', '/v2/kept/web/manifests/v1', { as: robot });
  expect(pulled.headers['docker-content-digest']).toBe(digest);
  const again = await world.blobsOf('kept/web', 'again');
  expect((await world.putManifest('kept/web', 'v1', again)).status).toBe(412);
});

test('mishaps of calls, by number', async () => {
  await world.push('library/mishap', 'v1');
  const path = '^/v2/library/mishap/manifests/v1';
  await world.hand('POST', '/mishaps', { path, call: 2, mishap: { kind: 'refuse', status: 503 } });
  const get = async () => (await world.call('GET', '/v2/library/mishap/manifests/v1', { as: world.admin })).status;
  expect([await get(), await get(), await get()]).toEqual([200, 503, 200]);
});

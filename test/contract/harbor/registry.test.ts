import { Readable } from 'node:stream';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeImage, pushImage } from '../../../devfleet/images/index.ts';
import { pushBlob } from '../../../devfleet/images/push.ts';
import { blob, descriptor, HarborWorld, IMAGE_INDEX, parameters, type As } from '../../support/harbor-world.ts';

// Harbor as an endpoint of the registry's protocol, over a real registry.

let world: HarborWorld;

beforeAll(async () => {
  world = await HarborWorld.start({ token: 60 });
  await world.project('shop');
  await world.project('open', { metadata: { public: 'true' } });
});
afterAll(() => world.stop());

const refused = (code: string, message: string) => ({ errors: [{ code, message }] });
const doubled = (message: string) => refused('UNAUTHORIZED', `${message}: ${message}`);

describe('who is let in', () => {
  test('without Authorization: Bearer, its realm on the host that was called, several scopes in one', async () => {
    const { status, headers, json } = await world.call(
      'POST',
      '/v2/shop/web/blobs/uploads/?mount=sha256:ab&from=open/base',
    );
    expect(status).toBe(401);
    expect(parameters(String(headers['www-authenticate']))).toEqual({
      realm: `${world.fleet.harbor.url}/service/token`,
      service: 'harbor-registry',
      scope: 'repository:shop/web:pull,push repository:open/base:pull',
    });
    expect(json).toEqual(doubled('unauthorized to access repository: shop/web, action: push'));
    expect(headers['docker-distribution-api-version']).toBe('registry/2.0');
    const base = await world.call('GET', '/v2/');
    expect([base.status, base.headers['www-authenticate']]).toEqual([
      401,
      `Bearer realm="${world.fleet.harbor.url}/service/token",service="harbor-registry"`,
    ]);
  });

  test.each([
    ['a wrong password', { user: 'admin', password: 'no' }],
    ['a token that is none', { authorization: 'Bearer abc.def.ghi' }],
    ['something else', { authorization: 'Digest x' }],
  ])('%s is answered with a Basic challenge', async (_what, as: As) => {
    const { status, headers } = await world.call('GET', '/v2/shop/web/manifests/v1', { as });
    expect([status, headers['www-authenticate']]).toEqual([401, 'Basic realm="harbor"']);
  });

  test('Basic on every call', async () => {
    const { digest } = await pushImage(world.adminUrl, { repository: 'shop/basic', tag: 'v1', labels: {} });
    expect((await world.call('GET', '/v2/', { as: world.admin })).status).toBe(200);
    const { status, headers, text } = await world.call('GET', '/v2/shop/basic/manifests/v1', { as: world.admin });
    expect([status, headers['docker-content-digest']]).toEqual([200, digest]);
    const image = await makeImage({ repository: 'shop/basic', tag: 'v1', labels: {} });
    expect(text).toBe(image.manifest.bytes.toString());
  });

  test('a token grants what its bearer may, not what was asked; less is no error there, but on the call', async () => {
    await world.push('shop/token', 'v1');
    const reader = await world.robot('shop', 'reader', ['repository:pull']);
    const pull = await world.withToken('GET', '/v2/shop/token/manifests/v1', reader);
    expect(pull.answer.status).toBe(200);
    expect(pull.token.json).toMatchObject({ access_token: '', expires_in: 60 });
    const push = await world.withToken('PUT', '/v2/shop/token/manifests/v2', reader);
    expect([push.token.status, push.answer.status]).toEqual([200, 401]);
    expect(push.answer.headers['www-authenticate']).toBe('Basic realm="harbor"');
    const [, claims = ''] = (push.token.json as { token: string }).token.split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'harbor-token-issuer',
      aud: 'harbor-registry',
      sub: 'robot$shop+reader',
      access: [{ type: 'repository', name: 'shop/token', actions: ['pull'] }],
    });
  });

  test('a wrong password at the token service: no error, and no rights, where a scope is asked; else 401', async () => {
    const wrong = { user: 'admin', password: 'no' };
    const query = 'service=harbor-registry&scope=repository:shop/web:pull';
    const scoped = await world.call('GET', `/service/token?${query}`, { as: wrong });
    expect(scoped.status).toBe(200);
    const [, claims = ''] = (scoped.json as { token: string }).token.split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      sub: '',
      access: [{ type: 'repository', name: 'shop/web', actions: [] }],
    });
    const login = await world.call('GET', '/service/token?service=harbor-registry', { as: wrong });
    expect([login.status, login.text]).toEqual([401, 'unauthorized']);
    const other = await world.call('GET', '/service/token?service=other', { as: world.admin });
    expect([other.status, other.text]).toEqual([400, 'Unable to handle service: other']);
  });

  test('anybody pulls from a public project, by a token alone; nobody pushes', async () => {
    await world.push('open/base', 'v1');
    const path = '/v2/open/base/manifests/v1';
    expect((await world.call('HEAD', path)).status).toBe(401);
    expect((await world.withToken('HEAD', path, null)).answer.status).toBe(200);
    expect((await world.withToken('PUT', path, null)).answer.status).toBe(401);
    // Who sends credentials that are wrong has said something, and is let in as anybody.
    expect((await world.call('GET', path, { as: { user: 'admin', password: 'no' } })).status).toBe(200);
  });

  test('rights of robots, by project: push brings pull for a robot of the project, not for one of the system', async () => {
    await world.push('shop/rights', 'v1');
    const pusher = await world.robot('shop', 'pusher', ['repository:push']);
    const foreign = await world.robot('open', 'foreign', ['repository:push', 'repository:pull']);
    const wide = await world.robot('shop', 'wide', ['repository:push'], 'system');
    const head = async (as: As) => (await world.call('HEAD', '/v2/shop/rights/manifests/v1', { as })).status;
    const start = async (as: As) => (await world.call('POST', '/v2/shop/rights/blobs/uploads/', { as })).status;
    const drop = async (as: As) => (await world.call('DELETE', '/v2/shop/rights/manifests/v1', { as })).status;
    expect([await head(pusher), await start(pusher), await drop(pusher)]).toEqual([200, 202, 401]);
    expect([await head(foreign), await start(foreign)]).toEqual([401, 401]);
    expect([await head(wide), await start(wide)]).toEqual([401, 202]);
  });

  test('giving up an upload takes the right to delete', async () => {
    const pusher = await world.robot('shop', 'pusher2', ['repository:push']);
    const { headers } = await world.call('POST', '/v2/shop/given-up/blobs/uploads/', { as: pusher });
    const path = String(headers.location).replace(world.fleet.harbor.url, '');
    expect((await world.call('DELETE', path, { as: pusher })).status).toBe(401);
    expect((await world.call('DELETE', path, { as: world.admin })).status).toBe(204);
  });

  test('a project that does not exist: 401 without a way in, for the admin, too', async () => {
    for (const method of ['GET', 'POST']) {
      const { status, headers, json } = await world.call(method, '/v2/none/web/blobs/uploads/', { as: world.admin });
      expect([status, headers['www-authenticate']]).toEqual([401, '']);
      expect(json).toEqual(doubled('project none not found'));
    }
    const anonymous = await world.call('GET', '/v2/none/web/manifests/v1');
    expect(String(anonymous.headers['www-authenticate'])).toMatch(/^Bearer .*repository:none\/web:pull"$/);
  });

  test('a token outlives a restart of Harbor, and not the project that it is for', async () => {
    await world.project('again');
    await world.push('again/web', 'v1');
    const token = await world.call('GET', '/service/token?service=harbor-registry&scope=repository:again/web:pull', {
      as: world.admin,
    });
    const as = { authorization: `Bearer ${(token.json as { token: string }).token}` };
    await world.fleet.process('harbor').restart();
    expect((await world.call('GET', '/v2/again/web/manifests/v1', { as })).status).toBe(200);
    expect((await world.api('DELETE', '/projects/again/repositories/web')).status).toBe(200);
    expect((await world.api('DELETE', '/projects/again')).status).toBe(200);
    expect((await world.call('GET', '/v2/again/web/manifests/v1', { as })).headers['www-authenticate']).toBe('');
  });
});

describe('manifests and tags', () => {
  test('tags are known to Harbor alone; the registry behind has digests', async () => {
    const { digest } = await world.push('shop/tags', 'v1');
    const { backend } = world.fleet.harbor;
    const accept = 'application/vnd.oci.image.manifest.v1+json';
    const behind = async (reference: string) => {
      const { statusCode, body } = await request(`${backend}/v2/shop/tags/manifests/${reference}`, {
        headers: { accept },
      });
      await body.dump();
      return statusCode;
    };
    expect([await behind('v1'), await behind(digest)]).toEqual([404, 200]);
  });

  test('what is not there', async () => {
    await world.push('shop/there', 'v1');
    const get = async (path: string) => {
      const { status, json } = await world.call('GET', `/v2/${path}`, { as: world.admin });
      return [status, json];
    };
    const none = `sha256:${'0'.repeat(64)}`;
    expect(await get('shop/there/manifests/v2')).toEqual([
      404,
      refused('NOT_FOUND', 'artifact shop/there:v2 not found'),
    ]);
    expect(await get(`shop/there/manifests/${none}`)).toEqual([
      404,
      refused('NOT_FOUND', `artifact shop/there@${none} not found`),
    ]);
    expect(await get('shop/none/manifests/v1')).toEqual([404, refused('NOT_FOUND', 'repository shop/none not found')]);
    expect(await get('shop/none/tags/list')).toEqual([404, refused('NOT_FOUND', 'repository shop/none not found')]);
    expect(await get('shop/there/manifests/.v')).toEqual([404, refused('NOT_FOUND', 'invalid reference format')]);
    expect(await get('alone/manifests/v1')).toEqual([
      400,
      refused('BAD_REQUEST', 'bad request: invalid repository name: alone'),
    ]);
    expect((await world.call('HEAD', `/v2/shop/there/blobs/${none}`, { as: world.admin })).status).toBe(404);
  });

  test('who says that he takes no manifest of OCI gets none: 404 of the registry behind', async () => {
    await world.push('shop/accept', 'v1');
    const headers = { accept: '*/*' };
    const { status, json } = await world.call('GET', '/v2/shop/accept/manifests/v1', { as: world.admin, headers });
    expect([status, json]).toMatchObject([404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] }]);
  });

  test('an unchanged manifest is not sent twice', async () => {
    const { digest } = await world.push('shop/etag', 'v1');
    const headers = { 'if-none-match': `"${digest}"` };
    expect((await world.call('GET', '/v2/shop/etag/manifests/v1', { as: world.admin, headers })).status).toBe(304);
  });

  test('lists tags page by page, and repositories', async () => {
    for (const tag of ['c', 'a', 'b']) await world.push('shop/list', tag);
    const list = async (query: string) => {
      const { headers, json } = await world.call('GET', `/v2/shop/list/tags/list${query}`, { as: world.admin });
      return [json, headers.link];
    };
    expect(await list('')).toEqual([{ name: 'shop/list', tags: ['a', 'b', 'c'] }, undefined]);
    expect(await list('?n=2')).toEqual([
      { name: 'shop/list', tags: ['a', 'b'] },
      '</v2/shop/list/tags/list?last=b&n=2>; rel="next"',
    ]);
    expect(await list('?n=2&last=b')).toEqual([{ name: 'shop/list', tags: ['c'] }, undefined]);
    const catalog = await world.call('GET', '/v2/_catalog', { as: world.admin });
    expect((catalog.json as { repositories: string[] }).repositories).toContain('shop/list');
    const robot = await world.robot('shop', 'cataloguer', ['repository:pull']);
    expect((await world.call('GET', '/v2/_catalog', { as: robot })).headers['www-authenticate']).toBe(
      'Basic realm="harbor"',
    );
  });

  test('DELETE by tag is not supported; by digest it takes the artifact with all its tags', async () => {
    const { digest } = await world.push('shop/delete', 'v1');
    await world.push('shop/delete', 'v2');
    await world.push('shop/delete', 'other', { seed: 'other' });
    const drop = (reference: string) =>
      world.call('DELETE', `/v2/shop/delete/manifests/${reference}`, { as: world.admin });
    const byTag = await drop('v1');
    expect([byTag.status, byTag.json]).toEqual([
      400,
      refused('UNSUPPORTED', 'unsupported digest v1: invalid checksum digest format'),
    ]);
    expect((await drop(digest)).status).toBe(202);
    const tags = await world.call('GET', '/v2/shop/delete/tags/list', { as: world.admin });
    expect(tags.json).toEqual({ name: 'shop/delete', tags: ['other'] });
    expect((await drop(digest)).status).toBe(404);
  });

  test('an index keeps what it names from being deleted, and takes it along when it goes', async () => {
    const child = await world.push('shop/index', null, { seed: 'child' });
    const tagged = await world.push('shop/index', 'kept', { seed: 'tagged' });
    const document = { schemaVersion: 2, mediaType: IMAGE_INDEX, manifests: [descriptor(child), descriptor(tagged)] };
    const index = blob(IMAGE_INDEX, JSON.stringify(document));
    expect((await world.putManifest('shop/index', 'all', index)).status).toBe(201);
    const head = async (digest: string) =>
      (await world.call('HEAD', `/v2/shop/index/manifests/${digest}`, { as: world.admin })).status;
    const drop = (digest: string) => world.call('DELETE', `/v2/shop/index/manifests/${digest}`, { as: world.admin });
    const held = await drop(child.digest);
    expect([held.status, held.json]).toEqual([
      412,
      refused('VIOLATE_FOREIGN_KEY_CONSTRAINT', 'the deleting artifact is referenced by others'),
    ]);
    expect((await drop(index.digest)).status).toBe(202);
    expect([await head(child.digest), await head(tagged.digest)]).toEqual([404, 200]);
  });

  test('an index whose child is not there is refused, and leaves nothing', async () => {
    const child = await world.push('shop/sparse', 'v1');
    await world.call('DELETE', `/v2/shop/sparse/manifests/${child.digest}`, { as: world.admin });
    const used = async () => (await world.api('GET', '/projects/shop/summary')).json;
    const before = await used();
    // The registry behind still has it: it is Harbor that does not.
    const document = { schemaVersion: 2, mediaType: IMAGE_INDEX, manifests: [descriptor(child)] };
    const index = blob(IMAGE_INDEX, JSON.stringify(document));
    const put = await world.putManifest('shop/sparse', 'all', index);
    expect([put.status, put.json]).toEqual([
      404,
      refused('NOT_FOUND', `artifact shop/sparse@${child.digest} not found`),
    ]);
    expect((await world.call('HEAD', '/v2/shop/sparse/manifests/all', { as: world.admin })).status).toBe(404);
    expect(await used()).toEqual(before);
  });

  test('more than 4 MiB of manifest is too much, 4 MiB are not', async () => {
    const most = 4 * 1024 * 1024;
    const bare = await world.blobsOf('shop/large', 'large', { annotations: { fill: '' } });
    const filled = (bytes: number) => {
      const fill = 'x'.repeat(bytes - bare.bytes.length);
      return blob(bare.mediaType, bare.bytes.toString().replace('"fill":""', `"fill":"${fill}"`));
    };
    expect((await world.putManifest('shop/large', 'v1', filled(most))).status).toBe(201);
    const tooMuch = await world.putManifest('shop/large', 'v2', filled(most + 1));
    expect([tooMuch.status, tooMuch.json]).toEqual([
      413,
      refused('REQUEST_ENTITY_TOO_LARGE', 'request entity too large'),
    ]);
  });

  test('what is no manifest', async () => {
    const put = async (type: string, content: string) => {
      const { status, json } = await world.putManifest('shop/wrong', 'v1', blob(type, content));
      return [status, (json as { errors: { code: string }[] }).errors[0]?.code];
    };
    expect(await put('application/json', '{}')).toEqual([400, 'MANIFEST_INVALID']);
    expect(await put('application/vnd.oci.image.manifest.v1+json', '[')).toEqual([400, 'MANIFEST_INVALID']);
    expect(await put('application/vnd.oci.image.manifest.v1+json', '[]')).toEqual([400, 'MANIFEST_INVALID']);
  });

  test('referrers: Harbor has the API, says OCI-Subject, takes them in any order, and filters', async () => {
    const subject = await world.blobsOf('shop/signed', 'subject');
    const signature = await world.blobsOf('shop/signed', 'signature', {
      artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json',
      subject: descriptor(subject),
      annotations: { by: 'me' },
    });
    const sbom = await world.blobsOf('shop/signed', 'sbom', { artifactType: 'x/sbom', subject: descriptor(subject) });
    const first = await world.putManifest('shop/signed', signature.digest, signature);
    expect([first.status, first.headers['oci-subject']]).toEqual([201, subject.digest]);
    await world.putManifest('shop/signed', 'v1', subject);
    await world.putManifest('shop/signed', sbom.digest, sbom);
    const list = (query = '') =>
      world.call('GET', `/v2/shop/signed/referrers/${subject.digest}${query}`, { as: world.admin });
    const all = await list();
    expect(all.headers['content-type']).toBe(IMAGE_INDEX);
    expect((all.json as { manifests: { digest: string }[] }).manifests.map(({ digest }) => digest).sort()).toEqual(
      [signature.digest, sbom.digest].sort(),
    );
    const some = await list('?artifactType=application/vnd.dev.cosign.artifact.sig.v1%2Bjson');
    expect([some.headers['oci-filters-applied'], some.headers['x-total-count']]).toEqual(['artifactType', '2']);
    expect((some.json as { manifests: object[] }).manifests).toEqual([
      {
        ...descriptor(signature),
        annotations: { by: 'me' },
        artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json',
      },
    ]);
    const none = await world.call('GET', `/v2/shop/signed/referrers/sha256:${'1'.repeat(64)}`, { as: world.admin });
    expect([none.status, (none.json as { manifests: object[] }).manifests]).toEqual([200, []]);
    // They go with their subject.
    await world.call('DELETE', `/v2/shop/signed/manifests/${subject.digest}`, { as: world.admin });
    const gone = await world.call('HEAD', `/v2/shop/signed/manifests/${sbom.digest}`, { as: world.admin });
    expect(gone.status).toBe(404);
  });
});

describe('blobs', () => {
  test('are uploaded in pieces and at once; locations name Harbor', async () => {
    const as = world.admin;
    const bytes = Buffer.from('a blob in two pieces');
    const start = await world.call('POST', '/v2/shop/blobs/blobs/uploads/', { as });
    const pathOf = (location: unknown) => {
      const { origin, pathname, search } = new URL(String(location));
      expect(origin).toBe(world.fleet.harbor.url);
      return pathname + search;
    };
    const patch = await world.call('PATCH', pathOf(start.headers.location), {
      as,
      body: bytes.subarray(0, 8),
      headers: { 'content-type': 'application/octet-stream', 'content-range': '0-7' },
    });
    expect([patch.status, patch.headers.range]).toEqual([202, '0-7']);
    const { digest } = blob('', bytes.toString());
    const last = `${pathOf(patch.headers.location)}&digest=${digest}`;
    const put = await world.call('PUT', last, { as, body: bytes.subarray(8), headers: { 'content-range': '8-19' } });
    expect(put.status).toBe(201);
    const get = await world.call('GET', `/v2/shop/blobs/blobs/${digest}`, { as, headers: { range: 'bytes=2-5' } });
    expect([get.status, get.text, get.headers['content-range']]).toEqual([206, 'blob', 'bytes 2-5/20']);
  });

  test('are mounted from where the caller may read; else it is an upload, or 401', async () => {
    const one = blob('x', 'a blob to mount');
    await pushBlob(world.adminUrl, 'open/mount', one);
    const mount = (from: string, as: As) =>
      world.call('POST', `/v2/shop/mount/blobs/uploads/?mount=${one.digest}&from=${from}`, { as });
    const robot = await world.robot('shop', 'mounter', ['repository:push', 'repository:pull']);
    expect((await mount('open/mount', robot)).status).toBe(201);
    expect((await mount('open/none', robot)).status).toBe(202);
    await world.project('closed');
    expect((await mount('closed/web', robot)).status).toBe(401);
    expect((await world.call('HEAD', `/v2/shop/mount/blobs/${one.digest}`, { as: robot })).status).toBe(200);
  });

  test('a caller that goes away in the middle of an upload hurts nobody else', async () => {
    const as = world.admin;
    const start = await world.call('POST', '/v2/shop/broken/blobs/uploads/', { as });
    async function* endless() {
      yield Buffer.alloc(1000);
      await Promise.resolve();
      throw new Error('gone');
    }
    const headers = { authorization: `Basic ${Buffer.from('admin:Harbor12345').toString('base64')}` };
    await expect(
      request(String(start.headers.location), { method: 'PATCH', headers, body: Readable.from(endless()) }),
    ).rejects.toThrow();
    expect((await world.call('GET', '/v2/', { as })).status).toBe(200);
  });
});

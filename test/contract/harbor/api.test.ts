import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blob, descriptor, HarborWorld, IMAGE_INDEX, type As } from '../../support/harbor-world.ts';

// Harbor's own API: projects, repositories, artifacts, tags, robots, replication.

let world: HarborWorld;

beforeAll(async () => {
  world = await HarborWorld.start();
});
afterAll(() => world.stop());

const refused = (code: string, message: string) => ({ errors: [{ code, message }] });
const names = (json: unknown) => (json as { name: string }[]).map(({ name }) => name);

test('ping, and what it says of itself to whom', async () => {
  const ping = await world.call('GET', '/api/v2.0/ping', { headers: { 'x-request-id': 'mine' } });
  expect([ping.text, ping.headers['x-request-id']]).toEqual(['Pong', 'mine']);
  const anonymous = await world.call('GET', '/api/v2.0/systeminfo');
  expect(anonymous.json).not.toHaveProperty('harbor_version');
  const { json } = await world.api('GET', '/systeminfo');
  expect(json).toMatchObject({ harbor_version: expect.stringMatching(/^v2\./) as string, read_only: false });
});

test('unknown paths, methods, bodies', async () => {
  const ask = async (method: string, path: string, body?: Buffer) => {
    const { status, json } = await world.call(method, `/api/v2.0${path}`, {
      as: world.admin,
      ...(body ? { body } : {}),
    });
    return [status, json];
  };
  expect(await ask('GET', '/nothing')).toEqual([404, refused('NOT_FOUND', 'path /api/v2.0/nothing was not found')]);
  expect(await ask('DELETE', '/ping')).toEqual([
    405,
    refused('METHOD_NOT_ALLOWED', 'method DELETE is not allowed, but [GET] are'),
  ]);
  const broken = await ask('POST', '/projects', Buffer.from('{'));
  expect(broken).toMatchObject([400, { errors: [{ code: 'BAD_REQUEST' }] }]);
  expect(await ask('POST', '/projects')).toEqual([
    422,
    refused('UNPROCESSABLE_ENTITY', 'validation failure list:\nproject in body is required'),
  ]);
  expect((await ask('POST', '/projects', Buffer.from('{"project_name":1}')))[0]).toBe(422);
});

describe('projects', () => {
  test('are made, found by name and id, changed and removed', async () => {
    const id = await world.project('life', { public: true });
    const byName = await world.api('GET', '/projects/life');
    expect(byName.json).toMatchObject({ project_id: id, name: 'life', metadata: { public: 'true' }, repo_count: 0 });
    expect((await world.api('GET', `/projects/${id}`)).json).toEqual(byName.json);
    expect((await world.api('HEAD', '/projects?project_name=life')).status).toBe(200);
    expect((await world.api('PUT', '/projects/life', { metadata: { public: 'false' } })).status).toBe(200);
    expect((await world.api('GET', '/projects/life')).json).toMatchObject({ metadata: { public: 'false' } });
    await world.push('life/web', 'v1');
    const held = await world.api('DELETE', '/projects/life');
    expect([held.status, held.json]).toEqual([
      412,
      refused('PRECONDITION', 'precondition failed: the project contains repositories, can not be deleted'),
    ]);
    await world.api('DELETE', '/projects/life/repositories/web');
    expect((await world.api('DELETE', '/projects/life')).status).toBe(200);
    expect((await world.api('GET', '/projects/life')).json).toEqual(refused('NOT_FOUND', 'project life not found'));
    expect((await world.api('HEAD', '/projects?project_name=life')).status).toBe(404);
    expect(await world.project('life')).toBeGreaterThan(id);
  });

  test('a name that is a number is asked for as a name', async () => {
    await world.project('2048');
    const headers = { 'x-is-resource-name': 'true' };
    const { json } = await world.call('GET', '/api/v2.0/projects/2048', { as: world.admin, headers });
    expect(json).toMatchObject({ name: '2048' });
    expect((await world.api('GET', '/projects/2048')).status).toBe(404);
  });

  test.each([
    [{ project_name: 'library' }, 409, 'CONFLICT', 'The project named library already exists'],
    [{ project_name: 'Upper' }, 400, 'BAD_REQUEST', 'project name is not in lower case or contains illegal characters'],
    [
      { project_name: 'x', metadata: { public: 'yes' } },
      400,
      'BAD_REQUEST',
      "metadata.public should only be 'true' or 'false', but got: 'yes'",
    ],
    [
      { project_name: 'x', storage_limit: -2 },
      400,
      'BAD_REQUEST',
      'bad request: invalid non-positive value for quota limit, value=-2',
    ],
    [{ project_name: 'x', registry_id: 99 }, 500, 'UNKNOWN', 'internal server error'],
    [
      { project_name: 'x', registry_id: 0 },
      400,
      'BAD_REQUEST',
      'bad request: 0 is invalid value of registry_id, it should be geater than 0',
    ],
  ])('%j is refused', async (body, status, code, message) => {
    const answer = await world.api('POST', '/projects', body);
    expect([answer.status, answer.json]).toEqual([status, refused(code, message)]);
    expect((await world.api('HEAD', '/projects?project_name=x')).status).toBe(404);
  });

  test('are listed page by page, with Links and the number of all', async () => {
    for (let n = 1; n <= 12; n++) await world.project(`page-${String(n).padStart(2, '0')}`);
    const page = async (query: string) => {
      const { headers, json } = await world.api('GET', `/projects?${query}`);
      return { names: names(json), link: headers.link, total: headers['x-total-count'] };
    };
    const first = await page('name=page-');
    expect(first.names).toHaveLength(10);
    expect([first.total, first.link]).toEqual([
      '12',
      '</api/v2.0/projects?name=page-&page=2&page_size=10>; rel="next"',
    ]);
    const middle = await page('name=page-&page=2&page_size=5');
    expect(middle.names).toEqual(['page-06', 'page-07', 'page-08', 'page-09', 'page-10']);
    expect(middle.link).toBe(
      '</api/v2.0/projects?name=page-&page=1&page_size=5>; rel="prev" , </api/v2.0/projects?name=page-&page=3&page_size=5>; rel="next"',
    );
    expect((await page('q=name=~page-1&sort=-name')).names).toEqual(['page-12', 'page-11', 'page-10']);
    const tooMuch = await world.api('GET', '/projects?page_size=101');
    expect([tooMuch.status, tooMuch.json]).toEqual([
      422,
      refused(
        'UNPROCESSABLE_ENTITY',
        'validation failure list:\npage_size in query should be less than or equal to 100',
      ),
    ]);
    expect((await world.api('GET', '/projects?q=name')).status).toBe(400);
  });

  test('who sees which: nobody in particular the public ones, robots theirs, too', async () => {
    await world.project('seen-public', { metadata: { public: 'true' } });
    await world.project('seen-mine');
    await world.project('seen-other');
    const robot = await world.robot('seen-mine', 'looker', ['repository:pull']);
    const list = async (as: As, query = '') =>
      names((await world.call('GET', `/api/v2.0/projects?q=name=~seen-${query}`, { as })).json);
    expect(await list(null)).toEqual(['seen-public']);
    expect(await list(null, '&public=false')).toEqual([]);
    expect(await list(robot)).toEqual(['seen-mine', 'seen-public']);
    expect(await list(world.admin)).toEqual(['seen-mine', 'seen-other', 'seen-public']);
    const ask = async (as: As, path: string) => {
      const { status, json } = await world.call('GET', `/api/v2.0${path}`, { as });
      return [status, json];
    };
    expect(await ask(null, '/projects/seen-mine')).toEqual([401, refused('UNAUTHORIZED', 'unauthorized')]);
    expect(await ask(robot, '/projects/seen-other')).toEqual([403, refused('FORBIDDEN', 'forbidden')]);
    // What does not exist only the admin is told.
    expect(await ask(robot, '/projects/seen-none')).toEqual([403, refused('FORBIDDEN', 'forbidden')]);
    expect((await ask(null, '/projects/seen-public'))[0]).toBe(200);
    expect((await ask({ user: 'admin', password: 'no' }, '/quotas'))[0]).toBe(401);
  });
});

describe('repositories and artifacts', () => {
  test('a repository below its project, its slashes encoded twice; found by a blob', async () => {
    await world.project('repos');
    const manifest = await world.push('repos/a/web', 'v1');
    await world.push('repos/b', 'v1', { seed: 'b' });
    const path = '/projects/repos/repositories/a%252Fweb';
    expect((await world.api('GET', path)).json).toMatchObject({
      name: 'repos/a/web',
      artifact_count: 1,
      pull_count: 0,
    });
    await world.call('GET', '/v2/repos/a/web/manifests/v1', { as: world.admin });
    expect((await world.api('GET', path)).json).toMatchObject({ pull_count: 1 });
    expect((await world.api('GET', '/projects/repos/repositories/a%2Fweb')).status).toBe(404);
    expect(names((await world.api('GET', '/projects/repos/repositories')).json)).toEqual(['repos/b', 'repos/a/web']);
    const layers = JSON.parse(manifest.bytes.toString()) as { layers: { digest: string }[] };
    for (const digest of [manifest.digest, layers.layers[0]?.digest ?? '']) {
      const found = await world.api('GET', `/repositories?q=blob_digest=${digest}&page_size=1`);
      expect(names(found.json)).toEqual(['repos/a/web']);
    }
    const robot = await world.robot('repos', 'looker', ['repository:list']);
    const asRobot = await world.call('GET', '/api/v2.0/repositories?q=name=~repos/', { as: robot });
    expect(names(asRobot.json)).toEqual(['repos/b', 'repos/a/web']);
    expect((await world.call('GET', '/api/v2.0/repositories?q=name=~repos/')).json).toEqual([]);
    expect((await world.api('DELETE', path)).status).toBe(200);
    expect((await world.api('GET', path)).json).toEqual(refused('NOT_FOUND', 'repository repos/a/web not found'));
  });

  test('artifacts with their tags; children of indexes and accessories stay out of the list', async () => {
    await world.project('arts');
    const child = await world.push('arts/web', null, { seed: 'child' });
    const document = {
      schemaVersion: 2,
      mediaType: IMAGE_INDEX,
      manifests: [{ ...descriptor(child), platform: { os: 'linux', architecture: 'amd64' } }],
    };
    const index = blob(IMAGE_INDEX, JSON.stringify(document));
    await world.putManifest('arts/web', 'all', index);
    await world.push('arts/web', null, {
      seed: 'signature',
      more: { artifactType: 'x/y', subject: descriptor(index) },
    });
    const plain = await world.push('arts/web', 'v1', { seed: 'plain' });
    const artifacts = '/projects/arts/repositories/web/artifacts';
    const list = async (query = '') => {
      const { json } = await world.api('GET', `${artifacts}${query}`);
      return (json as { digest: string }[]).map(({ digest }) => digest);
    };
    expect(await list()).toEqual([plain.digest, index.digest]);
    expect(await list('?q=base=*')).toEqual([plain.digest, index.digest, child.digest]);
    expect(await list('?q=tags=all')).toEqual([index.digest]);
    expect(await list('?q=tags=~v')).toEqual([plain.digest]);
    expect(await list('?q=base=*,tags=nil')).toEqual([child.digest]);
    const one = await world.api('GET', `${artifacts}/all`);
    expect(one.json).toMatchObject({
      type: 'IMAGE',
      digest: index.digest,
      manifest_media_type: IMAGE_INDEX,
      tags: [{ name: 'all', immutable: false }],
      references: [{ child_digest: child.digest, platform: { os: 'linux', architecture: 'amd64' } }],
      accessories: [{ type: 'subject.accessory', subject_artifact_digest: index.digest }],
    });
    expect((await world.api('GET', `${artifacts}/${child.digest}`)).json).toMatchObject({ tags: null });
    const accessories = await world.api('GET', `${artifacts}/all/accessories`);
    expect(accessories.json).toHaveLength(1);
    expect((await world.api('DELETE', `${artifacts}/all`)).status).toBe(200);
    expect(await list('?q=base=*')).toEqual([plain.digest]);
    expect((await world.api('GET', `${artifacts}/all`)).json).toEqual(
      refused('NOT_FOUND', 'artifact arts/web:all not found'),
    );
  });

  test('tags are put on, listed and taken off one by one', async () => {
    await world.project('tagged');
    const { digest } = await world.push('tagged/web', 'v1');
    const tags = `/projects/tagged/repositories/web/artifacts/${digest}/tags`;
    expect((await world.api('POST', tags, { name: 'stable' })).status).toBe(201);
    expect(names((await world.api('GET', tags)).json)).toEqual(['stable', 'v1']);
    const again = await world.api('POST', tags, { name: 'stable' });
    expect([again.status, again.json]).toMatchObject([409, { errors: [{ code: 'CONFLICT' }] }]);
    expect((await world.api('POST', tags, { name: '-' })).status).toBe(400);
    const pulled = await world.call('HEAD', '/v2/tagged/web/manifests/stable', { as: world.admin });
    expect(pulled.headers['docker-content-digest']).toBe(digest);
    expect((await world.api('DELETE', `${tags}/stable`)).status).toBe(200);
    expect((await world.api('DELETE', `${tags}/stable`)).status).toBe(404);
    expect(names((await world.api('GET', tags)).json)).toEqual(['v1']);
    const robot = await world.robot('tagged', 'pusher', ['repository:push', 'tag:list']);
    const as = { as: robot };
    expect((await world.call('GET', `/api/v2.0${tags}`, as)).status).toBe(200);
    expect((await world.call('POST', `/api/v2.0${tags}`, { ...as, body: { name: 'x' } })).status).toBe(403);
  });
});

describe('robots', () => {
  test('of a project and of the system: made with a secret that is said once, listed by level, removed', async () => {
    const id = await world.project('robots');
    await world.robot('robots', 'one', ['repository:pull']);
    const made = await world.api('POST', '/robots', {
      name: 'everywhere',
      level: 'system',
      duration: 30,
      permissions: [
        { kind: 'project', namespace: '*', access: [{ resource: 'repository', action: 'pull' }] },
        { kind: 'system', namespace: '/', access: [{ resource: 'project', action: 'create' }] },
      ],
    });
    const {
      id: robotId,
      name,
      secret,
      expires_at,
    } = made.json as { id: number; name: string; secret: string; expires_at: number };
    expect([name, made.headers.location]).toEqual(['robot$everywhere', `/api/v2.0/robots/${robotId}`]);
    expect(expires_at).toBeGreaterThan(Date.now() / 1000 + 29 * 86_400);
    const ofProject = await world.api('GET', `/robots?q=Level=project,ProjectID=${id}`);
    expect(ofProject.json).toMatchObject([
      {
        name: 'robot$robots+one',
        level: 'project',
        duration: -1,
        expires_at: -1,
        disable: false,
        permissions: [{ kind: 'project', namespace: 'robots', access: [{ resource: 'repository', action: 'pull' }] }],
      },
    ]);
    expect(JSON.stringify(ofProject.json)).not.toContain('secret');
    expect(names((await world.api('GET', '/robots')).json)).toContain('robot$everywhere');
    expect((await world.api('GET', '/robots?q=Level=project')).status).toBe(400);
    const as = { user: name, password: secret };
    // It may make projects, and sees what it may pull from: all.
    expect((await world.call('POST', '/api/v2.0/projects', { as, body: { project_name: 'by-robot' } })).status).toBe(
      201,
    );
    expect((await world.call('GET', `/api/v2.0/robots/${robotId}`, { as })).status).toBe(403);
    expect((await world.api('DELETE', `/robots/${robotId}`)).status).toBe(200);
    expect((await world.call('GET', '/v2/', { as })).status).toBe(401);
    expect((await world.api('GET', `/robots/${robotId}`)).json).toEqual(
      refused('NOT_FOUND', `robot ${robotId} not found`),
    );
  });

  test('one of a project makes no project; what it may do otherwise is what its permissions say', async () => {
    await world.project('scope');
    const robot = await world.robot('scope', 'hooks', ['notification-policy:list', 'artifact:list', 'robot:create']);
    const ask = async (method: string, path: string, body?: object) =>
      (await world.call(method, `/api/v2.0${path}`, { as: robot, ...(body ? { body } : {}) })).status;
    expect(await ask('GET', '/projects/scope/webhook/policies')).toBe(200);
    expect(await ask('POST', '/projects/scope/webhook/policies', {})).toBe(403);
    expect(await ask('POST', '/projects', { project_name: 'no' })).toBe(403);
    expect(await ask('GET', '/replication/policies')).toBe(403);
    expect(await ask('GET', '/permissions')).toBe(403);
    const child = (action: string) => ({
      name: `child-${action}`,
      level: 'project',
      duration: -1,
      permissions: [{ kind: 'project', namespace: 'scope', access: [{ resource: 'artifact', action }] }],
    });
    expect(await ask('POST', '/robots', child('list'))).toBe(201);
    expect(await ask('POST', '/robots', child('delete'))).toBe(403);
    const all = (await world.api('GET', '/permissions')).json;
    expect(all).toMatchObject({
      project: expect.arrayContaining([{ resource: 'repository', action: 'push' }]) as object[],
      system: expect.arrayContaining([{ resource: 'replication-policy', action: 'list' }]) as object[],
    });
  });

  test('whoever asks is told what they may in a project; robots nothing of the system', async () => {
    const id = await world.project('asked');
    const robot = await world.robot('asked', 'asker', ['repository:push', 'tag:delete', 'robot:create']);
    const system = await world.robot('asked', 'asker', ['repository:push', 'project:read'], 'system');
    const ask = async (as: As, query: string) => {
      const { status, json } = await world.call('GET', `/api/v2.0/users/current/permissions${query}`, { as });
      return status === 200 ? json : status;
    };
    const here = `?scope=/project/${id}&relative=true`;
    // What push brings with it is told, too.
    expect(await ask(robot, here)).toEqual([
      { resource: 'repository', action: 'pull' },
      { resource: 'repository', action: 'push' },
      { resource: 'robot', action: 'create' },
      { resource: 'tag', action: 'delete' },
    ]);
    expect(await ask(system, `?scope=/project/${id}`)).toEqual([
      { resource: `/project/${id}`, action: 'read' },
      { resource: `/project/${id}/repository`, action: 'push' },
    ]);
    expect(await ask(world.admin, here)).toEqual(
      expect.arrayContaining([
        { resource: '.', action: 'delete' },
        { resource: 'notification-policy', action: 'create' },
      ]),
    );
    expect(await ask(robot, '?scope=/project/999999')).toEqual([]);
    expect(await ask(system, '?scope=/system')).toEqual([]);
    expect(await ask(robot, '')).toEqual([]);
    expect(await ask(null, here)).toBe(401);
  });

  test('a project of a name that none may have: who may not make any is told that first', async () => {
    const robot = await world.robot('library', 'no-maker', ['repository:pull']);
    const ask = async (as: As) =>
      (await world.call('POST', '/api/v2.0/projects', { as, body: { project_name: '-' } })).status;
    expect([await ask(world.admin), await ask(robot), await ask(null)]).toEqual([400, 403, 401]);
  });

  const access = [{ resource: 'repository', action: 'pull' }];
  const permissions = [{ kind: 'project', namespace: 'library', access }];
  const right = { name: 'x', level: 'project', duration: -1, permissions };
  test.each([
    [{ name: 'X' }, 400, 'robot name is not in lower case or contains illegal characters'],
    [
      { duration: 0 },
      400,
      'bad request error duration input: 0, duration must be either -1(Never) or a positive integer',
    ],
    [{ level: 'world' }, 400, 'bad request error level input: world'],
    [{ permissions: [] }, 400, 'bad request empty permission'],
    [{ permissions: [{ kind: 'project', namespace: 'library', access: [] }] }, 400, 'bad request empty access'],
    [{ permissions: [...permissions, ...permissions] }, 400, 'bad request permission'],
    [{ permissions: [{ kind: 'galaxy', namespace: '*', access }] }, 400, 'bad request permission level: galaxy'],
    [
      { permissions: [{ kind: 'project', namespace: 'library', access: [{ resource: 'repository', action: 'fly' }] }] },
      400,
      'bad request permission: repository:fly',
    ],
    [{ permissions: [{ kind: 'project', namespace: 'none', access }] }, 404, 'project none not found'],
    [{ permissions: [{ kind: 'project', namespace: '*', access }] }, 404, 'project * not found'],
    [
      {
        level: 'system',
        permissions: [{ kind: 'system', namespace: '*', access: [{ resource: 'quota', action: 'read' }] }],
      },
      400,
      'unknown namespace',
    ],
  ])('%j is refused', async (wrong, status, message) => {
    const answer = await world.api('POST', '/robots', { ...right, ...wrong });
    expect([answer.status, (answer.json as { errors: { message: string }[] }).errors[0]?.message]).toEqual([
      status,
      message,
    ]);
  });

  test('two of one name', async () => {
    await world.robot('library', 'twin', ['repository:pull']);
    await expect(world.robot('library', 'twin', ['repository:pull'])).rejects.toThrow(
      'robot account 1:library+twin already exists',
    );
  });
});

test('replication rules are kept, to see what they would copy', async () => {
  const registry = await world.api('POST', '/registries', {
    name: 'south',
    type: 'harbor',
    url: 'https://south.example',
    credential: { access_key: 'robot', access_secret: 'hidden' },
  });
  const id = Number(String(registry.headers.location).split('/').at(-1));
  const listed = await world.api('GET', '/registries');
  expect(listed.json).toMatchObject([{ id, name: 'south', status: 'healthy', credential: { access_secret: '*****' } }]);
  const right = {
    name: 'to-south',
    dest_registry: { id },
    filters: [
      { type: 'name', value: 'shop/**' },
      { type: 'tag', value: 'v*', decoration: 'matches' },
    ],
    trigger: { type: 'event_based' },
    override: true,
    enabled: true,
  };
  const made = await world.api('POST', '/replication/policies', right);
  const path = `/replication/policies/${String(made.headers.location).split('/').at(-1) ?? ''}`;
  const shown = await world.api('GET', path);
  expect(shown.json).toMatchObject({
    ...right,
    src_registry: { id: 0, name: 'Local', type: 'harbor' },
    dest_registry: { id, url: 'https://south.example' },
    dest_namespace_replace_count: -1,
  });
  expect((await world.api('GET', '/replication/policies')).json).toEqual([shown.json]);
  expect((await world.api('POST', '/replication/policies', right)).status).toBe(409);
  const refuse = async (wrong: object) => {
    const { status, json } = await world.api('POST', '/replication/policies', { ...right, name: 'x', ...wrong });
    return [status, (json as { errors: { message: string }[] }).errors[0]?.message];
  };
  expect(await refuse({ dest_registry: null })).toEqual([
    400,
    "either src_registry or dest_registry should be empty and the other one shouldn't be empty",
  ]);
  expect(await refuse({ dest_registry: { id: 77 } })).toEqual([404, 'registry 77 not found']);
  expect(await refuse({ trigger: { type: 'moon' } })).toEqual([400, 'invalid trigger type']);
  expect(await refuse({ trigger: { type: 'scheduled' } })).toEqual([
    400,
    'the cron string cannot be empty when the trigger type is scheduled',
  ]);
  expect(await refuse({ single_active_replication: true })).toEqual([500, 'internal server error']);
  expect((await world.api('DELETE', path)).status).toBe(200);
  expect((await world.api('GET', path)).status).toBe(404);
});

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { blob, descriptor, HarborWorld, IMAGE_INDEX } from '../../support/harbor-world.ts';
import { Receiver } from '../../support/webhook-receiver.ts';

// What Harbor tells of what happens in it, and how it sees to it that it is heard.

let world: HarborWorld;
let receiver: Receiver;
let projects = 0;
let project = '';
let projectId = 0;

beforeAll(async () => {
  world = await HarborWorld.start({ webhookTimeout: 0.3, webhookRetries: [0.05, 0.1] });
});
afterAll(() => world.stop());
beforeEach(async () => {
  receiver = await Receiver.start();
  project = `p${++projects}`;
  projectId = await world.project(project, { metadata: { public: 'true' } });
});
afterEach(() => receiver.stop());

const policies = () => `/projects/${project}/webhook/policies`;

async function policy(more: { event_types?: string[]; enabled?: boolean; target?: object } = {}): Promise<number> {
  const { event_types = ['PUSH_ARTIFACT'], enabled = true, target = {} } = more;
  const targets = [{ type: 'http', address: receiver.url, ...target }];
  const name = `hook-${Math.random()}`;
  const { status, headers, text } = await world.api('POST', policies(), { name, targets, event_types, enabled });
  if (status !== 201) throw new Error(text);
  return Number(String(headers.location).split('/').at(-1));
}

/** Waits until the receiver has so many, and none is under way. */
async function messages(count: number): Promise<Record<string, unknown>[]> {
  await expect.poll(() => receiver.received.length, { interval: 5 }).toBeGreaterThanOrEqual(count);
  await settled();
  expect(receiver.received).toHaveLength(count);
  return receiver.received.map(({ body }) => body);
}

async function settled(): Promise<void> {
  const waiting = async () =>
    ((await world.hand('GET', '/webhooks')) as { state: string }[]).filter(({ state }) => state === 'waiting');
  await expect.poll(waiting, { interval: 5 }).toEqual([]);
}

const resource = (body: unknown) => (body as { event_data: { resources: [object] } }).event_data.resources[0];

test('Default format, field by field; the Authorization is what the policy says', async () => {
  await policy({ target: { auth_header: 'Token abc' } });
  const before = Math.floor(Date.now() / 1000);
  const { digest } = await world.push(`${project}/a/web`, 'v1');
  const [body] = await messages(1);
  const { occur_at: at, event_data: data } = body as {
    occur_at: number;
    event_data: { repository: { date_created: number } };
  };
  expect(at).toBeGreaterThanOrEqual(before);
  expect(data.repository.date_created).toBeGreaterThanOrEqual(before);
  expect(body).toEqual({
    type: 'PUSH_ARTIFACT',
    occur_at: at,
    operator: 'admin',
    event_data: {
      resources: [{ digest, tag: 'v1', resource_url: `registry.north.internal/${project}/a/web:v1` }],
      repository: {
        date_created: data.repository.date_created,
        name: 'a/web',
        namespace: project,
        repo_full_name: `${project}/a/web`,
        repo_type: 'public',
      },
    },
  });
  expect(receiver.received[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    authorization: 'Token abc',
  });
});

test('CloudEvents format: the same data, an id of its own for each policy', async () => {
  const ids = [
    await policy({ target: { payload_format: 'CloudEvents' } }),
    await policy({ target: { payload_format: 'CloudEvents' } }),
  ];
  const { digest } = await world.push(`${project}/web`, 'v1');
  const bodies = (await messages(2)) as { id: string; source: string; time: string; requestid: string; data: object }[];
  expect(bodies.map(({ source }) => source).sort()).toEqual(
    ids.map((id) => `/projects/${projectId}/webhook/policies/${id}`).sort(),
  );
  expect(new Set(bodies.map(({ id }) => id)).size).toBe(2);
  expect(new Set(bodies.map(({ requestid }) => requestid)).size).toBe(1);
  for (const body of bodies) {
    expect(Object.keys(body).sort()).toEqual(
      ['data', 'datacontenttype', 'id', 'operator', 'requestid', 'source', 'specversion', 'time', 'type'].sort(),
    );
    expect(body).toMatchObject({
      specversion: '1.0',
      type: 'harbor.artifact.pushed',
      datacontenttype: 'application/json',
      operator: 'admin',
      data: { resources: [{ digest, tag: 'v1' }], repository: { repo_full_name: `${project}/web` } },
    });
    expect(body.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  }
  expect(receiver.received[0]?.headers['content-type']).toBe('application/cloudevents+json');
});

test('pushed by digest, the digest stands where the tag does', async () => {
  await policy();
  const { digest } = await world.push(`${project}/web`, null);
  const [body] = await messages(1);
  expect(resource(body)).toEqual({
    digest,
    tag: digest,
    resource_url: `registry.north.internal/${project}/web@${digest}`,
  });
});

test('an index gives one event for each child and one for itself; the same pushed again fires again', async () => {
  await policy();
  const repository = `${project}/multi`;
  const children = [
    await world.push(repository, null, { seed: 'amd' }),
    await world.push(repository, null, { seed: 'arm' }),
  ];
  const index = blob(
    IMAGE_INDEX,
    JSON.stringify({ schemaVersion: 2, mediaType: IMAGE_INDEX, manifests: children.map(descriptor) }),
  );
  for (let time = 0; time < 2; time++) expect((await world.putManifest(repository, 'v1', index)).status).toBe(201);
  const tags = (await messages(4)).map((body) => (resource(body) as { tag: string }).tag);
  expect(tags.sort()).toEqual([...children.map(({ digest }) => digest), 'v1', 'v1'].sort());
});

test('a policy for Slack is kept, and told nothing', async () => {
  await policy({ target: { type: 'slack' } });
  await policy();
  await world.push(`${project}/web`, 'v1');
  await messages(1);
});

test('a tag that is made or removed by the API tells nobody', async () => {
  await policy({ event_types: ['PUSH_ARTIFACT', 'DELETE_ARTIFACT'] });
  await world.push(`${project}/web`, 'v1');
  const tags = `/projects/${project}/repositories/web/artifacts/v1/tags`;
  expect((await world.api('POST', tags, { name: 'stable' })).status).toBe(201);
  expect((await world.api('DELETE', `${tags}/stable`)).status).toBe(200);
  // A push after that arrives as the second, so nothing came in between.
  await world.push(`${project}/web`, 'v2');
  const bodies = await messages(2);
  expect(bodies.map((body) => (resource(body) as { tag: string }).tag).sort()).toEqual(['v1', 'v2']);
});

test('a copy by a robot fires like any push, and names the robot', async () => {
  await policy();
  const robot = (await world.robot(project, 'copier', ['repository:push'])) as { user: string; password: string };
  const manifest = await world.blobsOf(`${project}/web`, 'copied');
  await world.putManifest(`${project}/web`, 'v1', manifest, robot);
  // By token the operator is the same.
  const { answer } = await world.withToken('POST', `/v2/${project}/web/blobs/uploads/`, robot);
  expect(answer.status).toBe(202);
  const [body] = await messages(1);
  expect(body?.operator).toBe(`robot$${project}+copier`);
});

test('pulls and deletions, where they are asked for; HEAD is no pull, and what replication reads is none', async () => {
  await policy({ event_types: ['PULL_ARTIFACT', 'DELETE_ARTIFACT'] });
  const { digest } = await world.push(`${project}/web`, 'v1');
  await world.push(`${project}/web`, 'v0');
  const get = (method: string, reference: string, agent = 'test') =>
    world.call(method, `/v2/${project}/web/manifests/${reference}`, {
      as: world.admin,
      headers: { 'user-agent': agent },
    });
  await get('HEAD', 'v1');
  await get('GET', 'v1', 'harbor-registry-client');
  await get('GET', 'v1');
  await messages(1);
  await get('GET', digest);
  await messages(2);
  await world.call('DELETE', `/v2/${project}/web/manifests/${digest}`, { as: world.admin });
  const bodies = await messages(3);
  expect(bodies.map(({ type }) => type)).toEqual(['PULL_ARTIFACT', 'PULL_ARTIFACT', 'DELETE_ARTIFACT']);
  // One resource, however many tags went.
  expect(bodies.map((body) => (resource(body) as { tag: string }).tag)).toEqual(['v1', digest, 'v1']);
});

test('a quota that is exceeded, or nearly, with the arithmetic', async () => {
  await policy({ event_types: ['QUOTA_EXCEED', 'QUOTA_WARNING'] });
  await world.push(`${project}/web`, 'v1');
  const { quota } = (await world.api('GET', `/projects/${project}/summary`)).json as {
    quota: { used: { storage: number } };
  };
  await world.hand('PUT', `/projects/${project}/quota`, { hard: quota.used.storage + 100 });
  const start = await world.call('POST', `/v2/${project}/web/blobs/uploads/`, { as: world.admin });
  expect(start.status).toBe(202);
  const [warning] = await messages(1);
  expect(warning).toMatchObject({
    type: 'QUOTA_WARNING',
    event_data: {
      repository: { repo_full_name: `${project}/web` },
      custom_attributes: { Details: expect.stringMatching(/^quota usage reach 85%: resource storage used /) as string },
    },
  });
  expect((warning?.event_data as object | undefined) ?? {}).not.toHaveProperty('resources');
  await expect(world.blobsOf(`${project}/web`, 'more')).rejects.toThrow('403');
  // The config was begun and ended, the layer begun: each is a warning. There is no room for the layer.
  const types = (await messages(5)).map(({ type }) => type);
  expect(types.sort()).toEqual(['QUOTA_EXCEED', ...Array<string>(4).fill('QUOTA_WARNING')]);
});

test('three tries, each with 3 s (here 0.3) to answer; then it is given up', async () => {
  await policy();
  receiver.answers.push(500, 'hang', 204);
  await world.push(`${project}/web`, 'v1');
  const bodies = await messages(3);
  expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  const [delivery] = ((await world.hand('GET', '/webhooks')) as { tries: string[]; state: string }[]).slice(-1);
  expect(delivery).toMatchObject({ state: 'delivered', tries: ['500', expect.any(String) as string, '204'] });

  receiver.answers.push(503, 302, 404);
  await world.push(`${project}/web`, 'v2');
  await messages(6);
  const [last] = ((await world.hand('GET', '/webhooks')) as { tries: string[]; state: string }[]).slice(-1);
  expect(last).toMatchObject({ state: 'given up', tries: ['503', '302', '404'] });
});

test('what was not heard is sent after a restart', async () => {
  await policy();
  receiver.answers.push('hang');
  await world.push(`${project}/web`, 'v1');
  await expect.poll(() => receiver.received.length, { interval: 5 }).toBe(1);
  await world.fleet.process('harbor').restart();
  await messages(2);
});

test('lost, doubled, late: by number, as armed', async () => {
  await policy();
  await world.hand('POST', '/webhooks/mishaps', { call: 2, body: project, mishap: { kind: 'lose' } });
  await world.hand('POST', '/webhooks/mishaps', { call: 3, body: project, mishap: { kind: 'duplicate', times: 5 } });
  await world.hand('POST', '/webhooks/mishaps', { call: 4, body: project, mishap: { kind: 'delay', ms: 50 } });
  for (const tag of ['v1', 'v2', 'v3', 'v4']) await world.push(`${project}/web`, tag);
  const tags = (await messages(7)).map((body) => (resource(body) as { tag: string }).tag);
  expect(tags.sort()).toEqual(['v1', 'v3', 'v3', 'v3', 'v3', 'v3', 'v4']);
});

test('policies: read, changed, switched off, removed; of a project alone', async () => {
  const id = await policy({ target: { auth_header: 'secret', skip_cert_verify: true } });
  const path = `${policies()}/${id}`;
  const shown = await world.api('GET', path);
  expect(shown.json).toMatchObject({
    id,
    project_id: projectId,
    enabled: true,
    event_types: ['PUSH_ARTIFACT'],
    targets: [
      { type: 'http', address: receiver.url, auth_header: 'secret', skip_cert_verify: true, payload_format: 'Default' },
    ],
  });
  expect((await world.api('GET', `/projects/${projectId}/webhook/policies`)).headers['x-total-count']).toBe('1');
  const body = shown.json as object;
  expect((await world.api('PUT', path, { ...body, enabled: false })).status).toBe(200);
  await world.push(`${project}/web`, 'v1');
  await world.api('PUT', path, { ...body, enabled: true });
  await world.push(`${project}/web`, 'v2');
  expect(resource((await messages(1))[0])).toMatchObject({ tag: 'v2' });
  expect((await world.api('GET', `/projects/library/webhook/policies/${id}`)).status).toBe(404);
  expect((await world.api('DELETE', path)).status).toBe(200);
  expect((await world.api('GET', path)).json).toEqual({
    errors: [{ code: 'NOT_FOUND', message: `notificationPolicy ${id} not found` }],
  });
  const events = await world.api('GET', `/projects/${project}/webhook/events`);
  expect(events.json).toMatchObject({
    event_type: expect.arrayContaining(['PUSH_ARTIFACT', 'QUOTA_EXCEED']) as string[],
    notify_type: ['http', 'slack'],
    payload_formats: [{ notify_type: 'http', formats: ['Default', 'CloudEvents'] }],
  });
});

test.each([
  [{ event_types: [] }, 'empty event type'],
  [{ event_types: ['CREATE_TAG'] }, 'unsupported event type CREATE_TAG'],
  [{ targets: [] }, 'empty notification target with policy hook'],
  [{ targets: [{ type: 'http', address: '' }] }, 'empty URL'],
  [{ targets: [{ type: 'http', address: 'ftp://x' }] }, 'invalid scheme: ftp'],
  [{ targets: [{ type: 'mail', address: 'http://x' }] }, 'unsupported target type mail with policy hook'],
  [{ targets: [{ type: 'http', address: 'http://x', payload_format: 'XML' }] }, 'unsupported payload format type: XML'],
  [
    { targets: [{ type: 'slack', address: 'http://x', payload_format: 'Default' }] },
    'set payload format is not allowed for slack',
  ],
])('a policy that Harbor does not take: %j', async (wrong, message) => {
  const right = { name: 'hook', event_types: ['PUSH_ARTIFACT'], targets: [{ type: 'http', address: receiver.url }] };
  const { status, json } = await world.api('POST', policies(), { ...right, ...wrong });
  expect([status, json]).toEqual([400, { errors: [{ code: 'BAD_REQUEST', message }] }]);
});

test('two policies of one name', async () => {
  const body = { name: 'hook', event_types: ['PUSH_ARTIFACT'], targets: [{ type: 'http', address: receiver.url }] };
  await world.api('POST', policies(), body);
  expect((await world.api('POST', policies(), body)).json).toEqual({
    errors: [{ code: 'CONFLICT', message: 'notification policy named hook already exists' }],
  });
});

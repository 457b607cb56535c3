import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectActivities } from '../../../src/activities/connect.ts';
import { parseFleet } from '../../../src/domain/fleet.ts';
import type { Finding } from '../../../src/domain/sync/connection.ts';
import { parseRule, type SyncRule } from '../../../src/domain/sync/rule.ts';
import { openRegistries, type Registries } from '../../../src/worker/registries.ts';
import { asActivity } from '../../support/activity.ts';
import { HarborWorld, type As } from '../../support/harbor-world.ts';
import type { Adversary } from '../../support/registry/adversary.ts';
import { RegistryWorld } from '../../support/registry/world.ts';

// What the worker of an IDC finds of its Harbor, `north`, and of registries without an API of their own, `south` and `east`.

let harbor: HarborWorld;
let other: Adversary;
const others = new RegistryWorld();
const opened: Registries[] = [];
const SECRET = 'Bearer of-north';
const HOOK = 'https://transship.example.com/v1/hooks/registry/north';

beforeAll(async () => {
  harbor = await HarborWorld.start();
  other = await others.registry();
});
afterAll(async () => {
  await Promise.all(opened.map((registries) => registries.close()));
  await others.end();
  await harbor.stop();
});

interface Looking {
  as?: As;
  rules?: SyncRule[];
  apply?: boolean;
  registry?: string;
  /** Of the registries in the fleet file. */
  more?: string;
  /** Default: that of the Harbor. */
  url?: string;
}

function fleetOf(as: As, more: string, url = harbor.fleet.harbor.url) {
  const user = as !== null && 'user' in as ? `, credential: { user: '${as.user}', password: '${as.password}' }` : '';
  return parseFleet(
    `
fleet: test
environments: [{ name: pro }]
idcs:
  - name: north
    azs: [az-1]
    registry: { url: '${url}', kind: harbor${user}${more} }
    clusters: [{ name: north-m, kind: marathon, urls: ['http://127.0.0.1:9'], network: none }]
  - name: south
    azs: [az-1]
    registry: { url: '${other.url}', host: south.example.com${more} }
    replicas: [{ name: east, url: 'http://127.0.0.1:9' }]
    clusters: [{ name: south-m, kind: marathon, urls: ['http://127.0.0.2:9'], network: none }]
catalogue: { url: postgres://127.0.0.1:1/none }
api: { url: https://transship.example.com }
`,
    {},
    'fleet.yml',
  );
}

async function connect(looking: Looking = {}): Promise<Record<string, Finding>> {
  const { as = harbor.admin, rules = [], apply = false, registry = 'north' } = looking;
  const fleet = fleetOf(as, looking.more ?? `, webhookSecret: '${SECRET}'`, looking.url);
  const registries = openRegistries(fleet, ['north', 'south'], async () => Promise.resolve(1));
  opened.push(registries);
  const activities = connectActivities((name) => registries.client(name), fleet);
  const found = await asActivity(() => activities.connectRegistry({ registry, rules, apply }));
  expect(found.registry).toBe(registry);
  return Object.fromEntries(found.findings.map((finding) => [finding.about, finding]));
}

const rule = (name: string, way: string, images: string[], more: object = {}): SyncRule => {
  const [from, to] = way.split(' > ');
  const text = { name, from, to: to?.split(' '), images: images.map((repository) => ({ repository })), ...more };
  return parseRule(JSON.stringify(text), fleetOf(null, ''), 'rule.yml');
};

const ALL = ['repository:pull', 'repository:push', 'tag:delete'];
const HOOKS = ['list', 'create', 'update'].map((action) => `notification-policy:${action}`);

test('a project that images come from: what is missing, made, and then as it should be', async () => {
  await harbor.project('out');
  const rules = [rule('out', 'north > south', ['out/**'])];
  const about = 'webhook of project out';
  const first = await connect({ rules });
  expect(first).toMatchObject({
    registry: { state: 'ok', message: expect.stringMatching(/^Harbor v2\.16/) as string },
    'list of repositories': { state: 'ok' },
    'project out': { state: 'ok', message: 'the credential may repository:pull' },
    [about]: { state: 'todo', message: `is missing: it is to tell ${HOOK} of what is pushed and deleted` },
  });
  expect((await harbor.api('GET', '/projects/out/webhook/policies')).json).toEqual([]);
  expect(await connect({ rules, apply: true })).toMatchObject({ [about]: { state: 'done' } });
  expect((await harbor.api('GET', '/projects/out/webhook/policies')).json).toMatchObject([
    {
      ...{ name: 'transship', enabled: true, event_types: ['PUSH_ARTIFACT', 'DELETE_ARTIFACT'] },
      targets: [{ type: 'http', address: HOOK, auth_header: SECRET }],
    },
  ]);
  for (const apply of [false, true])
    expect(await connect({ rules, apply })).toMatchObject({ [about]: { state: 'ok' } });
  expect((await harbor.api('GET', '/projects/out/webhook/policies')).json).toHaveLength(1);
});

test('a policy that differs is mended; what else it tells, and whom, stays', async () => {
  await harbor.project('differs');
  const own = { type: 'http', address: `${HOOK}/`, auth_header: 'Bearer old', payload_format: 'CloudEvents' };
  const targets = [{ type: 'http', address: 'http://chat.example.com' }, own];
  const policy = { name: 'hand-made', enabled: false, event_types: ['PULL_ARTIFACT', 'PUSH_ARTIFACT'], targets };
  await harbor.api('POST', '/projects/differs/webhook/policies', policy);
  const rules = [rule('differs', 'north > south', ['differs/web'])];
  const about = 'webhook of project differs';
  expect((await connect({ rules }))[about]).toMatchObject({
    state: 'todo',
    message: 'hand-made differs: its Auth Header is another one; it does not tell of DELETE_ARTIFACT; it is disabled',
  });
  expect((await connect({ rules, apply: true }))[about]).toMatchObject({ state: 'done' });
  expect((await harbor.api('GET', '/projects/differs/webhook/policies')).json).toMatchObject([
    {
      ...{ name: 'hand-made', enabled: true, event_types: ['PULL_ARTIFACT', 'PUSH_ARTIFACT', 'DELETE_ARTIFACT'] },
      targets: [
        { address: 'http://chat.example.com' },
        { address: HOOK, auth_header: SECRET, payload_format: 'CloudEvents' },
      ],
    },
  ]);
});

test('a policy of our name that tells another address is taken over', async () => {
  await harbor.project('moved');
  const targets = [{ type: 'http', address: 'http://old.example.com/v1/hooks/registry/north' }];
  const policy = { name: 'transship', enabled: true, event_types: ['PUSH_ARTIFACT', 'DELETE_ARTIFACT'], targets };
  await harbor.api('POST', '/projects/moved/webhook/policies', policy);
  const rules = [rule('moved', 'north > south', ['moved/web'])];
  const about = 'webhook of project moved';
  expect((await connect({ rules }))[about]?.message).toBe(`transship differs: it does not tell ${HOOK}`);
  expect((await connect({ rules, apply: true }))[about]).toMatchObject({ state: 'done' });
});

test('without a webhookSecret nothing is made: it would be refused', async () => {
  const rules = [rule('out', 'north > south', ['out/**'])];
  const found = await connect({ rules, apply: true, more: '' });
  expect(found['webhook of project out']).toMatchObject({
    state: 'wrong',
    message: 'registry north has no webhookSecret: what it tells would be refused',
  });
});

test('a rule that goes by the clock alone needs no webhook; one that names its repositories no list of all', async () => {
  const rules = [rule('slow', 'north > south', ['out/web'], { onPush: false })];
  expect(Object.keys(await connect({ rules }))).toEqual(['registry', 'project out']);
});

test('a robot is told which permissions it lacks, in each project', async () => {
  await harbor.project('into');
  await harbor.project('hidden');
  const rules = [
    rule('out', 'north > south', ['into/**']),
    rule('in', 'south > north', ['into/web', 'hidden/web', 'none/web']),
  ];
  const few = await harbor.robot('into', 'few', ['repository:push']);
  const found = await connect({ as: few, rules });
  expect(found).toMatchObject({
    'list of repositories': { state: 'wrong', message: expect.stringMatching(/catalog: read: rule out/) as string },
    // A robot of a project may pull where it may push.
    'project into': { state: 'wrong', message: `the credential may not tag:delete, of ${ALL.join(', ')}` },
    'project hidden': { state: 'wrong', message: `the credential may not ${ALL.join(', ')}, of ${ALL.join(', ')}` },
    'project none': { state: 'wrong', message: 'is not there, and rule in would bring images into it' },
    'webhook of project into': { state: 'wrong', message: 'the credential may not notification-policy: list' },
    'replication rules': { state: 'unknown', message: 'the credential may not replication-policy: list' },
  });
  expect(found['webhook of project into']?.next).toContain(HOOK);
  expect(found['webhook of project into']?.next).not.toContain(SECRET);
  const enough = await harbor.robot('into', 'enough', [...ALL, ...HOOKS]);
  expect(await connect({ as: enough, rules, apply: true })).toMatchObject({
    'project into': { state: 'ok' },
    'webhook of project into': { state: 'done' },
  });
});

test('createProject: a project that is not there is made with its first image, if the credential may', async () => {
  const rules = [rule('in', 'south > north', ['fresh/web'], { createProject: true })];
  expect((await connect({ rules }))['project fresh']).toMatchObject({ state: 'ok' });
  const robot = await harbor.robot('out', 'maker', ['repository:push']);
  expect((await connect({ as: robot, rules }))['project fresh']).toMatchObject({
    state: 'wrong',
    message: 'is not there, and the credential may not create projects',
  });
  expect((await harbor.api('HEAD', '/projects?project_name=fresh')).status).toBe(404);
});

test('replication rules that bring the same images, whichever way they go', async () => {
  await harbor.project('mirrored');
  const remote = async (name: string, url: string): Promise<number> => {
    const { headers } = await harbor.api('POST', '/registries', { name, type: 'docker-registry', url });
    return Number(String(headers.location).split('/').at(-1));
  };
  const [south, far] = [
    await remote('south', 'https://south.example.com'),
    await remote('far', 'https://far.example.com'),
  ];
  const policy = async (name: string, more: object): Promise<void> => {
    const { status, text } = await harbor.api('POST', '/replication/policies', { name, enabled: true, ...more });
    if (status !== 201) throw new Error(text);
  };
  const filters = [
    { type: 'name', value: '{mirrored,base}/**' },
    { type: 'tag', value: 'v*' },
  ];
  await policy('mirror', { dest_registry: { id: south }, filters, trigger: { type: 'event_based' } });
  await policy('elsewhere', { dest_registry: { id: far }, filters });
  await policy('pull', { src_registry: { id: far }, filters });
  await policy('off', { dest_registry: { id: south }, filters, enabled: false });
  await policy('dev', { dest_registry: { id: south }, filters: [filters[0], { type: 'tag', value: '*-dev' }] });
  const rules = [
    rule('out', 'north > south', ['mirrored/**'], { images: [{ repository: 'mirrored/**', tags: ['*', '!*-dev'] }] }),
    rule('in', 'south > north', ['base/web']),
  ];
  const found = await connect({ rules });
  expect(
    Object.keys(found)
      .filter((about) => about.startsWith('replication'))
      .sort(),
  ).toEqual(['replication rule mirror', 'replication rule off', 'replication rule pull']);
  expect(found).toMatchObject({
    'replication rule mirror': {
      state: 'wrong',
      message: expect.stringMatching(
        /^would bring mirrored\/\S+:v\S* from north to south \(event_based\), where sync rule out brings it, too$/,
      ) as string,
      next: 'disable it in Harbor, or take these images out of sync rule out',
    },
    'replication rule off': { state: 'ok', message: expect.stringMatching(/^is disabled; it would bring/) as string },
    'replication rule pull': {
      state: 'wrong',
      message: expect.stringMatching(
        /from a registry outside the fleet to north \(manual\), where sync rule in brings it from south/,
      ) as string,
    },
  });
});

test('a credential that it does not know, none, a Harbor that is read only, and none', async () => {
  const rules = [rule('out', 'north > south', ['out/**'])];
  expect(await connect({ rules, as: { user: 'admin', password: 'no' } })).toEqual({
    registry: expect.objectContaining({ state: 'wrong', message: 'the credential is none that it knows' }) as Finding,
  });
  expect(await connect({ rules, as: null })).toEqual({
    registry: expect.objectContaining({ state: 'wrong', message: 'there is no credential for it' }) as Finding,
  });
  await harbor.hand('PUT', '/read-only', { readOnly: true });
  const found = await connect({ rules });
  await harbor.hand('PUT', '/read-only', { readOnly: false });
  expect(found['registry']).toMatchObject({
    state: 'wrong',
    message: expect.stringMatching(/is read only$/) as string,
  });
  const { url } = await others.registry();
  expect((await connect({ rules, url }))['registry']).toMatchObject({
    state: 'wrong',
    message: expect.stringMatching(/^REGISTRY_UNSUPPORTED: .* answers not as a Harbor does/) as string,
  });
});

test('a registry without an API of its own: whether it answers, and what its configuration needs', async () => {
  const rules = [rule('out', 'south > north', ['out/**'])];
  const found = await connect({ registry: 'south', rules });
  expect(found).toMatchObject({ registry: { state: 'ok' }, notifications: { state: 'unknown' } });
  expect(found['notifications']?.next).toContain('url: https://transship.example.com/v1/hooks/registry/south');
  expect(found['notifications']?.next).not.toContain(SECRET);
  expect(Object.keys(await connect({ registry: 'south' }))).toEqual(['registry']);
  expect(await connect({ registry: 'east', rules })).toEqual({
    registry: expect.objectContaining({
      state: 'wrong',
      message: expect.stringMatching(/^REGISTRY_UNREACHABLE: /) as string,
      next: 'Check the registry of that IDC.',
    }) as Finding,
  });
});

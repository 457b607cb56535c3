// Harbor at both ends: it is connected by a command, pushes are brought into projects that it lacks, and tags are taken back.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pushImage } from '../../devfleet/images/index.ts';
import type { RegistryConnections } from '../../src/http/schemas/connection.ts';
import type { AcceptedSync } from '../../src/http/schemas/sync.ts';
import type { SyncList } from '../../src/http/schemas/sync-list.ts';
import { syncWorkflowId } from '../../src/temporal/names.ts';
import { startSyncWorld, type SyncWorld } from '../support/sync/world.ts';
import { twice } from '../support/twice.ts';

vi.setConfig({ testTimeout: 120_000 });

const SECRET = 'Bearer told-by-north';
let world: SyncWorld;

beforeAll(async () => {
  world = await twice(() =>
    startSyncWorld({
      idcs: { north: [], south: [], east: [] },
      harbors: ['north', 'south'],
      settings: (name) => (name === 'north' ? { webhookSecret: SECRET } : {}),
    }),
  );
  for (const project of ['shop', 'pay', 'own']) await api('north', 'POST', '/projects', { project_name: project });
  await api('south', 'POST', '/projects', { project_name: 'own' });
  await rule('shop', 'shop/**', { createProject: true, to: ['south', 'east'] });
  await rule('pay', 'pay/**', {});
});
afterAll(() => world.stop());

async function rule(name: string, repository: string, more: object): Promise<void> {
  const file = { name, from: 'north', to: ['south'], images: [{ repository }], every: '24h', ...more };
  await world.rest('PUT', `/v1/sync-rules/${name}`, file);
}

/** Harbor's own API, past all links. */
async function api(registry: string, method: string, path: string, body?: object): Promise<unknown> {
  const { url = '', user = '', password = '' } = world.fleet.registries[registry]?.harbor ?? {};
  return call(`${url}/api/v2.0${path}`, method, body, {
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });
}

/** What its administrator does, and what befalls it. */
const hand = async (registry: string, method: string, path: string, body: object): Promise<unknown> =>
  call(`${world.fleet.registries[registry]?.harbor?.admin ?? ''}${path}`, method, body);

async function call(url: string, method: string, body?: object, headers: Record<string, string> = {}) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url, { method, headers: { ...headers, ...type }, ...sent });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text === '' ? null : (JSON.parse(text) as unknown);
}

async function push(repository: string, tag: string, label = 'one'): Promise<string> {
  const { directUrl } = world.fleet.registries['north'] ?? { directUrl: '' };
  return (await pushImage(directUrl, { repository, tag, labels: { label }, layerBytes: 5_000 })).digest;
}

async function named(repository: string, tag: string, wanted: Record<string, string | null>): Promise<void> {
  const look = async () => JSON.stringify(await world.tags(repository, tag, Object.keys(wanted)));
  await vi.waitUntil(async () => (await look()) === JSON.stringify(wanted), { timeout: 30_000, interval: 100 });
}

/** Asks for an image by hand, and waits until it has ended in `south`. */
async function bring(repository: string, tag: string): Promise<SyncList['syncs'][number]> {
  const body = { image: `${repository}:${tag}`, from: 'north', to: ['south'] };
  const { digest } = await world.rest<AcceptedSync>('POST', '/v1/syncs', body);
  await world.client.workflow.getHandle(syncWorkflowId(repository, digest)).result();
  const query = new URLSearchParams({ repository, digest, registry: 'south' }).toString();
  const { syncs } = await world.rest<SyncList>('GET', `/v1/syncs?${query}`);
  const [sync] = syncs;
  if (sync === undefined) throw new Error(`no sync of ${repository} to south`);
  return sync;
}

interface Connected {
  code: number;
  text: string;
  answer: RegistryConnections;
}

async function connect(...args: string[]): Promise<Connected> {
  const { code, stdout, stderr } = await world.cli('--json', 'registry', 'connect', ...args);
  return { code, text: stderr, answer: JSON.parse(stdout) as RegistryConnections };
}

describe('registry connect', () => {
  test('plans, does what it planned, and then there is nothing to do', async () => {
    const planned = await connect('--dry-run');
    expect(planned.answer).toMatchObject({ todo: 2, wrong: 1 });
    expect(planned.text).toMatch(/^north {2}harbor\n {2}ok {7}registry: Harbor v2\S+ knows the credential$/m);
    const hook = `${world.api}/v1/hooks/registry/north`;
    expect(planned.text).toContain(`to do    webhook of project shop: is missing: it is to tell ${hook}`);
    expect(planned.text).toMatch(/ok {7}project shop: is not there, and is made with its first image/);
    expect(planned.text).toMatch(
      /wrong {4}project pay: is not there, and rule pay would bring images into it\n +create it, or set createProject: true in rule pay/,
    );
    expect(planned.text).not.toContain(SECRET);
    // Something is left for a person.
    expect(planned.code).toBe(5);
    expect(await api('north', 'GET', '/projects/shop/webhook/policies')).toEqual([]);

    const done = await connect('--yes');
    expect(done.answer).toMatchObject({ todo: 0, wrong: 1 });
    expect(done.text).toMatch(/done {5}webhook of project shop: transship tells http/);
    expect(await api('north', 'GET', '/projects/shop/webhook/policies')).toHaveLength(1);

    const again = await connect('north', '--yes');
    expect(again).toMatchObject({ code: 0, answer: { todo: 0, wrong: 0, registries: [{ registry: 'north' }] } });
    expect(again.text).toMatch(/nothing to do$/m);
    expect(await api('north', 'GET', '/projects/shop/webhook/policies')).toHaveLength(1);
  });

  test('a registry that does not answer is told so, and one that the fleet has not', async () => {
    const link = world.fleet.link('south/registry');
    await link.cut();
    const { code, answer } = await connect('south');
    await link.restore();
    expect([code, answer.registries[0]?.findings]).toEqual([
      5,
      [expect.objectContaining({ about: 'registry', state: 'wrong' })],
    ]);
    expect(answer.registries[0]?.findings[0]?.message).toMatch(/^REGISTRY_UNREACHABLE: /);
    const unknown = await world.cli('registry', 'connect', 'nowhere');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('no registry "nowhere" in the fleet file');
  });
});

describe('createProject', () => {
  test('a push is told of, and brought into a project that the Harbor there lacks', async () => {
    const digest = await push('shop/web', 'v1');
    await named('shop/web', 'v1', { south: digest, east: digest });
    expect(await api('south', 'GET', '/projects/shop')).toMatchObject({ metadata: { public: 'false' } });
  });

  test('false: it fails at once and says which project; it is brought when somebody has made that', async () => {
    const digest = await push('pay/web', 'v1');
    const failed = async () => {
      const { syncs } = await world.rest<SyncList>('GET', '/v1/syncs?repository=pay/web&state=failed');
      return syncs[0]?.trouble;
    };
    await vi.waitUntil(async () => (await failed()) !== undefined, { timeout: 30_000, interval: 100 });
    expect(await failed()).toMatchObject({
      code: 'PROJECT_UNKNOWN',
      message: expect.stringMatching(/has no project pay, where pay\/web belongs$/) as string,
    });
    await api('south', 'POST', '/projects', { project_name: 'pay' });
    expect(await bring('pay/web', 'v1')).toMatchObject({ state: 'done', tags: { v1: 'moved' } });
    expect(await world.tags('pay/web', 'v1', ['south'])).toEqual({ south: digest });
  });
});

test('a cancelled sync takes a tag that was new away again, and nothing else', async () => {
  const stays = await push('shop/undone', 'v1');
  await named('shop/undone', 'v1', { south: stays, east: stays });
  const link = world.fleet.link('east/registry');
  await link.cut();
  const digest = await push('shop/undone', 'v2', 'two');
  await named('shop/undone', 'v2', { south: digest });
  const handle = world.client.workflow.getHandle(syncWorkflowId('shop/undone', digest));
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow(/cancelled/i);
  await link.restore();
  expect(await world.tags('shop/undone', 'v2', ['south', 'east'])).toEqual({ south: null, east: null });
  // The image stays, and so does its other tag.
  expect(await world.tags('shop/undone', digest, ['south'])).toEqual({ south: digest });
  expect(await world.tags('shop/undone', 'v1', ['south'])).toEqual({ south: stays });
});

describe('what a Harbor refuses', () => {
  test('for good, at once: an immutable tag, then a project without room', async () => {
    await push('own/fixed', 'v1');
    expect(await bring('own/fixed', 'v1')).toMatchObject({ state: 'done' });
    await hand('south', 'POST', '/projects/own/immutable', { repository: 'fixed', tag: 'v*' });
    await push('own/fixed', 'v1', 'two');
    expect(await bring('own/fixed', 'v1')).toMatchObject({ state: 'failed', trouble: { code: 'TAG_IMMUTABLE' } });
    await hand('south', 'PUT', '/projects/own/quota', { hard: 1 });
    await push('own/large', 'v1', 'three');
    expect(await bring('own/large', 'v1')).toMatchObject({
      ...{ state: 'failed', report: null },
      trouble: { code: 'REGISTRY_QUOTA', message: expect.stringMatching(/configured upper limit/) as string },
    });
    await hand('south', 'PUT', '/projects/own/quota', { hard: -1 });
    expect(await bring('own/large', 'v1')).toMatchObject({ state: 'done', report: { attempts: 1 } });
  });

  test.each([429, 503])('for now, with %i: it is tried again until it is there', async (status) => {
    const repository = `own/later-${status}`;
    const digest = await push(repository, 'v1');
    // More than a client tries by itself: Temporal does so again.
    for (let attempt = 1; attempt <= 4; attempt++) {
      const mishap = { kind: 'refuse', status };
      await hand('south', 'POST', '/mishaps', {
        call: attempt,
        method: 'PUT',
        path: `/v2/${repository}/manifests`,
        mishap,
      });
    }
    const brought = await bring(repository, 'v1');
    expect(brought).toMatchObject({ state: 'done', tags: { v1: 'moved' } });
    expect(brought.report?.attempts).toBeGreaterThan(1);
    expect(await world.tags(repository, 'v1', ['south'])).toEqual({ south: digest });
  });
});

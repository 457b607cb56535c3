// Registries that tell of pushes: a distribution by its notifications, a Harbor by both formats of its webhooks.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pushImage } from '../../devfleet/images/index.ts';
import type { Sync } from '../../src/domain/sync/progress.ts';
import { query } from '../support/postgres.ts';
import { SECRET, startSyncWorld, type SyncWorld } from '../support/sync/world.ts';
import { twice } from '../support/twice.ts';

vi.setConfig({ testTimeout: 120_000 });

let world: SyncWorld;

beforeAll(async () => {
  world = await twice(() =>
    startSyncWorld({
      idcs: { north: [], south: [], harbor: [] },
      harbors: ['harbor'],
      settings: (name) => (name === 'south' ? {} : { webhookSecret: SECRET }),
      notified: (name, port) =>
        name === 'north'
          ? [{ url: `http://127.0.0.1:${port}/v1/hooks/registry/north`, headers: { Authorization: [SECRET] } }]
          : [],
    }),
  );
  for (const [name, from, to] of [
    ['from-north', 'north', ['south']],
    ['from-harbor', 'harbor', ['south']],
  ] as const) {
    const images = [{ repository: name === 'from-north' ? 'shop/**' : 'pay/**', tags: ['v*'] }];
    await world.rest('PUT', `/v1/sync-rules/${name}`, { name, from, to, images });
  }
});
afterAll(() => world.stop());

const urlOf = (name: string): string => world.fleet.registries[name]?.directUrl ?? '';
const push = async (name: string, repository: string, tag: string): Promise<string> =>
  (await pushImage(urlOf(name), { repository, tag, labels: {} })).digest;

async function arrived(repository: string, tag: string, digest: string): Promise<void> {
  const at = async (): Promise<boolean> => (await world.tags(repository, tag, ['south']))['south'] === digest;
  await vi.waitUntil(at, { timeout: 30_000, interval: 50 });
}

async function wantedBy(repository: string): Promise<string[][]> {
  const text = `SELECT wanted_by AS "wantedBy" FROM syncs WHERE repository = '${repository}'`;
  return (await query<Pick<Sync, 'wantedBy'>>(world.fleet.catalogue.directUrl, text)).map((row) => row.wantedBy);
}

/** Harbor's own API. */
async function harbor(method: string, path: string, body: object): Promise<void> {
  const handle = world.fleet.registries['harbor']?.harbor;
  const { url = '', user = '', password = '' } = handle ?? {};
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/v2.0${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

describe('a push', () => {
  test('to a distribution is brought where rules want it; what they do not want stays', async () => {
    const digest = await push('north', 'shop/web', 'v1');
    await push('north', 'shop/web', 'latest');
    await arrived('shop/web', 'v1', digest);
    expect(await wantedBy('shop/web')).toEqual([['push to north']]);
    expect(await world.tags('shop/web', 'latest', ['south'])).toEqual({ south: null });
  });

  test.each(['Default', 'CloudEvents'])('to a Harbor that tells in the format %s', async (payload_format) => {
    const project = `pay${payload_format.toLowerCase()}`;
    await world.rest('PUT', '/v1/sync-rules/from-harbor', {
      ...{
        name: 'from-harbor',
        from: 'harbor',
        to: ['south'],
        images: [{ repository: `${project}/**`, tags: ['v*'] }],
      },
    });
    await harbor('POST', '/projects', { project_name: project, metadata: { public: 'false' } });
    const address = `${world.api}/v1/hooks/registry/harbor`;
    await harbor('POST', `/projects/${project}/webhook/policies`, {
      ...{ name: 'transship', enabled: true, event_types: ['PUSH_ARTIFACT'] },
      targets: [{ type: 'http', address, auth_header: SECRET, payload_format, skip_cert_verify: false }],
    });
    const digest = await push('harbor', `${project}/web`, 'v1');
    await arrived(`${project}/web`, 'v1', digest);
    expect(await wantedBy(`${project}/web`)).toEqual([['push to harbor']]);
  });
});

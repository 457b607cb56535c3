import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pushImage } from '../../devfleet/images/index.ts';
import type { Sync } from '../../src/domain/sync/progress.ts';
import type { SyncRequest } from '../../src/temporal/sync.ts';
import { ask, startSyncWorld, type SyncWorld } from '../support/sync/world.ts';
import { query } from '../support/postgres.ts';
import { twice } from '../support/twice.ts';

let world: SyncWorld;

beforeAll(async () => {
  world = await twice(() => startSyncWorld({ idcs: { north: [], south: ['south-edge'], east: [] } }));
});
afterAll(() => world.stop());

const IDC: Record<string, string> = { north: 'north', south: 'south', 'south-edge': 'south', east: 'east' };
const request = (tag: string | null, to: string[], more: Partial<SyncRequest> = {}): SyncRequest => ({
  id: randomUUID(),
  tag,
  to: to.map((name) => ({ name, idc: IDC[name] ?? '', referrers: true })),
  priority: 'normal',
  wantedBy: 'test',
  askedAt: new Date().toISOString(),
  ...more,
});
const from = { name: 'north', idc: 'north' };

async function push(repository: string, tag: string, layerBytes = 20_000): Promise<string> {
  const { directUrl } = world.fleet.registries['north'] ?? { directUrl: '' };
  return (await pushImage(directUrl, { repository, tag, labels: {}, layerBytes })).digest;
}

async function rows(repository: string): Promise<Sync[]> {
  const text = `SELECT registry, state, tags, report, trouble FROM syncs WHERE repository = '${repository}' ORDER BY registry`;
  return query<Sync>(world.fleet.catalogue.directUrl, text);
}

describe('an image', () => {
  test('is brought to every registry, its tag last, and said to be there', async () => {
    const digest = await push('shop/one', 'v1');
    const to = ['south', 'south-edge', 'east'];
    const handle = await ask(world.client, { repository: 'shop/one', digest, from }, request('v1', to));
    const { destinations } = await handle.result();
    expect(destinations.map(({ registry, state, tags }) => [registry, state, tags])).toEqual(
      to.map((registry) => [registry, 'done', { v1: 'moved' }]),
    );
    expect(await world.tags('shop/one', 'v1', to)).toEqual(Object.fromEntries(to.map((name) => [name, digest])));
    const written = await rows('shop/one');
    expect(written.map(({ registry, state }) => [registry, state])).toEqual([
      ['east', 'done'],
      ['south', 'done'],
      ['south-edge', 'done'],
    ]);
    expect(written[0]?.report).toMatchObject({ sent: 4, mounted: 0, skipped: 0, attempts: 1, wasHere: false });
  });
});

vi.setConfig({ testTimeout: 120_000 });

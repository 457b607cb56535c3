import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pushImage } from '../../devfleet/images/index.ts';
import type { Sync } from '../../src/domain/sync/progress.ts';
import { askForImage as ask } from '../../src/temporal/sync-start.ts';
import type { SyncRequest } from '../../src/temporal/sync.ts';
import { copiersIn } from '../../src/worker/copiers.ts';
import { startSyncWorld, type SyncWorld } from '../support/sync/world.ts';
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

const TO = ['south', 'south-edge', 'east'];

/** Waits until a registry's row of a repository says so. */
async function until(repository: string, registry: string, state: Sync['state']): Promise<Sync> {
  return vi.waitUntil(
    async () => (await rows(repository)).find((row) => row.registry === registry && row.state === state),
    { timeout: 60_000, interval: 50 },
  );
}

describe('an image', () => {
  test('is brought to every registry, its tag last, and said to be there', async () => {
    const digest = await push('shop/one', 'v1');
    const handle = await ask(world.client, { repository: 'shop/one', digest, from }, request('v1', TO));
    const { destinations } = await handle.result();
    expect(destinations.map(({ registry, state, tags }) => [registry, state, tags])).toEqual(
      TO.map((registry) => [registry, 'done', { v1: 'moved' }]),
    );
    expect(await world.tags('shop/one', 'v1', TO)).toEqual(Object.fromEntries(TO.map((name) => [name, digest])));
    const written = await rows('shop/one');
    expect(written.map(({ registry, state }) => [registry, state])).toEqual([
      ['east', 'done'],
      ['south', 'done'],
      ['south-edge', 'done'],
    ]);
    expect(written[0]?.report).toMatchObject({ sent: 4, mounted: 0, skipped: 0, attempts: 1, wasHere: false });
    // What the Temporal UI shows.
    const shown = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(shown.currentDetails).toContain('**3 of 3** registries have it');
  });

  test('that is there already costs nothing, and a tag that is wanted, too, is moved', async () => {
    const digest = await push('shop/again', 'v1');
    const image = { repository: 'shop/again', digest, from };
    await (await ask(world.client, image, request(null, ['south']))).result();
    expect(await world.tags('shop/again', 'v1', ['south'])).toEqual({ south: null });
    const { destinations } = await (await ask(world.client, image, request('v1', ['south']))).result();
    expect(destinations[0]?.report).toMatchObject({ wasHere: true, bytes: 0, sent: 0 });
    expect(await world.tags('shop/again', 'v1', ['south'])).toEqual({ south: digest });
  });

  test('that several ask for is copied once: they join; what is delivered again counts once', async () => {
    const digest = await push('shop/joined', 'v1', 400_000);
    const image = { repository: 'shop/joined', digest, from };
    const first = request('v1', ['south']);
    const link = world.fleet.link('north/registry');
    await link.latency(300);
    const handles = [
      await ask(world.client, image, first),
      await ask(world.client, image, first),
      await ask(world.client, image, request('stable', ['south', 'east'])),
    ];
    await link.latency(0);
    expect(new Set(handles.map(({ signaledRunId }) => signaledRunId)).size).toBe(1);
    const { destinations } = (await handles[0]?.result()) ?? { destinations: [] };
    // North has no tag "stable": the tag of the source is what counts.
    expect(destinations.map(({ registry, tags, report }) => [registry, tags, report?.attempts])).toEqual([
      ['south', { v1: 'moved', stable: 'superseded' }, 1],
      ['east', { stable: 'superseded' }, 1],
    ]);
    expect(destinations[0]?.report?.sent).toBe(4);
  });

  test('that is gone from its source fails there, by its code; asked for again once it is back it is brought', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const handle = await ask(world.client, { repository: 'shop/gone', digest, from }, request('v1', ['south', 'east']));
    const { destinations } = await handle.result();
    expect(destinations.map(({ state, trouble }) => [state, trouble?.code])).toEqual([
      ['failed', 'IMAGE_GONE'],
      ['failed', 'IMAGE_GONE'],
    ]);
    const pushed = await push('shop/gone', 'v1');
    const again = await ask(world.client, { repository: 'shop/gone', digest: pushed, from }, request('v1', ['south']));
    expect((await again.result()).destinations[0]?.state).toBe('done');
  });
});

describe('a registry', () => {
  test('that is away holds up no other; once it is back it gets the image, from its neighbour', async () => {
    const digest = await push('shop/away', 'v1');
    const edge = world.fleet.link('south-edge/registry');
    await edge.cut();
    const handle = await ask(world.client, { repository: 'shop/away', digest, from }, request('v1', TO));
    await Promise.all(['south', 'east'].map(async (name) => until('shop/away', name, 'done')));
    expect(await world.tags('shop/away', 'v1', TO)).toEqual({ south: digest, east: digest, 'south-edge': null });
    await vi.waitUntil(
      async () => ((await handle.describe()).raw.pendingActivities ?? []).some(({ attempt }) => Number(attempt) > 1),
      { timeout: 30_000 },
    );
    const source = world.fleet.link('north/registry');
    await source.cut();
    await edge.restore();
    const copied = async (): Promise<boolean> =>
      (await world.tags('shop/away', digest, ['south-edge']))['south-edge'] === digest;
    await vi.waitUntil(copied, { timeout: 60_000 });
    await source.restore();
    const { destinations } = await handle.result();
    const late = destinations.find(({ registry }) => registry === 'south-edge');
    expect(late).toMatchObject({ state: 'done', tags: { v1: 'moved' } });
    expect(late?.report?.attempts).toBeGreaterThan(1);
    expect(await world.tags('shop/away', 'v1', ['south-edge'])).toEqual({ 'south-edge': digest });
  });
});

describe('a tag', () => {
  test('that is pushed anew while its image is on its way names the last one everywhere, however they overtake', async () => {
    const slow = await push('shop/tag', 'stable', 600_000);
    const link = world.fleet.link('north/registry');
    await link.latency(150);
    const first = await ask(world.client, { repository: 'shop/tag', digest: slow, from }, request('stable', TO));
    const quick = (
      await pushImage(world.fleet.registries['north']?.directUrl ?? '', {
        ...{ repository: 'shop/tag', tag: 'stable', labels: { second: 'yes' }, layerBytes: 1_000 },
      })
    ).digest;
    const second = await ask(world.client, { repository: 'shop/tag', digest: quick, from }, request('stable', TO));
    await link.latency(0);
    const [one, two] = await Promise.all([first.result(), second.result()]);
    expect(await world.tags('shop/tag', 'stable', TO)).toEqual(Object.fromEntries(TO.map((name) => [name, quick])));
    expect(two.destinations.map(({ tags }) => tags['stable'])).toEqual(['moved', 'moved', 'moved']);
    expect(one.destinations.map(({ tags }) => tags['stable'])).toEqual(['superseded', 'superseded', 'superseded']);
  });

  test('is brought back when its sync is cancelled, where it still names what we wrote', async () => {
    const before = await push('shop/undone', 'stable');
    const image = { repository: 'shop/undone', from };
    await (await ask(world.client, { ...image, digest: before }, request('stable', ['south', 'east']))).result();
    const { directUrl } = world.fleet.registries['north'] ?? { directUrl: '' };
    const after = (await pushImage(directUrl, { repository: 'shop/undone', tag: 'stable', labels: { second: 'yes' } }))
      .digest;
    const edge = world.fleet.link('south-edge/registry');
    await edge.cut();
    const handle = await ask(world.client, { ...image, digest: after }, request('stable', TO));
    await Promise.all(
      ['south', 'east'].map(async (name) =>
        vi.waitUntil(async () => (await world.tags('shop/undone', 'stable', [name]))[name] === after, {
          timeout: 30_000,
        }),
      ),
    );
    // Somebody else's by now.
    const theirs = (
      await pushImage(world.fleet.registries['east']?.directUrl ?? '', {
        ...{ repository: 'shop/undone', tag: 'stable', labels: { third: 'yes' } },
      })
    ).digest;
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(/cancelled/i);
    await edge.restore();
    expect(await world.tags('shop/undone', 'stable', TO)).toEqual({ south: before, east: theirs, 'south-edge': null });
    const written = await rows('shop/undone');
    expect(Object.fromEntries(written.map(({ registry, state }) => [registry, state]))).toEqual({
      south: 'cancelled',
      east: 'cancelled',
      'south-edge': 'cancelled',
    });
  });
});

describe('a worker that dies', () => {
  test('while it copies: another one goes on where it was', async () => {
    const digest = await push('shop/killed', 'v1', 3_000_000);
    const link = world.fleet.link('north/registry');
    await link.latency(200);
    const handle = await ask(world.client, { repository: 'shop/killed', digest, from }, request('v1', TO));
    await sleep(1_500);
    await world.workers['worker']?.restart();
    await link.latency(0);
    const { destinations } = await handle.result();
    expect(destinations.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(await world.tags('shop/killed', 'v1', TO)).toEqual(Object.fromEntries(TO.map((name) => [name, digest])));
  });
});

describe('a release', () => {
  test('gets its image before a mirror that asked earlier', async () => {
    const mirrored = await Promise.all(Array.from({ length: 48 }, (_, n) => push(`mirror/image-${n}`, 'v1', 1_000)));
    const wanted = await push('shop/urgent', 'v1', 1_000);
    const link = world.fleet.link('north/registry');
    await link.latency(200);
    const handles = await Promise.all(
      mirrored.map(async (digest, n) =>
        ask(
          world.client,
          { repository: `mirror/image-${n}`, digest, from },
          request('v1', ['east'], { priority: 'low' }),
        ),
      ),
    );
    const high = request('v1', ['east'], { priority: 'high' });
    await (await ask(world.client, { repository: 'shop/urgent', digest: wanted, from }, high)).result();
    const descriptions = await Promise.all(handles.map(async (handle) => handle.describe()));
    const left = descriptions.filter(({ status }) => status.name === 'RUNNING').length;
    await link.latency(0);
    await Promise.all(handles.map(async (handle) => handle.result()));
    // 16 are copied at a time: two thirds were still to come when it was asked for.
    expect(left).toBeGreaterThan(10);
  });
});

vi.setConfig({ testTimeout: 120_000 });

test('who copies to an IDC is counted: they share what a link allows', async () => {
  const copiers = copiersIn(world.client.workflowService, world.fleet.temporal.namespace);
  // Those that tests before have killed count for a minute more.
  const before = await copiers('south');
  const spec = world.workers['worker']?.spec;
  if (spec === undefined) throw new Error('there is no worker');
  await world.fleet.start({ ...spec, name: 'twin' });
  await vi.waitUntil(async () => (await copiers('south')) === before + 1, { timeout: 30_000, interval: 100 });
  expect(await copiers('nowhere')).toBe(1);
});

// Images by hand, and what is to be seen of them: REST and CLI, on real registries.
import { readFile } from 'node:fs/promises';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pushImage } from '../../devfleet/images/index.ts';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Comparison } from '../../src/http/schemas/image-diff.ts';
import type { AcceptedSync, SyncPlan } from '../../src/http/schemas/sync.ts';
import type { SyncList, SyncStatsList } from '../../src/http/schemas/sync-list.ts';
import { METRICS } from '../../src/temporal/metrics.ts';
import { startSyncWorld, type SyncWorld } from '../support/sync/world.ts';
import { twice } from '../support/twice.ts';

vi.setConfig({ testTimeout: 120_000 });

let world: SyncWorld;
let metricsUrl: string;

beforeAll(async () => {
  const address = `127.0.0.1:${await getPort()}`;
  metricsUrl = `http://${address}/metrics`;
  world = await twice(() =>
    startSyncWorld({
      idcs: { north: [], south: ['south-edge'], east: [] },
      workerEnv: { TRANSSHIP_METRICS: address },
    }),
  );
  const file = { name: 'ruled', from: 'north', to: ['south', 'east'], images: [{ repository: 'ruled/**' }] };
  await world.rest('PUT', '/v1/sync-rules/ruled', file);
  const onward = { name: 'onward', from: 'south', to: ['south-edge'], images: [{ repository: 'ruled/**' }] };
  await world.rest('PUT', '/v1/sync-rules/onward', onward);
});
afterAll(() => world.stop());

async function push(repository: string, tag: string, registry = 'north', layerBytes = 20_000, label = 'one') {
  const { directUrl } = world.fleet.registries[registry] ?? { directUrl: '' };
  return (await pushImage(directUrl, { repository, tag, labels: { label }, layerBytes })).digest;
}

async function image<T>(...args: string[]): Promise<{ code: number; answer: T; stderr: string }> {
  const { code, stdout, stderr } = await world.cli('--json', 'image', ...args);
  return { code, answer: JSON.parse(stdout) as T, stderr };
}

const status = async (query: Record<string, string>): Promise<SyncList> =>
  world.rest('GET', `/v1/syncs?${new URLSearchParams(query).toString()}`);

async function samplesOf(metric: string): Promise<string[]> {
  const text = await (await fetch(metricsUrl)).text();
  return text.split('\n').filter((line) => line.startsWith(`${metric}{`));
}

describe('by hand', () => {
  test('an image goes where the rules bring it, and is followed until it is there', async () => {
    const digest = await push('ruled/web', 'v1');
    const old = await push('ruled/web', 'v1', 'east', 1_000, 'old');
    const planned = await image<SyncPlan>('sync', 'ruled/web:v1', '--dry-run');
    expect(planned.code).toBe(0);
    expect(planned.answer).toMatchObject({ digest, tag: 'v1', from: 'north', missing: [] });
    // South has none yet, so nothing goes on from there.
    expect(planned.answer.to).toMatchObject([
      { registry: 'south', idc: 'south', now: 'absent', digest: null, rules: ['ruled'], referrers: true },
      { registry: 'east', idc: 'east', now: 'other', digest: old, rules: ['ruled'] },
    ]);
    expect(planned.stderr).toContain(`east   has another one (${old.slice(0, 19)}): it is brought, and v1 moves`);
    expect(await world.tags('ruled/web', 'v1', ['south', 'east'])).toEqual({ south: null, east: old });

    const brought = await image<AcceptedSync & SyncList>('sync', 'ruled/web:v1', '--tag', 'v1');
    expect(brought.code).toBe(0);
    expect(brought.answer.syncs.map(({ registry, state, tags }) => [registry, state, tags]).sort()).toEqual([
      ['east', 'done', { v1: 'moved' }],
      ['south', 'done', { v1: 'moved' }],
    ]);
    expect(brought.answer.syncs[0]?.wantedBy).toEqual([expect.stringMatching(/ by hand$/)]);
    expect(brought.stderr).toMatch(/^south {2}done {2}.* blobs: 4 sent$/m);
    expect(await world.tags('ruled/web', 'v1', ['south', 'east'])).toEqual({ south: digest, east: digest });

    // South has it now: what goes on from there is asked for, too, from the first source.
    const again = await image<AcceptedSync & SyncList>('sync', 'ruled/web:v1');
    expect(again.answer.from).toBe('north');
    expect(again.answer.to.map(({ registry, now, rules }) => [registry, now, rules])).toEqual([
      ['south', 'same', ['ruled']],
      ['south-edge', 'absent', ['onward']],
      ['east', 'same', ['ruled']],
    ]);
    expect(again.answer.syncs).toHaveLength(3);
    expect(await world.tags('ruled/web', 'v1', ['south-edge'])).toEqual({ 'south-edge': digest });
  });

  test('by its digest it goes where it is said, and its tag only where the source names it so', async () => {
    const digest = await push('shop/digest', 'v1');
    const to = ['--from', 'north', '--to', 'south'];
    const bare = await image<AcceptedSync & SyncList>('sync', `shop/digest@${digest}`, ...to);
    expect(bare.answer.syncs).toMatchObject([{ registry: 'south', state: 'done', tags: {} }]);
    expect(await world.tags('shop/digest', digest, ['south'])).toEqual({ south: digest });
    expect(await world.tags('shop/digest', 'v1', ['south'])).toEqual({ south: null });
    const tagged = await image<AcceptedSync & SyncList>('sync', `shop/digest@${digest}`, ...to, '--tag', 'v1');
    expect(tagged.answer.syncs).toMatchObject([{ tags: { v1: 'moved' }, report: { wasHere: true, bytes: 0 } }]);

    const astray = await image<{ code: string }>('sync', `shop/digest@${digest}`, ...to, '--tag', 'v2');
    expect([astray.code, astray.answer.code]).toEqual([6, 'IMAGE_DIFFERS']);
    expect(astray.stderr).toContain('shop/digest:v2 is nothing in north');
    const absent = await image<{ code: string }>('sync', 'shop/digest:v9', ...to);
    expect([absent.code, absent.answer.code]).toEqual([6, 'IMAGE_UNKNOWN']);
  });

  test('the same request sent again under its key counts once', async () => {
    await push('shop/keyed', 'v1');
    const body = { image: 'shop/keyed:v1', from: 'north', to: ['east'] };
    const key = { 'idempotency-key': 'keyed' };
    const first = await world.rest<AcceptedSync>('POST', '/v1/syncs', body, key);
    expect(await world.rest<AcceptedSync>('POST', '/v1/syncs', body, key)).toEqual(first);
    await expect(world.rest('POST', '/v1/syncs', { ...body, to: ['south'] }, key)).rejects.toThrow(
      'IDEMPOTENCY_KEY_REUSED',
    );
    // A refusal gives the key back.
    const missing = { image: 'shop/later:v1', from: 'north', to: ['east'] };
    const later = { 'idempotency-key': 'later' };
    await expect(world.rest('POST', '/v1/syncs', missing, later)).rejects.toThrow('IMAGE_UNKNOWN');
    await push('shop/later', 'v1');
    expect((await world.rest<AcceptedSync>('POST', '/v1/syncs', missing, later)).id).toMatch(/^syn-/);
  });

  test('a registry that is away is told, and gets it when it is back', async () => {
    const digest = await push('shop/away', 'v1');
    const edge = world.fleet.link('south-edge/registry');
    await edge.cut();
    const body = { image: 'shop/away:v1', from: 'north', to: ['south-edge', 'east'] };
    const accepted = await world.rest<AcceptedSync>('POST', '/v1/syncs', body);
    expect(accepted.to.map(({ registry, now, trouble }) => [registry, now, trouble?.code])).toEqual([
      ['south-edge', 'unreachable', 'REGISTRY_UNREACHABLE'],
      ['east', 'absent', undefined],
    ]);
    const { activity } = await vi.waitUntil(
      async () =>
        (await status({ digest, state: 'open' })).syncs.find(
          (sync) => sync.registry === 'south-edge' && (sync.activity?.attempt ?? 0) > 1,
        ),
      { timeout: 60_000, interval: 200 },
    );
    expect(activity).toMatchObject({ step: 'copy', last: { code: 'REGISTRY_UNREACHABLE' } });
    const { stdout } = await world.cli('image', 'status', 'shop/away');
    expect(stdout).toMatch(/shop\/away:v1 .* south-edge +queued .*attempt \d+.*REGISTRY_UNREACHABLE/);
    const diff = await image<Comparison>('diff', 'shop/away:v1', '--registries', 'north,east,south-edge');
    expect(diff.code).toBe(7);
    expect(diff.stderr).toMatch(/^v1 +sha256:[0-9a-f]{12} +same +unreachable$/m);

    await edge.restore();
    await vi.waitUntil(async () => (await status({ digest, state: 'open' })).syncs.length === 0, { timeout: 60_000 });
    expect(await world.tags('shop/away', 'v1', ['south-edge', 'east'])).toEqual({ 'south-edge': digest, east: digest });
  });
});

describe('what is to be seen', () => {
  test('while an image comes over a slow link, and after it was cancelled', async () => {
    const before = await push('shop/slow', 'v1');
    await image('sync', 'shop/slow:v1', '--from', 'north', '--to', 'east');
    const digest = await push('shop/slow', 'v1', 'north', 3_000_000, 'two');
    const [source, edge] = ['north/registry', 'south-edge/registry'].map((name) => world.fleet.link(name));
    await edge?.cut();
    await source?.latency(1_500);
    const accepted = await image<AcceptedSync>(
      ...['sync', 'shop/slow:v1', '--from', 'north', '--to', 'south-edge,east', '--no-wait', '--priority', 'high'],
    );
    expect(accepted.code).toBe(0);
    const copied = await vi.waitUntil(
      async () => {
        const { syncs } = await status({ repository: 'shop/slow', digest });
        const copy = syncs.find(({ registry }) => registry === 'east')?.activity?.copied;
        return (copy?.blobs ?? 0) > 0 ? copy : undefined;
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(copied.hereBytes).toBeLessThanOrEqual(copied.bytes);
    const { syncs, unseen } = await status({ repository: 'shop/slow', tag: 'v1', state: 'open' });
    expect(unseen).toBeNull();
    expect(syncs[0]).toMatchObject({ priority: 'high', state: expect.stringMatching(/^(queued|arrived)$/) as string });
    await source?.latency(0);
    await vi.waitUntil(async () => (await world.tags('shop/slow', 'v1', ['east']))['east'] === digest, {
      timeout: 60_000,
    });

    const byTag = await image<{ code: string }>('cancel', 'shop/slow:v1');
    expect([byTag.code, byTag.answer.code]).toEqual([2, 'REQUEST_INVALID']);
    const cancelled = await image<{ digest: string }>('cancel', `shop/slow@${digest}`);
    expect([cancelled.code, cancelled.answer.digest]).toEqual([0, digest]);
    await vi.waitUntil(async () => (await status({ digest })).syncs.every(({ state }) => state === 'cancelled'), {
      timeout: 60_000,
      interval: 200,
    });
    await edge?.restore();
    expect(await world.tags('shop/slow', 'v1', ['east'])).toEqual({ east: before });
    // Its rows are written before it has ended.
    const again = await vi.waitUntil(
      async () => {
        const run = await image<{ code: string }>('cancel', `shop/slow@${digest}`);
        return run.code === 0 ? undefined : run;
      },
      { timeout: 30_000 },
    );
    expect([again.code, again.answer.code]).toEqual([2, 'SYNC_UNKNOWN']);
    const { stdout } = await world.cli('image', 'status', `shop/slow@${digest}`);
    expect(stdout).toMatch(/cancelled +took .* its tags are what they were before/);
  });

  test('whoever follows a sync that is cancelled, or that fails, is told by the exit code', async () => {
    const digest = await push('shop/followed', 'v1');
    const edge = world.fleet.link('south-edge/registry');
    await edge.cut();
    const following = world.cli('image', 'sync', 'shop/followed:v1', '--from', 'north', '--to', 'south-edge');
    await vi.waitUntil(async () => (await status({ digest, state: 'open' })).syncs.length === 1, { timeout: 60_000 });
    await image('cancel', `shop/followed@${digest}`);
    await edge.restore();
    const { code, stdout } = await following;
    expect([code, stdout]).toEqual([4, expect.stringMatching(/^south-edge {2}cancelled {2}/m)]);
  });

  test('which tags differ, and where one is missing', async () => {
    const digest = await push('shop/diff', 'v1');
    await push('shop/diff', 'v1', 'south', 20_000);
    await push('shop/diff', 'v1', 'east', 20_000, 'other');
    await push('shop/diff', 'v2');
    const all = await image<Comparison>('diff', 'shop/diff', '--registries', 'north,south,east');
    expect(all.code).toBe(1);
    expect(all.answer.registries).toEqual(
      ['north', 'south', 'east'].map((registry) => ({ registry, trouble: null, isCut: false })),
    );
    expect(all.answer.tags.map(({ tag, agrees }) => [tag, agrees])).toEqual([
      ['v1', false],
      ['v2', false],
    ]);
    expect(all.answer.tags[0]?.digests).toMatchObject({ north: digest, south: digest });
    expect(all.stderr).toMatch(/^v1 +sha256:[0-9a-f]{12} +same +differs: sha256:[0-9a-f]{12}$/m);
    expect(all.stderr).toMatch(/^v2 +sha256:[0-9a-f]{12} +missing +missing$/m);
    expect((await image('diff', 'shop/diff:v1', '--registries', 'north,south')).code).toBe(0);
  });

  test('how long syncs take, and what is late, also as a metric', async () => {
    const catalogue = await openCatalogue(world.fleet.catalogue.directUrl, { poolSize: 1 });
    try {
      await catalogue.syncs.put({
        ...{ repository: 'shop/lost', digest: `sha256:${'0'.repeat(64)}`, registry: 'south', from: 'north' },
        ...{ state: 'queued', tags: { v1: null }, priority: 'high', wantedBy: ['nobody'] },
        askedAt: new Date(Date.now() - 90_000).toISOString(),
        ...{ endedAt: null, report: null, trouble: null, notBefore: null },
      });
    } finally {
      await catalogue.close();
    }
    const { registries } = await world.rest<SyncStatsList>('GET', '/v1/syncs/stats?hours=1');
    expect(registries.map(({ registry }) => registry)).toEqual(['north', 'south', 'south-edge', 'east']);
    const east = registries.find(({ registry }) => registry === 'east');
    expect(east?.done).toBeGreaterThan(2);
    expect(east?.seconds?.max).toBeGreaterThanOrEqual(east?.seconds?.p50 ?? Infinity);
    expect(registries.find(({ registry }) => registry === 'south')).toMatchObject({ open: 1, late: 1 });

    const { code, stdout, stderr } = await world.cli('image', 'status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^open\n.*\nshop\/lost:v1 /m);
    expect(stdout).toMatch(/^east +\d+ +0 /m);
    expect(stderr).toMatch(/^waits: shop\/lost:v1 to south for 9\d s: waits for a worker/m);

    const sample = await vi.waitUntil(
      async () => (await samplesOf(METRICS.lateSyncs.name)).find((line) => /registry="south".* 1$/.test(line)),
      { timeout: 30_000, interval: 500 },
    );
    expect(sample).toContain('priority="high"');
    // What the alerts of docs/operating.md ask for is there, by those names.
    const page = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8');
    expect(page).toContain('max by (registry) (transship_syncs_late) > 0');
    expect(page).toContain('transship_sync_seconds_bucket{state="done", le="20"}');
    expect(await samplesOf('transship_sync_seconds_bucket')).toContainEqual(
      expect.stringMatching(/(?=.*state="done")(?=.*le="20")(?=.*registry="east")/),
    );
    expect(await samplesOf('transship_sync_seconds_count')).not.toEqual([]);
    // Blobs that were sent in vain: none here, and told all the same.
    expect(await samplesOf('transship_sync_duplicate_blobs_total')).toContainEqual(
      expect.stringMatching(/registry="east".* \d+$/),
    );
  });

  test('when rules were compared, and what that left, as metrics', async () => {
    const rule = { name: 'metered', from: 'north', to: ['east'], images: [{ repository: 'metered/web' }], every: '5m' };
    await world.rest('PUT', '/v1/sync-rules/metered', rule);
    const valueOf = async (name: string, ...labels: string[]): Promise<number> => {
      const wanted = ['rule="metered"', ...labels];
      const line = await vi.waitUntil(
        async () => (await samplesOf(name)).find((one) => wanted.every((label) => one.includes(label))),
        { timeout: 60_000, interval: 500 },
      );
      return Number(line.split(' ').at(-1));
    };
    for (const kind of ['late', 'held', 'unseen']) expect(await valueOf(METRICS.drift.name, `kind="${kind}"`)).toBe(0);
    expect(await valueOf(METRICS.interval.name)).toBe(300);
    expect(Math.abs((await valueOf(METRICS.compared.name)) - Date.now() / 1_000)).toBeLessThan(120);
    // What the alerts of docs/operating.md ask for.
    const page = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8');
    for (const { name } of [METRICS.compared, METRICS.interval, METRICS.drift]) expect(page).toContain(`(${name})`);
    await fetch(`${world.api}/v1/sync-rules/metered`, { method: 'DELETE' });
    await vi.waitUntil(async () => (await valueOf(METRICS.interval.name)) === 0, { timeout: 60_000, interval: 500 });
  });
});

test('an IDC whose worker is not there is told, and keeps no other from telling', async () => {
  const partly = await twice(() =>
    startSyncWorld({ idcs: { north: [], south: [] }, roles: { worker: ['--control', '--idc', 'north'] } }),
  );
  try {
    const url = partly.fleet.registries['north']?.directUrl ?? '';
    const { digest } = await pushImage(url, { repository: 'shop/web', tag: 'v1', labels: {} });
    const seen = await partly.rest<Comparison>('GET', '/v1/images/diff?repository=shop/web');
    expect(seen.registries.map(({ registry, trouble }) => [registry, trouble?.code])).toEqual([
      ['north', undefined],
      ['south', 'IDC_WORKER_ABSENT'],
    ]);
    expect(seen.tags).toEqual([{ tag: 'v1', agrees: true, digests: { north: digest } }]);
    // Asked for all the same, it waits for that worker, and says so.
    const body = { image: 'shop/web:v1', from: 'north', to: ['south'] };
    expect((await partly.rest<AcceptedSync>('POST', '/v1/syncs', body)).to[0]?.now).toBe('unreachable');
    const { stdout } = await vi.waitUntil(
      async () => {
        const run = await partly.cli('image', 'status', 'shop/web');
        return run.stdout.includes('queued') ? run : undefined;
      },
      { timeout: 20_000 },
    );
    expect(stdout).toMatch(/ south +queued .* waits for (a worker|its turn)\n$/);
  } finally {
    await partly.stop();
  }
});

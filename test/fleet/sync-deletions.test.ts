// Tags that are deleted at their source: what goes with them, what is held back, and what says where they went.
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pushImage } from '../../devfleet/images/index.ts';
import type { Comparison } from '../../src/domain/sync/drift.ts';
import type { SyncList } from '../../src/http/schemas/sync-list.ts';
import type { AcceptedComparison, ComparisonStatus } from '../../src/http/schemas/comparison.ts';
import type { SyncRuleView } from '../../src/http/schemas/sync-rule.ts';
import { headManifest } from '../../src/registry/manifest.ts';
import { deleteReference, moveTag } from '../../src/registry/tags.ts';
import { SECRET, startSyncWorld, tellingOf, type SyncWorld } from '../support/sync/world.ts';
import { twice } from '../support/twice.ts';

vi.setConfig({ testTimeout: 180_000 });

const TO = ['south', 'south-edge', 'east'];
let world: SyncWorld;

beforeAll(async () => {
  world = await twice(() =>
    startSyncWorld({
      idcs: { north: [], south: ['south-edge'], east: [], harbor: [] },
      harbors: ['harbor'],
      ...tellingOf('north'),
    }),
  );
});
afterAll(() => world.stop());

interface Deletions {
  tags?: boolean;
  keep?: string[];
  most?: number;
  repositories?: boolean;
}
/** Puts a rule in force, and waits for the comparison that a new one begins with: it might do what a test is to see done. */
async function apply(name: string, deletions: Deletions, change: object = {}): Promise<void> {
  await world.rest('PUT', `/v1/sync-rules/${name}`, {
    ...{ name, from: 'north', to: TO, images: [{ repository: `${name}/**`, tags: ['v*', 'stable'] }], every: '24h' },
    ...{ deletions, ...change },
  });
  const last = async () => (await world.rest<SyncRuleView>('GET', `/v1/sync-rules/${name}`)).comparison;
  await vi.waitUntil(async () => (await last()) !== null, { timeout: 60_000, interval: 200 });
}

const push = async (repository: string, tag: string, registry = 'north', label = ''): Promise<string> =>
  (
    await pushImage(world.fleet.registries[registry]?.directUrl ?? '', {
      ...{ repository, tag, labels: { label }, layerBytes: 1_000 },
    })
  ).digest;

/** Pushes tags and waits until they are everywhere, as sync rules say. @returns their digests */
async function bring(repository: string, ...tags: string[]): Promise<string[]> {
  const digests = await Promise.all(tags.map(async (tag) => push(repository, tag)));
  for (const [at, tag] of tags.entries()) {
    await vi.waitUntil(async () => (await there(repository, tag)).every((digest) => digest === digests[at]), {
      ...{ timeout: 30_000, interval: 100 },
    });
  }
  // The catalogue hears of a tag a moment after it was moved.
  await vi.waitUntil(async () => (await open()) === 0, { timeout: 30_000, interval: 100 });
  return digests;
}
const open = async (): Promise<number> => (await world.rest<SyncList>('GET', '/v1/syncs?state=open')).syncs.length;
const there = async (repository: string, tag: string): Promise<(string | null)[]> =>
  Object.values(await world.tags(repository, tag, TO));
const untag = async (repository: string, tag: string): Promise<void> => {
  expect(await deleteReference(world.place('north', repository), tag)).toBe('deleted');
};

/** Compares now. */
async function compare(rule: string, body: object = {}): Promise<Comparison> {
  const { links } = await world.rest<AcceptedComparison>('POST', `/v1/sync-rules/${rule}/comparisons`, body);
  let status: ComparisonStatus | undefined;
  await vi.waitUntil(
    async () => (status = await world.rest<ComparisonStatus>('GET', links.status)).state !== 'running',
    { timeout: 60_000, interval: 100 },
  );
  if (status?.comparison === null || status === undefined) throw new Error(JSON.stringify(status));
  return status.comparison;
}
const held = ({ examples }: Comparison): string[] =>
  examples.flatMap(({ what, image, registries, why }) =>
    what === 'held' ? [`${image} ${registries.toSorted().join()} ${String(why)}`] : [],
  );

test('by a comparison a deleted tag goes wherever it was brought, and nothing else does; who did it can be asked', async () => {
  await apply('shop', { tags: true, keep: ['stable'] }, { onPush: true });
  const [, second] = await bring('shop/web', 'v1', 'v2', 'stable');
  const dry = async (): Promise<Comparison> => compare('shop', { dryRun: true });
  await apply('shop', { tags: true, keep: ['stable'] }, { onPush: false });
  await untag('shop/web', 'v1');
  await untag('shop/web', 'stable');
  const digest = (await world.tags('shop/web', 'v1', ['south']))['south'] ?? '';
  expect(await dry()).toMatchObject({
    idcs: { south: { extra: 1, deleted: 1, held: 0 }, east: { extra: 1, deleted: 1 } },
    examples: [{ what: 'deleted', image: 'shop/web:v1' }],
  });
  expect(await there('shop/web', 'v1')).toEqual([digest, digest, digest]);

  expect(await compare('shop')).toMatchObject({
    ...{ by: 'demo', asked: 0, late: 0 },
    idcs: { south: { checked: 1, extra: 1, deleted: 1, held: 0, trouble: null }, east: { deleted: 1 } },
  });
  expect(await there('shop/web', 'v1')).toEqual([null, null, null]);
  expect(await there('shop/web', 'v2')).toEqual([second, second, second]);
  expect((await there('shop/web', 'stable')).every((one) => one !== null)).toBe(true);
  // The image stays: only its tag went.
  expect(await headManifest(world.place('south', 'shop/web'), digest)).toBe(digest);
  const { deleted } = await world.rest<SyncList>('GET', '/v1/syncs?repository=shop/web&tag=v1');
  expect(deleted.map((one) => [one.registry, one.rule, one.from, one.digest]).toSorted()).toEqual(
    TO.map((registry) => [registry, 'shop', 'north', digest]).toSorted(),
  );
  const { comparison } = await world.rest<SyncRuleView>('GET', '/v1/sync-rules/shop');
  expect(comparison).toMatchObject({ driftSince: null, idcs: { east: { deleted: 1 } } });
  // Once more there is nothing to do.
  expect(await compare('shop')).toMatchObject({ idcs: { south: { extra: 0 }, east: { extra: 0 } }, examples: [] });
});

test('the webhook of a deletion is a hint: its repository is compared soon', async () => {
  await apply('hint', { tags: true });
  await bring('hint/web', 'v1', 'v2');
  await untag('hint/web', 'v1');
  await vi.waitUntil(async () => (await there('hint/web', 'v1')).every((digest) => digest === null), {
    ...{ timeout: 30_000, interval: 100 },
  });
  expect((await there('hint/web', 'v2')).every((digest) => digest !== null)).toBe(true);
  // It says nothing of the rule as a whole.
  const { comparison } = await world.rest<SyncRuleView>('GET', '/v1/sync-rules/hint');
  expect(comparison?.idcs['south']?.deleted ?? 0).toBe(0);
  // A webhook that lies deletes nothing.
  const { statusCode } = await request(`${world.api}/v1/hooks/registry/north`, {
    method: 'POST',
    headers: { authorization: SECRET, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [{ id: 'lie', action: 'delete', target: { repository: 'hint/web', tag: 'v2' } }] }),
  });
  expect(statusCode).toBe(202);
  const compared = async (): Promise<string | undefined> => {
    for await (const { workflowId, status, runId } of world.client.workflow.list({
      query: 'WorkflowType = "reconcileRule"',
    }))
      if (workflowId === 'reconcile/hint/hint/web' && status.name === 'COMPLETED') return runId;
    return undefined;
  };
  const before = await compared();
  await vi.waitUntil(async () => (await compared()) !== before, { timeout: 30_000, interval: 200 });
  expect((await there('hint/web', 'v2')).every((digest) => digest !== null)).toBe(true);
});

test('in a Harbor only the tag goes, by its own API: the image and its other tags stay', async () => {
  const { url = '', user = '', password = '' } = world.fleet.registries['harbor']?.harbor ?? {};
  const { statusCode } = await request(`${url}/api/v2.0/projects`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
      'content-type': 'application/json',
    },
    body: JSON.stringify({ project_name: 'pay', metadata: { public: 'false' } }),
  });
  expect(statusCode).toBe(201);
  await apply('pay', { tags: true }, { to: ['harbor'], onPush: false });
  const digest = await push('pay/web', 'v1');
  await moveTag(world.place('north', 'pay/web'), 'v2', digest);
  const tags = async (): Promise<(string | null)[]> =>
    Promise.all(['v1', 'v2'].map(async (tag) => headManifest(world.place('harbor', 'pay/web'), tag)));
  expect(await compare('pay')).toMatchObject({ asked: 2, late: 0 });
  expect(await tags()).toEqual([digest, digest]);
  await untag('pay/web', 'v1');
  expect(await compare('pay')).toMatchObject({ idcs: { harbor: { extra: 1, deleted: 1, held: 0 } }, unsupported: [] });
  expect(await tags()).toEqual([null, digest]);
  expect(await compare('pay')).toMatchObject({ idcs: { harbor: { extra: 0 } } });
});

describe('nothing is deleted', () => {
  test('while the source does not answer', async () => {
    await apply('away', { tags: true, repositories: true });
    await bring('away/web', 'v1');
    await apply('away', { tags: true, repositories: true }, { onPush: false });
    await untag('away/web', 'v1');
    const link = world.fleet.link('north/registry');
    await link.cut();
    const comparison = await compare('away');
    expect(comparison).toMatchObject({
      idcs: { south: { deleted: 0, trouble: { code: 'REGISTRY_UNREACHABLE' } }, east: { deleted: 0 } },
    });
    expect((await there('away/web', 'v1')).every((digest) => digest !== null)).toBe(true);
    await link.restore();
    expect((await world.rest<SyncRuleView>('GET', '/v1/sync-rules/away')).comparison?.driftSince).not.toBeNull();
    expect(await compare('away')).toMatchObject({ idcs: { south: { deleted: 1, trouble: null } } });
  });

  test('of a repository that the source has emptied, until somebody lets it go', async () => {
    await apply('whole', { tags: true });
    await bring('whole/web', 'v1', 'v2');
    await untag('whole/web', 'v1');
    await untag('whole/web', 'v2');
    const comparison = await compare('whole');
    expect(comparison).toMatchObject({ idcs: { south: { extra: 2, deleted: 0, held: 2 } } });
    const all = TO.toSorted().join();
    expect(held(comparison).toSorted()).toEqual([`whole/web:v1 ${all} repository`, `whole/web:v2 ${all} repository`]);
    expect((await there('whole/web', 'v1')).every((digest) => digest !== null)).toBe(true);
    expect(await compare('whole', { deleteRepositories: true })).toMatchObject({
      idcs: { south: { deleted: 2, held: 0 } },
    });
    expect(await there('whole/web', 'v2')).toEqual([null, null, null]);
  });

  test('where it is more than may go in an hour, until somebody lets it go', async () => {
    await apply('many', { tags: true, most: 2 });
    await bring('many/web', 'v1', 'v2', 'v3', 'v4', 'v5');
    await apply('many', { tags: true, most: 2 }, { onPush: false });
    for (const tag of ['v1', 'v2', 'v3']) await untag('many/web', tag);
    expect(await compare('many')).toMatchObject({
      idcs: { south: { extra: 3, deleted: 0, held: 3 }, east: { held: 3 } },
    });
    expect(await compare('many', { mostDeletions: 3 })).toMatchObject({ idcs: { south: { deleted: 3, held: 0 } } });
    // Those of before count.
    await untag('many/web', 'v4');
    const comparison = await compare('many');
    expect(held(comparison)).toEqual([`many/web:v4 ${TO.toSorted().join()} many`]);
    expect((await there('many/web', 'v4')).every((digest) => digest !== null)).toBe(true);
  });

  test('that another rule brings, there; elsewhere it goes', async () => {
    await apply('two', { tags: true });
    await apply('twin', {}, { to: ['east'], images: [{ repository: 'two/**' }] });
    const [digest] = await bring('two/web', 'v1', 'v2');
    await untag('two/web', 'v1');
    expect(held(await compare('two'))).toEqual(['two/web:v1 east rule']);
    expect(await world.tags('two/web', 'v1', TO)).toEqual({ south: null, 'south-edge': null, east: digest });
  });

  test('that somebody else has moved since it was brought', async () => {
    await apply('ours', { tags: true });
    await bring('ours/web', 'v1', 'v2');
    await apply('ours', { tags: true }, { onPush: false });
    const own = await push('ours/web', 'v1', 'east', 'of east');
    const local = await push('ours/web', 'v9', 'east', 'of east');
    await untag('ours/web', 'v1');
    expect(await compare('ours')).toMatchObject({
      idcs: { south: { deleted: 1 }, east: { extra: 1, deleted: 0, held: 0 } },
    });
    expect(await world.tags('ours/web', 'v1', TO)).toEqual({ south: null, 'south-edge': null, east: own });
    expect(await world.tags('ours/web', 'v9', ['east'])).toEqual({ east: local });
    expect(await compare('ours')).toMatchObject({ idcs: { east: { extra: 0 } } });
  });

  test('by a rule that does not say so', async () => {
    await apply('off', {});
    const [digest] = await bring('off/web', 'v1', 'v2');
    await untag('off/web', 'v1');
    expect(await compare('off')).toMatchObject({ idcs: { south: { extra: 0 } } });
    expect(await there('off/web', 'v1')).toEqual([digest, digest, digest]);
  });
});

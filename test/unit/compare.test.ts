import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareRule } from '../../src/activities/compare.ts';
import { dropTags } from '../../src/activities/drop-tags.ts';
import type { SyncTagReader } from '../../src/catalogue/types.ts';
import type { Drift, TagDrop } from '../../src/domain/sync/drift.ts';
import { Copier } from '../../src/registry/copy.ts';
import { headManifest, type Place } from '../../src/registry/manifest.ts';
import { fallbackTag } from '../../src/registry/referrers.ts';
import type { Adversary } from '../support/registry/adversary.ts';
import { entryOf, INDEX, MANIFEST, seedImage } from '../support/registry/images.ts';
import type { Quirks } from '../support/registry/quirks.ts';
import { RegistryWorld } from '../support/registry/world.ts';
import { rule } from './domain/sync/fixtures.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

const { signal } = new AbortController();
const SHOP = rule({
  ...{ to: ['south', 'east'], images: [{ repository: 'shop/**', tags: ['v*'] }] },
  deletions: { tags: true, keep: ['v0'] },
});

let registries: Record<string, Adversary>;
let places: Map<string, Place>;
/** `registry repository:tag` → digest: what syncs have moved. */
let brought: Map<string, string>;

beforeEach(() => {
  brought = new Map();
  places = new Map();
});

async function start(quirks: Record<string, Quirks> = {}): Promise<void> {
  registries = {};
  for (const name of ['north', 'south', 'east']) registries[name] = await world.registry(quirks[name] ?? {});
}
/** As a worker has them: one client for each registry. */
function place(registry: string, repository: string): Place {
  let found = places.get(registry);
  if (found === undefined) {
    found = world.place(registries[registry] ?? { url: '' }, repository, { attempts: 1 });
    places.set(registry, found);
  }
  return { ...found, repository };
}

const reader: SyncTagReader = {
  repositories: async ({ registries: names }) =>
    Promise.resolve([...new Set(all().flatMap((one) => (names.includes(one.registry) ? [one.repository] : [])))]),
  brought: async ({ registries: names, repository }) =>
    Promise.resolve(all().filter((one) => names.includes(one.registry) && one.repository === repository)),
};
function all(): { registry: string; repository: string; tag: string; digest: string }[] {
  return [...brought].map(([key, digest]) => {
    const [registry = '', repository = '', tag = ''] = key.split(/[ :]/);
    return { registry, repository, tag, digest };
  });
}

/** The image of that seed is in registries, under a tag; in all but north a sync brought it. */
function seed(image: string, ...at: string[]): string {
  const [repository = '', tag = ''] = image.split(':');
  let digest = '';
  for (const name of at) {
    ({ digest } = seedImage(registries[name] as Adversary, repository, tag, [], { seed: image }));
    if (name !== 'north') brought.set(`${name} ${image}`, digest);
  }
  return digest;
}
const compare = async (repository?: string): Promise<Drift> =>
  compareRule(place, SHOP, ['south', 'east'], { brought: reader, repository, signal, tell: () => undefined });
const extra = ({ extra: found }: Drift): string[] =>
  found.map(({ repository, tag, to, isWhole }) => `${repository}:${tag} ${to.join()}${isWhole ? ' whole' : ''}`);
const drop = async (drift: Drift, done: TagDrop[] = []): Promise<string[]> => {
  const input = { from: 'north', tags: drift.extra, repositories: false };
  return (await dropTags(place, input, { signal, done, tell: () => undefined })).map(
    ({ registry, repository, tag, outcome }) => `${registry} ${repository}:${tag} ${outcome}`,
  );
};
const named = async (registry: string, image: string): Promise<string | null> => {
  const [repository = '', tag = ''] = image.split(':');
  return headManifest(place(registry, repository), tag);
};

describe('a comparison', () => {
  test('finds what was brought and is not at the source, and nothing that was not brought, or is to be kept', async () => {
    await start();
    seed('shop/web:v2', 'north', 'south', 'east');
    for (const tag of ['v0', 'v1', 'dev']) seed(`shop/web:${tag}`, 'south', 'east');
    seed('shop/web:v3', 'east');
    seed('pay/web:v1', 'south');
    seed('shop/web:v9', 'south');
    brought.delete('south shop/web:v9');
    const drift = await compare();
    expect(extra(drift)).toEqual(['shop/web:v1 south,east', 'shop/web:v3 east']);
    expect(drift).toMatchObject({ checked: 1, missing: [], isCut: false });
  });

  test('finds a repository that the source lost as a whole, and says so; or looks at one alone', async () => {
    await start();
    seed('shop/web:v2', 'north', 'south', 'east');
    seed('shop/lost:v1', 'south');
    seed('shop/more:v1', 'south');
    expect(extra(await compare())).toEqual(['shop/lost:v1 south whole', 'shop/more:v1 south whole']);
    expect(extra(await compare('shop/lost'))).toEqual(['shop/lost:v1 south whole']);
    expect(await compare('pay/web')).toEqual({ checked: 0, missing: [], extra: [], isCut: false, away: {} });
  });

  test('does not take a list that was cut short for deletions', async () => {
    await start({
      north: {
        instead: ({ path }) => (path.endsWith('/tags/list') ? { status: 200, text: '{"tags":["v1"]}' } : undefined),
      },
    });
    seed('shop/web:v1', 'north', 'south', 'east');
    seed('shop/web:v2', 'north', 'south', 'east');
    seed('shop/web:v3', 'south');
    expect(extra(await compare('shop/web'))).toEqual(['shop/web:v3 south']);
  });

  test('of a source that does not answer says nothing', async () => {
    await start({ north: { instead: () => ({ status: 503, text: 'down' }) } });
    seed('shop/web:v1', 'south');
    await expect(compare()).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });
});

describe('what is attached to images that are there', () => {
  const api = { referrers: true };

  /** An image that is in step, with a referrer and a signature of cosign at the source. */
  function signed(quirks: Quirks): string {
    const digest = seed('shop/web:v1', 'north', 'south', 'east');
    const north = registries['north'] as Adversary;
    const subject = { mediaType: MANIFEST, digest, size: 1 };
    const referrer = seedImage(north, 'shop/web', null, [], { seed: 'referrer', subject });
    seedImage(north, 'shop/web', `${fallbackTag(digest)}.sig`, [], { seed: 'cosign' });
    if (quirks.referrers !== true) {
      const manifests = [entryOf(MANIFEST, referrer.bytes)];
      north.putManifest('shop/web', fallbackTag(digest), INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
    }
    return digest;
  }
  const lacking = ({ missing }: Drift): string[] =>
    missing.map(({ tag, to, isAttached }) => `${tag} ${to.join()} ${String(isAttached)}`);

  test.each([
    ['with the referrers API', api],
    ['without it', {}],
  ])('is found where it lacks, %s, and no more once it was copied', async (_, quirks) => {
    await start({ north: quirks, south: quirks, east: quirks });
    const digest = signed(quirks);
    expect(lacking(await compare())).toEqual(['v1 south,east true']);
    const destinations = [place('south', 'shop/web'), place('east', 'shop/web')];
    await new Copier().copy({ source: place('north', 'shop/web'), digest, destinations });
    expect(lacking(await compare())).toEqual([]);
    registries['east']?.tags.delete(`shop/web ${fallbackTag(digest)}.sig`);
    expect(lacking(await compare())).toEqual(['v1 east true']);
  });

  test('is no tag of its own, and is not looked for by a rule without referrers', async () => {
    await start({ north: api, south: api, east: api });
    signed(api);
    const all = { ...SHOP, images: [{ repository: 'shop/**' }] };
    const comparing = { brought: reader, signal, tell: () => undefined };
    expect((await compareRule(place, all, ['south'], comparing)).checked).toBe(1);
    expect((await compareRule(place, { ...all, referrers: false }, ['south'], comparing)).missing).toEqual([]);
  });

  test('that an index lists and that is gone is nothing', async () => {
    await start();
    const digest = signed({});
    const north = registries['north'] as Adversary;
    north.tags.delete(`shop/web ${fallbackTag(digest)}.sig`);
    for (const [key, { bytes }] of north.manifests) if (bytes.includes('"subject"')) north.manifests.delete(key);
    expect(lacking(await compare())).toEqual([]);
  });

  test.each([
    // One to see that each registry answers, one to list repositories, one to list tags, and for each tag a HEAD at the source
    // and one at each registry.
    ['with the referrers API, of images without any', api, 2 + 2 + 20 + 40 + 20],
    // The first one finds out that there is no API.
    ['without it, of images without any', {}, 2 + 2 + 20 + 40],
  ])('costs, %s, so many requests', async (_, quirks, requests) => {
    await start({ north: quirks, south: quirks, east: quirks });
    for (let n = 0; n < 20; n++) seed(`shop/web:v${100 + n}`, 'north', 'south', 'east');
    // What a registry is, is known after the first image.
    await compare();
    let count = 0;
    for (const registry of Object.values(registries)) {
      registry.quirks.instead = () => {
        count++;
        return undefined;
      };
    }
    expect(await compare()).toMatchObject({ checked: 20, missing: [] });
    expect(count).toBe(requests);
  });
});

describe('tags that the source has no more', () => {
  test('go, each by itself; one that was pushed again since it was compared stays, as does what is somebody else’s', async () => {
    await start();
    seed('shop/web:v9', 'north');
    for (const tag of ['v1', 'v2', 'v3', 'v4']) seed(`shop/web:${tag}`, 'south', 'east');
    const drift = await compare();
    seed('shop/web:v2', 'north');
    seedImage(registries['east'] as Adversary, 'shop/web', 'v3', [], { seed: 'of east' });
    registries['south']?.tags.delete('shop/web v4');
    expect(await drop(drift)).toEqual([
      ...['south shop/web:v1 deleted', 'east shop/web:v1 deleted'],
      ...['south shop/web:v2 back', 'east shop/web:v2 back'],
      ...['south shop/web:v3 deleted', 'east shop/web:v3 other'],
      ...['south shop/web:v4 absent', 'east shop/web:v4 deleted'],
    ]);
    expect(await named('south', 'shop/web:v1')).toBeNull();
    expect(await named('south', 'shop/web:v2')).not.toBeNull();
    expect(await named('east', 'shop/web:v3')).not.toBeNull();
    const digest = brought.get('south shop/web:v1') ?? '';
    expect(await headManifest(place('south', 'shop/web'), digest)).toBe(digest);
  });

  test('stay where the source has emptied the repository since, or is away by now', async () => {
    await start();
    seed('shop/web:v9', 'north');
    seed('shop/web:v1', 'south', 'east');
    const drift = await compare();
    registries['north']?.tags.clear();
    expect(await drop(drift)).toEqual(['south shop/web:v1 emptied', 'east shop/web:v1 emptied']);
    if (registries['north'] !== undefined) registries['north'].quirks.instead = () => 'drop';
    expect(await drop(drift)).toEqual(['south shop/web:v1 failed', 'east shop/web:v1 failed']);
    expect(await named('south', 'shop/web:v1')).not.toBeNull();
  });

  test('are not tried one by one in a registry that deletes none, or is away; others lose theirs', async () => {
    await start({ south: { deletes: 'digests' } });
    seed('shop/web:v9', 'north');
    for (const tag of ['v1', 'v2', 'v3']) seed(`shop/web:${tag}`, 'south', 'east');
    const drift = await compare();
    let asked = 0;
    if (registries['south'] !== undefined)
      registries['south'].quirks.instead = ({ method }) => void (asked += method === 'DELETE' ? 1 : 0);
    const outcomes = await drop(drift);
    expect(outcomes.filter((one) => one.startsWith('south'))).toEqual(
      ['v1', 'v2', 'v3'].map((tag) => `south shop/web:${tag} unsupported`),
    );
    expect(outcomes.filter((one) => one.startsWith('east')).every((one) => one.endsWith('deleted'))).toBe(true);
    expect(asked).toBe(1);
  });

  test('that an attempt before this one has come to are not tried again', async () => {
    await start();
    seed('shop/web:v9', 'north');
    seed('shop/web:v1', 'south', 'east');
    const drift = await compare();
    const done: TagDrop[] = [
      { registry: 'south', repository: 'shop/web', tag: 'v1', digest: 'sha256:1', outcome: 'deleted', detail: '' },
    ];
    expect(await drop(drift, done)).toEqual(['south shop/web:v1 deleted', 'east shop/web:v1 deleted']);
    expect(await named('south', 'shop/web:v1')).not.toBeNull();
  });

  test('that may not be deleted keep none of the others', async () => {
    const denied = { status: 403, errors: [['DENIED', 'no right to delete']] as [string, string][] };
    await start({
      south: { instead: ({ method, path }) => (method === 'DELETE' && path.endsWith('/v1') ? denied : undefined) },
    });
    seed('shop/web:v9', 'north');
    for (const tag of ['v1', 'v2']) seed(`shop/web:${tag}`, 'south');
    expect(await drop(await compare())).toEqual(['south shop/web:v1 failed', 'south shop/web:v2 deleted']);
  });
});

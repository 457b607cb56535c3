import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareRule } from '../../src/activities/compare.ts';
import { dropTags } from '../../src/activities/drop-tags.ts';
import type { SyncTagReader } from '../../src/catalogue/types.ts';
import type { Drift, TagDrop } from '../../src/domain/sync/drift.ts';
import { headManifest, type Place } from '../../src/registry/manifest.ts';
import type { Adversary } from '../support/registry/adversary.ts';
import { seedImage } from '../support/registry/images.ts';
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
    expect(await compare('pay/web')).toEqual({ checked: 0, missing: [], extra: [], isCut: false });
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

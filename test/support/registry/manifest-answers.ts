import { expect, test } from 'vitest';
import { sha256, type Blob } from '../../../devfleet/images/layer.ts';
import { Copier } from '../../../src/registry/copy.ts';
import { listReferrers } from '../../../src/registry/referrers.ts';
import { deleteReference, moveTag } from '../../../src/registry/tags.ts';
import { buildxIndex, referredTo, windowsImage } from './built.ts';
import { ask, expectThere, named, push, there } from './hands.ts';
import { imageOf, type Built } from './parts.ts';
import type { RealOptions, RealRegistry } from './real.ts';
import type { RegistryWorld } from './world.ts';

/** Answers in which releases of distribution differ. */
export interface ManifestAnswers {
  /** To a DELETE by tag, and what the client makes of it. */
  deleteByTag: number;
  deleted: 'deleted' | 'unsupported';
}

const IMAGE = imageOf('answers', { os: 'linux', architecture: 'amd64' });

/**
 * What a real registry answers to manifests and tags, told by somebody's own hands, and that the client copes with it.
 * @param start another one of the kind
 */
export function manifestAnswers(
  world: RegistryWorld,
  registry: () => RealRegistry,
  start: (options?: RealOptions) => Promise<RealRegistry>,
  answers: ManifestAnswers,
): void {
  test('an OCI manifest is denied to whoever does not ask for that type', async () => {
    await push(registry(), 'answers/accept', IMAGE, 'v1');
    const answer = await ask(registry(), 'GET', 'answers/accept', 'manifests/v1', { headers: { accept: '*/*' } });
    expect(answer.status).toBe(404);
  });

  test('there is no API for referrers, and no note is taken of a subject: a tag lists them, with those of others', async () => {
    const built = referredTo();
    const api = await ask(registry(), 'GET', 'answers/referrers', `referrers/${built.root.digest}`);
    expect(api.status).toBe(404);
    const [mine, theirs] = [await start(), registry()];
    await push(mine, 'answers/referrers', built);
    // Somebody has put one of them there by another way.
    const some = { ...built, manifests: built.manifests.slice(0, 2) };
    await push(theirs, 'answers/referrers', some);
    const tap = await world.tap(registry());
    const [source, place] = [world.place(mine, 'answers/referrers'), world.place(tap, 'answers/referrers')];
    const result = await new Copier().copy({ source, digest: built.root.digest, destinations: [place] });
    expect(result.destinations).toMatchObject([{ error: null, wasHere: true }]);
    await expectThere(theirs, 'answers/referrers', built);
    expect(await listReferrers(place, built.root.digest)).toHaveLength(2);
    expect(place.client.traits.listsReferrers).toBe(false);
  });

  test('a tag is deleted, or that is told to be unsupported; a digest is, with all its tags', async () => {
    const place = world.place(registry(), 'answers/tags');
    for (const tag of ['v0', 'v1', 'v2']) await push(registry(), place.repository, IMAGE, tag);
    const answer = await ask(registry(), 'DELETE', place.repository, 'manifests/v0');
    expect(answer.status).toBe(answers.deleteByTag);
    expect(await deleteReference(place, 'v1')).toBe(answers.deleted);
    const isDeleted = answers.deleted === 'deleted';
    expect(await named(registry(), place.repository, 'v1')).toBe(isDeleted ? null : IMAGE.root.digest);
    expect(await named(registry(), place.repository, 'v2')).toBe(IMAGE.root.digest);
    expect(await deleteReference(place, IMAGE.root.digest)).toBe('deleted');
    expect(await named(registry(), place.repository, 'v2')).toBeNull();
    expect(await deleteReference(place, IMAGE.root.digest)).toBe('absent');
  });

  test('where nothing may be deleted, that is told', async () => {
    const forever = await start({ deletes: false });
    const place = world.place(forever, 'answers/forever');
    await push(forever, place.repository, IMAGE, 'v1');
    expect(await deleteReference(place, 'v1')).toBe('unsupported');
    expect(await deleteReference(place, IMAGE.root.digest)).toBe('unsupported');
    expect(await named(forever, place.repository, 'v1')).toBe(IMAGE.root.digest);
  });

  test('an index without all that it lists is refused; of its children all that were asked for are there', async () => {
    const { built, amd } = platforms();
    await push(registry(), 'answers/platforms', built);
    const strict = await start();
    const place = world.place(strict, 'answers/platforms');
    const result = await new Copier().copy({
      source: world.place(registry(), place.repository),
      digest: built.root.digest,
      destinations: [place],
      platforms: ['linux/amd64'],
    });
    expect(result.destinations).toMatchObject([{ error: { code: 'REGISTRY_UNSUPPORTED', status: 400 } }]);
    expect(await named(strict, place.repository, built.root.digest)).toBeNull();
    await expectThere(strict, place.repository, amd);
  });

  test('a manifest that names layers elsewhere, where that is not allowed', async () => {
    const built = windowsImage();
    await push(registry(), 'answers/foreign', built);
    const strict = await start({ foreign: false });
    const place = world.place(strict, 'answers/foreign');
    const source = world.place(registry(), place.repository);
    const result = await new Copier().copy({ source, digest: built.root.digest, destinations: [place] });
    expect(result.destinations).toMatchObject([{ error: { code: 'REGISTRY_UNSUPPORTED', status: 500 } }]);
    expect(String(result.destinations[0]?.error)).toContain('takes no manifest that names layers elsewhere');
    expect(await there(strict, place.repository, built.blobs)).toHaveLength(built.blobs.length);
  });

  test('a tag that is moved to what is not there', async () => {
    const place = world.place(registry(), 'answers/absent');
    await expect(moveTag(place, 'v1', sha256('absent'))).rejects.toMatchObject({ code: 'IMAGE_GONE' });
    expect(await named(registry(), place.repository, 'v1')).toBeNull();
  });
}

/** The index with all of it, and what of it is for amd64. */
export function platforms(): { built: Built; amd: Built } {
  const built = buildxIndex();
  const { manifests } = JSON.parse(built.root.bytes.toString()) as {
    manifests: { digest: string; platform: { architecture: string } }[];
  };
  const digest = manifests.find(({ platform }) => platform.architecture === 'amd64')?.digest;
  const root = built.manifests.find((one) => one.digest === digest) ?? built.root;
  const { config, layers } = JSON.parse(root.bytes.toString()) as { config: Blob; layers: Blob[] };
  const digests = [config, ...layers].map((one) => one.digest);
  return { built, amd: { root, manifests: [root], blobs: built.blobs.filter((one) => digests.includes(one.digest)) } };
}

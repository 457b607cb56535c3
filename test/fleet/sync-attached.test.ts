// Signatures and attestations that are pushed after their image.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { sha256 } from '../../devfleet/images/layer.ts';
import { pushImage } from '../../devfleet/images/index.ts';
import type { Reconciled } from '../../src/workflows/reconcileRule.ts';
import type { AcceptedComparison, ComparisonStatus } from '../../src/http/schemas/comparison.ts';
import type { SyncList } from '../../src/http/schemas/sync-list.ts';
import type { SyncRuleView } from '../../src/http/schemas/sync-rule.ts';
import { readManifest } from '../../src/registry/descriptor.ts';
import { getManifest, headManifest, putManifest } from '../../src/registry/manifest.ts';
import { fallbackTag, listReferrers, putReferrer } from '../../src/registry/referrers.ts';
import { startSyncWorld, tellingOf, type SyncWorld } from '../support/sync/world.ts';
import { twice } from '../support/twice.ts';

vi.setConfig({ testTimeout: 120_000 });

const TO = ['south', 'south-edge', 'east'];
let world: SyncWorld;

beforeAll(async () => {
  world = await twice(() =>
    startSyncWorld({
      idcs: { north: [], south: ['south-edge'], east: [] },
      ...tellingOf('north'),
    }),
  );
});
afterAll(() => world.stop());

/** Puts a rule in force, and waits for the comparison that a new one begins with: it might find what a test is to see found. */
async function apply(name: string, onPush: boolean): Promise<void> {
  await world.rest('PUT', `/v1/sync-rules/${name}`, {
    ...{ name, from: 'north', to: TO, images: [{ repository: `${name}/**`, tags: ['v*'] }], every: '24h', onPush },
  });
  await until(async () => (await world.rest<SyncRuleView>('GET', `/v1/sync-rules/${name}`)).comparison !== null);
}
const push = async (repository: string, tag: string, label = ''): Promise<string> =>
  (
    await pushImage(world.fleet.registries['north']?.directUrl ?? '', {
      repository,
      tag,
      labels: { label },
      layerBytes: 1_000,
    })
  ).digest;

/** Waits until the image, and all that goes with it, is everywhere and at rest. */
async function rest(repository: string, digest: string): Promise<void> {
  const places = TO.map((name) => world.place(name, repository));
  await vi.waitUntil(
    async () =>
      (await Promise.all(places.map(async (place) => headManifest(place, digest)))).every((one) => one === digest) &&
      (await world.rest<SyncList>('GET', '/v1/syncs?state=open')).syncs.length === 0,
    { timeout: 30_000, interval: 100 },
  );
}

/** Something that refers to a manifest, with the config and layers of an image that is there. */
async function refer(repository: string, subject: string, label: string): Promise<string> {
  const place = world.place('north', repository);
  const about = await getManifest(place, subject);
  if (about === null) throw new Error(`${subject} is not there`);
  const { config, layers } = about.content;
  const content = {
    ...{ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers },
    ...{ annotations: { label }, subject: { mediaType: about.mediaType, digest: subject, size: about.bytes.length } },
  };
  const bytes = Buffer.from(JSON.stringify(content));
  const manifest = readManifest(bytes, sha256(bytes), undefined);
  await putReferrer(place, manifest);
  return manifest.digest;
}

/** As cosign does it: an image under a tag that says what it is about. */
async function sign(repository: string, subject: string, label: string): Promise<string> {
  const place = world.place('north', repository);
  const about = await getManifest(place, subject);
  if (about === null) throw new Error(`${subject} is not there`);
  const { config, layers } = about.content;
  const content = { schemaVersion: 2, mediaType: about.mediaType, config, layers, annotations: { label } };
  const bytes = Buffer.from(JSON.stringify(content));
  await putManifest(place, `${fallbackTag(subject)}.sig`, { bytes, digest: sha256(bytes), mediaType: about.mediaType });
  return sha256(bytes);
}

async function isEverywhere(
  repository: string,
  image: string,
  { referrer, signature }: { referrer?: string; signature?: string },
): Promise<boolean> {
  const found = await Promise.all(
    TO.map(async (name) => {
      const place = world.place(name, repository);
      const listed = (await listReferrers(place, image)).map(({ digest }) => digest);
      return (
        (referrer === undefined || listed.includes(referrer)) &&
        (signature === undefined || (await headManifest(place, `${fallbackTag(image)}.sig`)) === signature)
      );
    }),
  );
  return found.every(Boolean);
}
const until = async (what: () => Promise<boolean>): Promise<void> => {
  await vi.waitUntil(what, { timeout: 30_000, interval: 100 });
};

test('what is pushed after its image comes as soon as the registry tells of it, wherever the image is', async () => {
  await apply('told', true);
  const image = await push('told/web', 'v1');
  await rest('told/web', image);
  const referrer = await refer('told/web', image, 'sbom');
  await until(async () => isEverywhere('told/web', image, { referrer }));
  const signature = await sign('told/web', image, 'first');
  await until(async () => isEverywhere('told/web', image, { signature }));
  // Signed once more, and something that refers to what refers to it.
  const again = await sign('told/web', image, 'second');
  await until(async () => isEverywhere('told/web', image, { signature: again }));
  const deep = await refer('told/web', referrer, 'signature of the sbom');
  await until(async () =>
    (await Promise.all(TO.map(async (name) => headManifest(world.place(name, 'told/web'), deep)))).every(
      (one) => one === deep,
    ),
  );
});

test('of images that nobody brought nothing is brought', async () => {
  const local = await push('told/web', 'local');
  await refer('told/web', local, 'sbom');
  await sign('told/web', local, 'first');
  const ended = async (): Promise<number> => {
    let count = 0;
    for await (const { status } of world.client.workflow.list({ query: 'WorkflowType = "bringAttached"' }))
      if (status.name === 'COMPLETED') count++;
    return count;
  };
  const before = await ended();
  const last = await refer('told/web', local, 'last');
  await until(async () => (await ended()) > before);
  for (const name of TO) {
    expect(await headManifest(world.place(name, 'told/web'), local)).toBeNull();
    expect(await headManifest(world.place(name, 'told/web'), last)).toBeNull();
  }
});

test('what nobody told of is found by a comparison', async () => {
  await apply('untold', false);
  const image = await push('untold/web', 'v1');
  const compare = async (): Promise<Reconciled> => {
    const { links } = await world.rest<AcceptedComparison>('POST', '/v1/sync-rules/untold/comparisons', {});
    let status: ComparisonStatus | undefined;
    await until(async () => (status = await world.rest<ComparisonStatus>('GET', links.status)).state !== 'running');
    if (status?.comparison === null || status === undefined) throw new Error(JSON.stringify(status));
    return status.comparison;
  };
  await compare();
  await rest('untold/web', image);
  const referrer = await refer('untold/web', image, 'sbom');
  const signature = await sign('untold/web', image, 'first');
  expect(await compare()).toMatchObject({
    idcs: { south: { checked: 1, missing: 1 }, east: { missing: 1 } },
    asked: 1,
    late: 0,
  });
  expect(await isEverywhere('untold/web', image, { referrer, signature })).toBe(true);
  expect(await compare()).toMatchObject({ idcs: { south: { missing: 0 } }, asked: 0 });
});

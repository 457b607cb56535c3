import { afterEach, expect, test } from 'vitest';
import { imageActivities, type CopyOutcome, type ImageDrivers } from '../../src/activities/image.ts';
import { Copier } from '../../src/registry/copy.ts';
import { asActivity } from '../support/activity.ts';
import type { Adversary } from '../support/registry/adversary.ts';
import { entryOf, MANIFEST, seedImage } from '../support/registry/images.ts';
import { RegistryWorld } from '../support/registry/world.ts';

const world = new RegistryWorld();
afterEach(() => world.end());

const REPOSITORY = 'shop/web';

/** One worker that copies from north to south and its replica: its attempts go on from what the one before left. */
async function start() {
  const registries: Record<string, Adversary> = {
    north: await world.registry({ referrers: true }),
    south: await world.registry({ referrers: true }),
    edge: await world.registry({ referrers: true }),
  };
  const places = Object.fromEntries(
    Object.entries(registries).map(([name, registry]) => [name, world.place(registry, REPOSITORY, { attempts: 2 })]),
  );
  const drivers = {
    copier: new Copier(),
    place: (name: string) => places[name],
    makeProject: async () => Promise.resolve(),
    pacer: () => undefined,
  } as unknown as ImageDrivers;
  const { copyImage } = imageActivities(drivers, { syncTags: {} as never });
  let attempt = 0;
  let left: unknown;
  const copy = async (digest: string): Promise<CopyOutcome[]> => {
    const info = { attempt: ++attempt, heartbeatDetails: left };
    const input = { repository: REPOSITORY, digest, from: 'north', near: [], to: ['south', 'edge'], referrers: true };
    const beat = (details: unknown): void => void (left = JSON.parse(JSON.stringify(details)));
    return asActivity(async () => copyImage(input), info as never, undefined, beat);
  };
  const forget = (): void => {
    for (const { seen } of Object.values(registries)) seen.length = 0;
  };
  return { ...(registries as Record<'north' | 'south' | 'edge', Adversary>), copy, forget };
}

/** @returns digest of a signature of the image */
function sign(registry: Adversary, image: Buffer): string {
  const subject = entryOf(MANIFEST, image);
  return seedImage(registry, REPOSITORY, null, [100], { seed: 'signature', subject }).digest;
}

/** The replica is away, and one attempt has been made. */
async function attempted() {
  const started = await start();
  const { north, edge, copy, forget } = started;
  const { digest, bytes } = seedImage(north, REPOSITORY, 'v1', [2_000, 300]);
  const referrer = sign(north, bytes);
  edge.quirks.instead = () => 'drop';
  await expect(copy(digest)).rejects.toThrow(/edge: HEAD/);
  forget();
  return { ...started, digest, referrer };
}

test('a registry that has the image is not asked again while another one of its IDC is away', async () => {
  const { north, south, copy, digest, referrer } = await attempted();
  expect(south.manifests.has(`${REPOSITORY} ${digest}`)).toBe(true);
  expect(south.manifests.has(`${REPOSITORY} ${referrer}`)).toBe(true);
  await expect(copy(digest)).rejects.toThrow(/edge: HEAD/);
  expect(north.calls()).toEqual([]);
  // Whether the image can be taken from there.
  expect(south.calls()).toEqual([`HEAD /v2/shop/web/manifests/${digest}`]);
});

test('it is where the other one gets it from, once that is back; and is told of with what its own copy cost', async () => {
  const { north, south, edge, copy, digest, referrer } = await attempted();
  edge.quirks.instead = undefined;
  await new Promise((resolve) => setTimeout(resolve, 1_001));
  const outcomes = await copy(digest);
  expect(outcomes).toMatchObject([
    { registry: 'south', report: { attempts: 1, sent: 5, wasHere: false }, trouble: null },
    { registry: 'edge', report: { attempts: 2, sent: 5, wasHere: false }, trouble: null },
  ]);
  expect(north.calls()).toEqual([]);
  expect(south.calls(/PUT|POST|PATCH/)).toEqual([]);
  expect(edge.manifests.has(`${REPOSITORY} ${referrer}`)).toBe(true);
});

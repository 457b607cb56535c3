import { SECRET, startSyncWorld, type SyncWorld } from '../../../test/support/sync/world.ts';
import { RegistryEyes } from '../registry-eyes.ts';
import { Arrivals, type Arrival } from './arrivals.ts';
import { Meter } from './meter.ts';
import { Postman } from './postman.ts';
import type { FloodSize } from './size.ts';
import { Told } from './told.ts';

export const SOURCE = 'north';
/** The second one is a replica in the IDC of the first. */
export const DESTINATIONS = ['south', 'south-edge', 'east'];
/** The one that is down for a while. */
export const DOWN = 'south-edge';

/** After so many bytes a connection is reset: the largest blob does not come from the source over one. */
const ANSWERS = { source: 2_000_000, other: 4_000_000 };
const REQUESTS = 4_000_000;
const TRUNCATED = 40_000;
const LATENCY_MS = { most: 30, jitter: 20 };

/** Three registries to which one is brought, over links that break, and what stands between them and Transship. */
export interface FloodWorld extends SyncWorld {
  eyes: Record<string, RegistryEyes>;
  meters: Record<string, Meter>;
  arrivals: Arrivals;
  postman: Postman;
  /** Stops what a registry tells, and all links. */
  close(): void;
}

/**
 * Starts it, whole yet.
 * @param onMoved called when a tag moved in a destination
 */
export async function openFloodWorld(
  size: FloodSize,
  {
    random,
    signal,
    resources,
    onMoved,
  }: {
    random: () => number;
    signal: AbortSignal;
    resources: AsyncDisposableStack;
    onMoved: (arrival: Arrival) => void;
  },
): Promise<FloodWorld> {
  const arrivals = new Arrivals(onMoved);
  let postman: Postman | null = null;
  const told = await Told.start((registry, event) => {
    if (registry === SOURCE) postman?.carry(event);
    else arrivals.hear(registry, event);
  });
  resources.defer(() => told.close());
  const names = [SOURCE, ...DESTINATIONS];
  const limits = { truncatedBytes: TRUNCATED, requestBytes: REQUESTS };
  const meters = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await Meter.start(limits)] as const)),
  );
  for (const meter of Object.values(meters)) resources.defer(() => meter.close());
  const world = await startSyncWorld({
    idcs: { north: [], south: ['south-edge'], east: [] },
    roles: { one: [], two: [] },
    settings: (name) => ({
      url: meters[name]?.url ?? '',
      ...(name === SOURCE ? { webhookSecret: SECRET } : {}),
    }),
    notified: (name) => [
      {
        url: told.urlOf(name),
        ignoredActions: ['pull'],
        ...(name === SOURCE ? { ignoredMediaTypes: ['application/octet-stream'] } : {}),
      },
    ],
  });
  resources.defer(() => world.stop());
  for (const [name, meter] of Object.entries(meters))
    meter.to = Number(new URL(world.fleet.registries[name]?.url ?? '').port);
  postman = new Postman(`${world.api}/v1/hooks/registry/${SOURCE}`, SECRET, size.hooks, random, signal);
  const eyes = Object.fromEntries(
    names.map((name) => [name, new RegistryEyes(world.fleet.registries[name]?.directUrl ?? '')]),
  );
  return { ...world, eyes, meters, arrivals, postman, close: () => told.close() };
}

/** From now on connections are slow, and break. */
export async function breakLinks({ fleet }: FloodWorld, { refused, truncated }: FloodSize): Promise<void> {
  for (const name of [SOURCE, ...DESTINATIONS]) {
    const link = fleet.link(`${name}/registry`);
    await link.latency(LATENCY_MS.most, LATENCY_MS.jitter);
    await link.refuse(refused);
    await link.limit('resets-requests', { of: 'requests', bytes: REQUESTS });
    await link.limit('resets-answers', { of: 'answers', bytes: name === SOURCE ? ANSWERS.source : ANSWERS.other });
    await link.limit('truncates', { of: 'answers', bytes: TRUNCATED, share: truncated });
  }
}

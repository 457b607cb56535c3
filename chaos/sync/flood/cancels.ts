import { setTimeout as sleep } from 'node:timers/promises';
import { pushImage } from '../../../devfleet/images/index.ts';
import { syncWorkflowId } from '../../../src/temporal/names.ts';
import { insist, SYNC_PATIENCE } from '../../harness/insist.ts';
import { DESTINATIONS, DOWN, SOURCE, type FloodWorld } from './world.ts';

/** An image that somebody asks for under a tag that names another one, and stops. */
export interface Cancelled {
  repository: string;
  /** What the tag named before. */
  before: string;
  digest: string;
}

const TAG = 'stable';
const LOOK_MS = 100;

/** Repositories of which no rule knows, with an image that all destinations have. */
export async function prepareCancels(world: FloodWorld, count: number, signal: AbortSignal): Promise<Cancelled[]> {
  const all = await Promise.all(
    Array.from({ length: count }, async (_, nth) => {
      const repository = `hand/app-${nth}`;
      const before = await push(world, repository, 'before');
      await insist(world.api, { method: 'POST', path: '/v1/syncs', body: asked(repository) }, signal, SYNC_PATIENCE);
      return { repository, before, digest: '' };
    }),
  );
  for (const { repository, before } of all) await named(world, repository, before, DESTINATIONS, signal);
  return all;
}

/** While the replica is down: their tags move where they can, and somebody stops that. */
export async function cancelAll(world: FloodWorld, all: Cancelled[], signal: AbortSignal): Promise<void> {
  for (const one of all) {
    const { repository } = one;
    one.digest = await push(world, repository, 'stopped');
    await insist(world.api, { method: 'POST', path: '/v1/syncs', body: asked(repository) }, signal, SYNC_PATIENCE);
    const others = DESTINATIONS.filter((name) => name !== DOWN);
    await named(world, repository, one.digest, others, signal);
    const body = { image: `${repository}@${one.digest}` };
    // Where the answer was lost it may have ended when it is asked for again.
    await insist(world.api, { method: 'POST', path: '/v1/syncs/cancel', body }, signal, SYNC_PATIENCE).catch(
      (error: unknown) => {
        if (!String(error).includes('SYNC_UNKNOWN')) throw error;
      },
    );
  }
}

/** Is every tag what it was before? One line for each that is not. */
export async function judgeCancels(world: FloodWorld, all: Cancelled[]): Promise<string[]> {
  const violations: string[] = [];
  for (const { repository, before, digest } of all) {
    const { status } = await world.client.workflow.getHandle(syncWorkflowId(repository, digest)).describe();
    if (status.name !== 'CANCELLED') violations.push(`the sync of ${repository}, cancelled, is ${status.name}`);
    for (const name of DESTINATIONS) {
      const now = await world.eyes[name]?.tag(repository, TAG);
      if (now !== before) violations.push(`${repository}:${TAG} in ${name} is ${now}, was ${before} before the cancel`);
    }
  }
  return violations;
}

function asked(repository: string): object {
  return { image: `${repository}:${TAG}`, from: SOURCE, to: DESTINATIONS };
}

async function push({ fleet }: FloodWorld, repository: string, label: string): Promise<string> {
  const url = fleet.registries[SOURCE]?.directUrl ?? '';
  return (await pushImage(url, { repository, tag: TAG, labels: { label }, layerBytes: 5_000 })).digest;
}

async function named(
  { eyes }: FloodWorld,
  repository: string,
  digest: string,
  registries: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of registries)
    while ((await eyes[name]?.tag(repository, TAG)) !== digest) await sleep(LOOK_MS, undefined, { signal });
}

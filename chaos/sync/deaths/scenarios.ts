import { RECONCILE_PREFIX, syncWorkflowId } from '../../../src/temporal/names.ts';
import { DESTINATIONS, SOURCE, type SyncLane } from './lane.ts';

/** What must hold when nothing goes on any more. */
export interface Wanted {
  repository: string;
  tag: string;
  /** What the tag names in each destination. */
  digests: Record<string, string | null>;
  /** Its sync, and how that has ended. */
  sync: { id: string; status: 'COMPLETED' | 'CANCELLED' };
}

/** One way in which syncs come about. */
export interface SyncScenario {
  name: string;
  /** Before the worker may die. @param name of the case: repositories and rules are called so */
  prepare?: (lane: SyncLane, name: string) => Promise<unknown>;
  /** What the worker dies in: returns when it is asked for, and has come to where the scenario ends. */
  drive: (lane: SyncLane, name: string) => Promise<Wanted>;
  /** When nothing goes on, and before it is judged. */
  tidy?: (lane: SyncLane, name: string) => Promise<unknown>;
}

const TAG = 'v1';
const everywhere = (digest: string): Record<string, string> =>
  Object.fromEntries(DESTINATIONS.map((name) => [name, digest]));

/** A rule of the case: by webhook, or by comparing only. */
async function rule(lane: SyncLane, name: string, onPush: boolean, more: object = {}): Promise<void> {
  const images = [{ repository: `${name}/**` }];
  const body = { name, from: SOURCE, to: DESTINATIONS, images, onPush, every: '24h', ...more };
  await lane.ask('PUT', `/v1/sync-rules/${name}`, body);
}

async function byHand(lane: SyncLane, repository: string): Promise<void> {
  await lane.ask('POST', '/v1/syncs', { image: `${repository}:${TAG}`, from: SOURCE, to: DESTINATIONS });
}

async function brought(lane: SyncLane, repository: string, digest: string): Promise<Wanted> {
  await lane.named(repository, TAG, digest, DESTINATIONS);
  const sync = { id: syncWorkflowId(repository, digest), status: 'COMPLETED' } as const;
  return { repository, tag: TAG, digests: everywhere(digest), sync };
}

/** A new rule is compared at once: that is over, and the next comparison is a day away. */
async function compared(lane: SyncLane, name: string): Promise<void> {
  const query = 'WorkflowType = "reconcileRule" AND ExecutionStatus = "Completed"';
  await lane.until(async () => {
    for await (const { workflowId } of lane.world.client.workflow.list({ query }))
      if (workflowId.startsWith(`${RECONCILE_PREFIX}${name}-`)) return true;
    return false;
  });
}

/** An image is pushed, and the registry tells of it. */
const pushed: SyncScenario = {
  name: 'pushed',
  // One rule for all cases: it takes seconds until a new one was compared.
  prepare: async (lane) => {
    await rule(lane, 'pushed', true);
    await compared(lane, 'pushed');
  },
  drive: async (lane, name) => {
    const repository = `pushed/${name}`;
    return brought(lane, repository, await lane.push(repository, TAG));
  },
};

/** A rule's registries are compared, and lack an image of which nobody told. */
const compare: SyncScenario = {
  name: 'compared',
  drive: async (lane, name) => {
    const repository = `${name}/web`;
    const digest = await lane.push(repository, TAG);
    await rule(lane, name, false);
    const wanted = await brought(lane, repository, digest);
    await compared(lane, name);
    return wanted;
  },
  tidy: async (lane, name) => lane.ask('DELETE', `/v1/sync-rules/${name}`),
};

/** Somebody asks for an image: the registries are looked at before. */
const asked: SyncScenario = {
  name: 'by hand',
  drive: async (lane, name) => {
    const repository = `${name}/web`;
    const digest = await lane.push(repository, TAG);
    await byHand(lane, repository);
    return brought(lane, repository, digest);
  },
};

/** A tag has moved where it could, one registry is away, and somebody stops it. */
const cancelled: SyncScenario = {
  name: 'cancelled',
  prepare: async (lane, name) => {
    const repository = `${name}/web`;
    const before = await lane.push(repository, TAG, 'before');
    await byHand(lane, repository);
    await lane.named(repository, TAG, before, DESTINATIONS);
    await lane.rests();
    await lane.world.fleet.link('south-edge/registry').cut();
  },
  drive: async (lane, name) => {
    const repository = `${name}/web`;
    const before = (await lane.eyes['south']?.tag(repository, TAG)) ?? null;
    const digest = await lane.push(repository, TAG, 'after');
    await byHand(lane, repository);
    await lane.named(repository, TAG, digest, ['south', 'east']);
    // Where the answer was lost it may have ended when it is asked for again.
    await lane.ask('POST', '/v1/syncs/cancel', { image: `${repository}@${digest}` }).catch((error: unknown) => {
      if (!String(error).includes('SYNC_UNKNOWN')) throw error;
    });
    const sync = { id: syncWorkflowId(repository, digest), status: 'CANCELLED' } as const;
    return { repository, tag: TAG, digests: everywhere(before ?? ''), sync };
  },
  tidy: async (lane) => lane.world.fleet.link('south-edge/registry').restore(),
};

/** A signature is pushed after its image. */
const signed: SyncScenario = {
  name: 'signed later',
  prepare: async (lane, name) => {
    await pushed.prepare?.(lane, name);
    await pushed.drive(lane, name);
    await lane.rests();
  },
  drive: async (lane, name) => {
    const repository = `pushed/${name}`;
    const image = (await lane.eyes[SOURCE]?.tag(repository, TAG)) ?? '';
    const tag = `${image.replace(':', '-')}.sig`;
    const digest = await lane.push(repository, tag, 'signature');
    await lane.named(repository, tag, digest, DESTINATIONS);
    const sync = { id: syncWorkflowId(repository, image), status: 'COMPLETED' } as const;
    return { repository, tag, digests: everywhere(digest), sync };
  },
};

/** A tag is deleted at the source, and its rule says that it is to go. */
const deleted: SyncScenario = {
  name: 'deleted',
  prepare: async (lane, name) => {
    const repository = `${name}/web`;
    const digest = await lane.push(repository, TAG);
    const kept = await lane.push(repository, 'kept', 'kept');
    await rule(lane, name, false, { deletions: { tags: true } });
    await lane.named(repository, TAG, digest, DESTINATIONS);
    await lane.named(repository, 'kept', kept, DESTINATIONS);
    await compared(lane, name);
    await lane.rests();
  },
  drive: async (lane, name) => {
    const repository = `${name}/web`;
    const digest = (await lane.eyes[SOURCE]?.tag(repository, TAG)) ?? '';
    await lane.untag(repository, TAG);
    for (const at of DESTINATIONS) {
      await lane.until(async () => {
        if ((await lane.eyes[at]?.tag(repository, TAG)) === null) return true;
        // One that goes on already may have looked before the tag was gone.
        await lane.ask('POST', `/v1/sync-rules/${name}/comparisons`, {});
        return false;
      });
    }
    const sync = { id: syncWorkflowId(repository, digest), status: 'COMPLETED' } as const;
    return { repository, tag: TAG, digests: {}, sync };
  },
  tidy: async (lane, name) => lane.ask('DELETE', `/v1/sync-rules/${name}`),
};

export const SCENARIOS: readonly SyncScenario[] = [pushed, asked, compare, cancelled, signed, deleted];

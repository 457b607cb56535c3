// Writes the histories of the workflows of images into test/replay/histories. Run it when one was changed on purpose:
//   node scripts/node24.mjs chaos/record-sync-histories.ts
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { pushImage } from '../devfleet/images/index.ts';
import { startRegistryFleet } from '../devfleet/registry-fleet.ts';
import { startTransship } from '../devfleet/transship.ts';
import { RegistryClient } from '../src/registry/client.ts';
import { headManifest } from '../src/registry/manifest.ts';
import { deleteReference } from '../src/registry/tags.ts';
import {
  attachedWorkflowId,
  comparisonWorkflowId,
  CONTROL_QUEUE,
  syncWorkflowId,
  WORKFLOWS,
} from '../src/temporal/names.ts';
import type { BringAttachedInput } from '../src/temporal/sync.ts';
import type { AcceptedComparison } from '../src/http/schemas/comparison.ts';
import type { AcceptedSync } from '../src/http/schemas/sync.ts';
import { writeHistory } from './history-file.ts';

const REPOSITORY = 'shop/web';

await using resources = new AsyncDisposableStack();
const fleet = await startRegistryFleet({ idcs: { north: [], south: ['south-edge'], east: [] } });
resources.defer(async () => fleet.stop());
const transship = await startTransship(fleet, { roles: { worker: [] }, port: fleet.apiPort });
const connection = await Connection.connect({ address: fleet.temporal.address });
resources.defer(async () => connection.close());
const { workflow } = new Client({ connection, namespace: fleet.temporal.namespace });

/** Pushes an image and asks for it everywhere; the id of its sync. */
async function ask(tag: string, label: string): Promise<string> {
  const url = fleet.registries['north']?.directUrl ?? '';
  await pushImage(url, { repository: REPOSITORY, tag, labels: { label }, layerBytes: 20_000 });
  const to = ['south', 'south-edge', 'east'];
  const body = { image: `${REPOSITORY}:${tag}`, from: 'north', to };
  const { digest } = await transship.rest<AcceptedSync>('POST', '/v1/syncs', body);
  return syncWorkflowId(REPOSITORY, digest);
}

async function record(name: string, workflowId: string): Promise<void> {
  const history = await workflow.getHandle(workflowId).fetchHistory();
  await writeHistory(name, JSON.parse(historyToJSON(history)));
}

const done = await ask('stable', 'one');
await workflow.getHandle(done).result();
await record('brought.syncImage', done);

// One registry is away: the others have it, and their tags go back.
await fleet.link('south-edge/registry').cut();
const cancelled = await ask('stable', 'two');
const attempts = async (): Promise<number[]> =>
  ((await workflow.getHandle(cancelled).describe()).raw.pendingActivities ?? []).map(({ attempt }) => attempt ?? 0);
while (!(await attempts()).some((attempt) => attempt > 2)) await sleep(100);
await workflow.getHandle(cancelled).cancel();
await workflow
  .getHandle(cancelled)
  .result()
  .catch(() => undefined);
await record('cancelled.syncImage', cancelled);

// A new rule is compared at once: south-edge is away still, and east lacks nothing but this.
await pushImage(fleet.registries['north']?.directUrl ?? '', { repository: REPOSITORY, tag: 'v1', labels: {} });
const rule = {
  name: 'shop',
  from: 'north',
  to: ['south-edge', 'east'],
  images: [{ repository: 'shop/**' }],
  every: '1h',
};
await transship.rest('PUT', '/v1/sync-rules/shop', rule);
let compared: string | null = null;
while (compared === null) {
  await sleep(500);
  for await (const { workflowId, status } of workflow.list({ query: 'WorkflowType = "reconcileRule"' }))
    if (status.name === 'COMPLETED') compared = workflowId;
}
await record('one registry away.reconcileRule', compared);

await fleet.link('south-edge/registry').restore();

/** Compares now, and waits for it. */
async function compare(body: object): Promise<string> {
  const { id } = await transship.rest<AcceptedComparison>('POST', '/v1/sync-rules/shop/comparisons', body);
  const workflowId = comparisonWorkflowId('shop', id);
  await workflow.getHandle(workflowId).result();
  return workflowId;
}

// What the source has no more is held back, and goes where somebody says so.
await compare({});
await transship.rest('PUT', '/v1/sync-rules/shop', { ...rule, deletions: { tags: true, most: 1 } });
const source = new RegistryClient({ url: fleet.registries['north']?.directUrl ?? '' });
resources.defer(async () => source.close());
const place = { client: source, repository: REPOSITORY };
for (const tag of ['v1', 'stable']) await deleteReference(place, tag);
await pushImage(source.url.origin, { repository: REPOSITORY, tag: 'v2', labels: {} });
await record('tags are held back.reconcileRule', await compare({ dryRun: true }));
await record('tags are deleted.reconcileRule', await compare({ mostDeletions: 2 }));

// Something is attached to an image after it was brought.
const image = await headManifest(place, 'v2');
const signature = { repository: REPOSITORY, digest: image ?? '', subject: image };
const attached = await workflow.start<(input: BringAttachedInput) => Promise<string[]>>(WORKFLOWS.bringAttached, {
  workflowId: attachedWorkflowId(REPOSITORY, image ?? ''),
  taskQueue: CONTROL_QUEUE,
  args: [{ ...signature, id: 'syn-recorded', from: { name: 'north', idc: 'north' } }],
});
if ((await attached.result()).length === 0) throw new Error('it was brought nowhere');
await record('brought along.bringAttached', attached.workflowId);

for await (const { workflowId } of workflow.list({ query: 'WorkflowType = "lookAtImages"' })) {
  await record('one registry away.lookAtImages', workflowId);
  break;
}

await transship.rest('POST', '/v1/registries/connect', {});
let connected: string | null = null;
while (connected === null) {
  await sleep(500);
  for await (const { workflowId } of workflow.list({ query: 'WorkflowType = "connectRegistries"' }))
    connected = workflowId;
}
await record('one registry away.connectRegistries', connected);

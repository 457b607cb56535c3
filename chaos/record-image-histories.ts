// Writes the histories of releases whose image is not in every IDC yet into test/replay/histories. Run it when that part was
// changed on purpose:  node scripts/node24.mjs chaos/record-image-histories.ts
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { startPlatform } from '../devfleet/platform.ts';
import { placesIn, pushShop, SHOP } from '../devfleet/shop.ts';
import type { Release } from '../src/http/schemas/release.ts';
import { groupWorkflowId } from '../src/temporal/names.ts';
import { writeHistory } from './history-file.ts';

await using resources = new AsyncDisposableStack();
const platform = await startPlatform({ headless: true });
resources.defer(async () => platform.stop());
const { address, namespace } = platform.fleet.temporal;
const connection = await Connection.connect({ address });
resources.defer(async () => connection.close());
const { workflow } = new Client({ connection, namespace });
const north = platform.fleet.idcs['north']?.registry.directUrl ?? '';

async function record(name: string, workflowId: string, runId?: string): Promise<void> {
  const history = await workflow.getHandle(workflowId, runId).fetchHistory();
  await writeHistory(name, JSON.parse(historyToJSON(history)));
}
const group = groupWorkflowId({ env: SHOP.env, app: SHOP.app, group: SHOP.group });

await platform.push('v1', { igniteSeconds: 0.2 });
await platform.applyShop(Object.values(platform.fleet.idcs).flatMap((idc) => placesIn(idc, 1)));
await platform.settled(await platform.release('v1'));
const rule = { name: 'shop', from: 'north', to: ['south'], images: [{ repository: SHOP.repository }], every: '24h' };
// It is compared at once, when nothing is missing yet, and then not for a day.
await platform.rest('PUT', '/v1/sync-rules/shop', rule);
const compared = 'WorkflowType = "reconcileRule" AND ExecutionStatus = "Completed"';
while ((await workflow.count(compared)).count === 0) await sleep(200);

await pushShop([north], 'v2', { igniteSeconds: 0.2 });
await platform.settled(await platform.release('v2'));
await record('an image is brought.releaseGroup', group);
for await (const { workflowId, runId } of workflow.list({ query: 'WorkflowType = "planRelease"' })) {
  await record('an image is brought.planRelease', workflowId, runId);
  break;
}

// Its sync is cancelled: the release holds, and asks again.
await pushShop([north], 'v3', { igniteSeconds: 0.2 });
await platform.fleet.link('north/registry').latency(1_500);
const id = await platform.release('v3');
const view = async (): Promise<Release> => platform.rest<Release>('GET', `/v1/releases/${id}`);
while (!(await view()).state.endsWith('_BRAKED')) {
  for await (const { workflowId } of workflow.list({
    query: 'WorkflowType = "syncImage" AND ExecutionStatus = "Running"',
  }))
    await workflow.getHandle(workflowId).cancel();
  await sleep(200);
}
await platform.fleet.link('north/registry').latency(0);
await platform.rest('POST', `/v1/releases/${id}/commands`, { command: 'resume' });
while ((await view()).state !== 'SUCCESS') await sleep(200);
await record('an image cannot be brought and the release is resumed.releaseGroup', group);

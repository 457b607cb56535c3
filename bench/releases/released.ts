import type { Client } from '@temporalio/client';
import type { Platform } from '../../devfleet/platform.ts';
import { SHOP } from '../../devfleet/shop.ts';
import type { Release } from '../../src/http/schemas/release.ts';
import { groupWorkflowId, releaseWorkflowId } from '../../src/temporal/names.ts';

/**
 * Releases a version of an app.
 * @returns seconds from the request until the workflow has ended
 * @throws Error unless it succeeded
 */
export async function released(
  platform: Platform,
  client: Client,
  { app, version, config }: { app: string; version: string; config: object },
): Promise<{ id: string; seconds: number }> {
  const began = performance.now();
  const body = { app, env: SHOP.env, version, config };
  const { id } = await platform.rest<{ id: string }>('POST', '/v1/releases', body);
  await client.workflow.getHandle(releaseWorkflowId(id)).result();
  const seconds = (performance.now() - began) / 1_000;
  const { state, trouble } = await platform.rest<Release>('GET', `/v1/releases/${id}`);
  if (state !== 'SUCCESS') throw new Error(`release ${id} of ${app} is ${state}: ${trouble?.message ?? ''}`);
  return { id, seconds };
}

/** History events of a release and its group. */
export async function historyEvents(client: Client, app: string, id: string): Promise<number> {
  const ids = [releaseWorkflowId(id), groupWorkflowId({ env: SHOP.env, app, group: SHOP.group })];
  const described = await Promise.all(ids.map((workflowId) => client.workflow.getHandle(workflowId).describe()));
  return described.reduce((sum, { historyLength }) => sum + historyLength, 0);
}

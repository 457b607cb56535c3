import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { SyncList } from '../../../src/http/schemas/sync-list.ts';
import type { Hit } from '../../harness/hits.ts';
import { replayFaults } from '../../harness/replays.ts';
import { PassedBy, type CaseContext } from '../../harness/index.ts';
import type { Passage } from '../../hooks/points.ts';
import { DESTINATIONS, type SyncLane } from './lane.ts';
import type { SyncScenario, Wanted } from './scenarios.ts';

/**
 * Runs the scenario once, with the worker killed there or nowhere, and judges it by the registries.
 * @param bundle of the workflows, by which they are replayed
 * @throws PassedBy where all was well and the worker never came by
 */
export async function runScenario(
  lane: SyncLane,
  scenario: SyncScenario,
  hit: Hit | null,
  { signal, record }: Pick<CaseContext, 'signal' | 'record'>,
  bundle: { codePath: string },
): Promise<{ violations: string[]; trace: Passage[] }> {
  const name = lane.begins(signal);
  let wanted: Wanted;
  let trace: Passage[];
  try {
    await scenario.prepare?.(lane, name);
    await lane.aim(hit === null ? null : { ...hit, blow: 'kill' });
    wanted = await scenario.drive(lane, name);
    await lane.rests();
  } finally {
    trace = await lane.trace();
    record('trace', trace);
    await lane.aim(null);
    await scenario.tidy?.(lane, name);
  }
  const violations = [...(await judgeRegistries(lane, wanted)), ...(await judgeSync(lane, wanted, record, bundle))];
  if (violations.length === 0 && hit !== null && !trace.some((passage) => passage.hit))
    throw new PassedBy(`the worker never came by ${hit.key} ${hit.point}`);
  return { violations, trace };
}

/** Every tag is what it is to be, and every byte of what it names is there. */
async function judgeRegistries(lane: SyncLane, { repository, tag, digests }: Wanted): Promise<string[]> {
  const violations: string[] = [];
  for (const name of DESTINATIONS) {
    const now = (await lane.eyes[name]?.tag(repository, tag)) ?? null;
    const wanted = digests[name] ?? null;
    if (now !== wanted) violations.push(`${repository}:${tag} is ${now} in ${name}, not ${wanted}`);
    const faults = now === null ? [] : await lane.eyes[name]?.faults(repository, now);
    violations.push(...(faults ?? []).map((line) => `${name}: ${line}`));
  }
  return violations;
}

/** It has ended as it should, says so, and its history replays. */
async function judgeSync(
  lane: SyncLane,
  { repository, sync: { id, status: wanted } }: Wanted,
  record: CaseContext['record'],
  bundle: { codePath: string },
): Promise<string[]> {
  const violations: string[] = [];
  const handle = lane.world.client.workflow.getHandle(id);
  const { status } = await handle.describe();
  if (status.name !== wanted) violations.push(`${id} is ${status.name}, not ${wanted}`);
  const digest = id.slice(id.indexOf('@') + 1);
  const query = new URLSearchParams({ repository, digest }).toString();
  const { syncs } = await lane.ask<SyncList>('GET', `/v1/syncs?${query}`);
  const state = wanted === 'COMPLETED' ? 'done' : 'cancelled';
  for (const name of DESTINATIONS) {
    const said = syncs.find(({ registry }) => registry === name)?.state;
    if (said !== state) violations.push(`the sync to ${name} is said to be ${said ?? 'unknown'}, and is ${state}`);
  }
  const history = await handle.fetchHistory();
  record('history', JSON.parse(historyToJSON(history)));
  return [...violations, ...(await replayFaults(bundle, [{ workflowId: id, history }]))];
}

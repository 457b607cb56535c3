import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { startPlatform, type Platform } from '../devfleet/platform.ts';
import { SHOP } from '../devfleet/shop.ts';
import { isTerminal } from '../src/domain/states.ts';
import type { Release } from '../src/http/schemas/release.ts';
import { groupWorkflowId } from '../src/temporal/names.ts';
import { runsOf } from '../test/support/runs.ts';
import { type BenchContext, type Figures, type Series } from './harness/index.ts';

export const description =
  'one group of many instances: events, bytes and payloads of its history, against the limits of Temporal';

export const settings = {
  instances: { default: 500, description: 'of the group, in two IDCs' },
  percent: { default: 25, description: 'size of a batch, in percent' },
};

/** What a Temporal server does with a history of default settings. */
const SUGGESTS_EVENTS = 4_096;
const WARNS = { events: 10_240, bytes: 10 * 1_024 * 1_024, payloadBytes: 512 * 1_024 };
const REFUSES = { events: 51_200, bytes: 50 * 1_024 * 1_024, payloadBytes: 2 * 1_024 * 1_024, detailsBytes: 20_000 };

const IDCS = ['north', 'south'];
const HOSTS = 8;
const PATIENCE_MS = 1_800_000;
const LOOK_MS = 2_000;

export async function run({ settings: told, resources, series, note, signal }: BenchContext): Promise<Figures> {
  const { instances = 0, percent = 0 } = told;
  const azs = { 'az-1': { hosts: HOSTS } };
  const platform = await startPlatform({
    shape: { idcs: Object.fromEntries(IDCS.map((idc) => [idc, { azs }])), environments: [SHOP.env] },
    headless: true,
    onProgress: note,
  });
  resources.defer(() => platform.stop());
  const { fleet } = platform;
  const connection = await Connection.connect({ address: fleet.temporal.address });
  resources.defer(() => connection.close());
  const client = new Client({ connection, namespace: fleet.temporal.namespace });
  const handle = client.workflow.getHandle(groupWorkflowId({ env: SHOP.env, app: SHOP.app, group: SHOP.group }));
  for (const version of ['v1', 'v2']) await platform.push(version, { igniteSeconds: 0 });
  await platform.applyShop(
    IDCS.map((idc, at) => ({
      cluster: `${idc}-k8s`,
      az: 'az-1',
      instances: Math.floor((instances + at) / IDCS.length),
    })),
    { readinessProbe: false, healthTimeoutSeconds: 600 },
  );

  const seconds = series('seconds', 's');
  const events = series('history events', '');
  const bytes = series('history', 'bytes');
  const details = series('current details', 'bytes');
  let largestPayload = 0;
  const figures: Figures = { instances, percent };
  for (const [name, version] of [
    ['create', 'v1'],
    ['release', 'v2'],
  ] as const) {
    const id = await platform.release(version, { batchPercent: percent, drainSeconds: 0 });
    const payloads = series(`${name}: payloads of an event`, 'bytes');
    const tasks = series(`${name}: workflow task`, 'ms');
    const detailsBytes = await followed({ platform, handle, id, details, note, signal });
    const { state, startedAt, endedAt, trouble } = await platform.rest<Release>('GET', `/v1/releases/${id}`);
    const took = (Date.parse(endedAt ?? '') - Date.parse(startedAt ?? '')) / 1_000;
    const runs: { events: number; bytes: number }[] = [];
    for await (const run of runsOf(client, handle.workflowId)) {
      const { historyLength, raw } = await run.handle.describe();
      const size = Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0);
      const history = measured(run.history, { payloads, tasks });
      runs.unshift({ events: historyLength, bytes: size });
      events.add(historyLength);
      bytes.add(size);
      note(`${name}: a run of ${historyLength} events, ${size} bytes; most bytes: ${history}`);
    }
    const coldSeconds = await coldQuery(platform, handle);
    note(`${name}: ${state}, ${took} s, ${runs.length} runs`);
    if (state !== 'SUCCESS') throw new Error(`${name} ended as ${state}: ${trouble?.message ?? ''}`);
    seconds.add(took);
    const totalEvents = runs.reduce((sum, run) => sum + run.events, 0);
    largestPayload = Math.max(largestPayload, payloads.quantile(1));
    figures[name] = {
      seconds: took,
      runs: runs.length,
      events: totalEvents,
      mostEventsOfARun: Math.max(...runs.map((run) => run.events)),
      eventsPerInstance: totalEvents / instances,
      mostBytesOfARun: Math.max(...runs.map((run) => run.bytes)),
      largestPayloadBytes: payloads.quantile(1),
      detailsBytes,
      longestTaskMs: tasks.quantile(1),
      coldSeconds,
    };
  }
  return {
    ...figures,
    eventsToSuggestion: events.quantile(1) / SUGGESTS_EVENTS,
    eventsToWarning: events.quantile(1) / WARNS.events,
    bytesToWarning: bytes.quantile(1) / WARNS.bytes,
    payloadToWarning: largestPayload / WARNS.payloadBytes,
    eventsToLimit: events.quantile(1) / REFUSES.events,
    bytesToLimit: bytes.quantile(1) / REFUSES.bytes,
    payloadToLimit: largestPayload / REFUSES.payloadBytes,
    detailsToLimit: details.quantile(1) / REFUSES.detailsBytes,
  };
}

interface Following {
  platform: Platform;
  handle: WorkflowHandle;
  id: string;
  details: Series;
  note: (text: string) => void;
  signal: AbortSignal;
}

/** Follows the release to its end. @returns the most bytes that its current details had */
async function followed({ platform, handle, id, details, note, signal }: Following): Promise<number> {
  let largest = 0;
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
    await sleep(LOOK_MS, undefined, { signal });
    const { state, waiting } = await platform.rest<Release>('GET', `/v1/releases/${id}`);
    if (isTerminal(state)) return largest;
    if (waiting !== '') throw new Error(`release ${id} is ${state} and ${waiting}`);
    const size = Buffer.byteLength(await currentDetails(handle).catch(() => ''));
    if (size > 0) details.add(size);
    largest = Math.max(largest, size);
    const { historyLength, raw } = await handle.describe();
    note(`${state}: ${historyLength} events, ${String(raw.workflowExecutionInfo?.historySizeBytes ?? 0)} bytes`);
  }
  throw new Error(`release ${id} has not ended after ${PATIENCE_MS / 60_000} minutes`);
}

/** What a worker takes for a run that it does not know: it reads the whole history and replays it. Seconds. */
async function coldQuery({ workers }: Platform, handle: WorkflowHandle): Promise<number> {
  await Promise.all(Object.values(workers).map((worker) => worker.restart()));
  const began = performance.now();
  await currentDetails(handle);
  return (performance.now() - began) / 1_000;
}

/** What the Temporal UI shows of the run. */
async function currentDetails(handle: WorkflowHandle): Promise<string> {
  const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails ?? '';
}

/** Measures each event. @returns how many bytes of payloads each kind of event has, the most first */
function measured({ events }: History, to: { payloads: Series; tasks: Series }): string {
  const kinds = new Map<string, number>();
  const scheduled = new Map<number, string>();
  let started = 0;
  for (const event of events ?? []) {
    const size = payloadBytes(event);
    if (size > 0) to.payloads.add(size);
    const at = Number(event.eventTime?.seconds ?? 0) * 1_000 + (event.eventTime?.nanos ?? 0) / 1e6;
    if (event.workflowTaskStartedEventAttributes) started = at;
    if (event.workflowTaskCompletedEventAttributes) to.tasks.add(at - started);
    const type = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (type) scheduled.set(Number(event.eventId), `input of ${type}`);
    const ended = scheduled.get(Number(event.activityTaskCompletedEventAttributes?.scheduledEventId ?? 0));
    const kind = type ? `input of ${type}` : (ended?.replace('input', 'result') ?? 'other');
    kinds.set(kind, (kinds.get(kind) ?? 0) + size);
  }
  return [...kinds]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6)
    .map(([kind, size]) => `${kind} ${size}`)
    .join(', ');
}

/** All that is opaque to the server. */
function payloadBytes(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, one) => sum + payloadBytes(one), 0);
}

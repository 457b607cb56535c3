import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { startPlatform } from '../devfleet/platform.ts';
import { SHOP, shopApp } from '../devfleet/shop.ts';
import { type BenchContext, type Figures } from './harness/index.ts';
import { Usage } from './releases/busy.ts';
import { historyEvents, released } from './releases/released.ts';
import { slopePercent } from './releases/slope.ts';
import { rssMiB } from './releases/usage.ts';

export const description =
  'many small apps released again and again: releases a second, memory and time over time, who is busy';

export const settings = {
  releases: { default: 300, description: 'how many in all' },
  concurrency: { default: 16, description: 'how many at the same time, each of an app of its own' },
};

const IDCS = ['north', 'south'];
const INSTANCES_PER_IDC = 3;
const CONFIG = { batchPercent: 50, drainSeconds: 0 };
const SAMPLE_MS = 1_000;
/** How long the fleet is watched while it does nothing, in ms: what it uses then is no price of a release. */
const IDLE_MS = 5_000;
/** Every so many releases its histories are measured. */
const MEASURED_EACH = 10;

export async function run({ settings: told, resources, series, note, signal }: BenchContext): Promise<Figures> {
  const { releases = 0, concurrency = 0 } = told;
  const azs = { 'az-1': { hosts: 3 } };
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
  for (const version of ['v1', 'v2']) await platform.push(version, { igniteSeconds: 0 });

  const apps = Array.from({ length: concurrency }, (_, at) => ({ name: `shop-${at}`, released: 'v1' }));
  const placement = IDCS.map((idc) => ({ cluster: `${idc}-k8s`, az: 'az-1', instances: INSTANCES_PER_IDC }));
  await eachOf(apps, 4, async ({ name }) => {
    await platform.rest('PUT', `/v1/apps/${name}`, shopApp(placement, { app: name, readinessProbe: false }));
    await released(platform, client, { app: name, version: 'v1', config: CONFIG });
  });
  note(`${apps.length} apps stand`);

  const alone = series('a release alone', 's');
  const crowded = series(`a release beside ${concurrency - 1} others`, 's', [alone]);
  const memory = series('memory of the worker', 'MiB');
  const events = series('history events a release', '');
  const [first] = apps;
  for (const version of ['v2', 'v1'])
    if (first !== undefined)
      alone.add((await released(platform, client, { app: first.name, version, config: CONFIG })).seconds);

  const resting = new Usage(platform);
  await sleep(IDLE_MS);
  // This process measures meanwhile, and nothing else: all that it uses later is for releases.
  const idle: Record<string, number> = { ...resting.cores(), bench: 0 };
  const usage = new Usage(platform);
  const worker = platform.workers['worker'];
  if (worker === undefined) throw new Error('the platform has no worker');
  const sampler = setInterval(() => memory.add(rssMiB(worker.pid)), SAMPLE_MS);
  let left = releases;
  let done = 0;
  const began = performance.now();
  try {
    await eachOf(apps, apps.length, async (app) => {
      while (left-- > 0 && !signal.aborted) {
        app.released = app.released === 'v1' ? 'v2' : 'v1';
        const next = { app: app.name, version: app.released, config: CONFIG };
        const { id, seconds } = await released(platform, client, next);
        crowded.add(seconds);
        if (done++ % MEASURED_EACH === 0) events.add(await historyEvents(client, app.name, id));
        if (done % 50 === 0)
          note(
            `${done} of ${releases}: ${perSecond(done, began).toFixed(2)} a second; worker ${Math.round(rssMiB(worker.pid))} MiB`,
          );
      }
    });
  } finally {
    clearInterval(sampler);
  }
  const releasesPerSecond = perSecond(done, began);
  const { others, machine, ...parts } = usage.cores();
  const price = Object.fromEntries(
    Object.entries(parts).map(([name, cores]) => [name, ((cores - (idle[name] ?? 0)) / releasesPerSecond) * 1_000]),
  );
  for (const [name, ms] of Object.entries(price)) series(`CPU a release: ${name}`, 'ms').add(ms);

  return {
    releasesPerSecond,
    releases: done,
    secondsAlone: alone.median(),
    secondsP50: crowded.median(),
    secondsP99: crowded.quantile(0.99),
    secondsSlopePercent: slopePercent(crowded.samples),
    rssFirstMiB: memory.samples[0] ?? 0,
    rssLastMiB: memory.samples.at(-1) ?? 0,
    rssSlopePercent: slopePercent(memory.samples),
    eventsPerRelease: events.median(),
    cpuMsPerRelease: Object.values(price).reduce((sum, ms) => sum + ms, 0),
    cpuMsPerReleaseBy: price,
    idleCores: Object.keys(parts).reduce((sum, name) => sum + (idle[name] ?? 0), 0),
    othersCores: others ?? 0,
    machineCores: machine ?? 0,
  };
}

function perSecond(count: number, began: number): number {
  return (count * 1_000) / (performance.now() - began);
}

/** Does it for all, `parallel` of them at any moment. */
async function eachOf<T>(all: readonly T[], parallel: number, act: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await act(next);
  };
  await Promise.all(Array.from({ length: parallel }, work));
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { startPlatform, type Platform } from '../devfleet/platform.ts';
import { SHOP, shopApp } from '../devfleet/shop.ts';
import type { Release } from '../src/http/schemas/release.ts';
import { groupWorkflowId, releaseWorkflowId } from '../src/temporal/names.ts';
import { type BenchContext, type Figures } from './harness/index.ts';
import { slopePercent } from './releases/slope.ts';
import { cpuSeconds, machineSeconds, rssMiB } from './releases/usage.ts';

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
    await release(platform, client, name, 'v1');
  });
  note(`${apps.length} apps stand`);

  const alone = series('a release alone', 's');
  const crowded = series(`a release beside ${concurrency - 1} others`, 's', [alone]);
  const memory = series('memory of the worker', 'MiB');
  const events = series('history events a release', '');
  const [first] = apps;
  for (const version of ['v2', 'v1'])
    if (first !== undefined) alone.add((await release(platform, client, first.name, version)).seconds);

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
        const { id, seconds } = await release(platform, client, app.name, app.released);
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

/** Releases the version. @returns seconds from the request until the workflow has ended */
async function release(
  platform: Platform,
  client: Client,
  app: string,
  version: string,
): Promise<{ id: string; seconds: number }> {
  const began = performance.now();
  const body = { app, env: SHOP.env, version, config: CONFIG };
  const { id } = await platform.rest<{ id: string }>('POST', '/v1/releases', body);
  await client.workflow.getHandle(releaseWorkflowId(id)).result();
  const seconds = (performance.now() - began) / 1_000;
  const { state, trouble } = await platform.rest<Release>('GET', `/v1/releases/${id}`);
  if (state !== 'SUCCESS') throw new Error(`release ${id} of ${app} is ${state}: ${trouble?.message ?? ''}`);
  return { id, seconds };
}

/** Of the release and its group. */
async function historyEvents(client: Client, app: string, id: string): Promise<number> {
  const ids = [releaseWorkflowId(id), groupWorkflowId({ env: SHOP.env, app, group: SHOP.group })];
  const described = await Promise.all(ids.map((workflowId) => client.workflow.getHandle(workflowId).describe()));
  return described.reduce((sum, { historyLength }) => sum + historyLength, 0);
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

/** Who used the CPU since it was made. */
class Usage {
  readonly #pids: Record<string, number[]>;
  readonly #before: { parts: Record<string, number>; busy: number; all: number };
  readonly #began = performance.now();

  constructor({ fleet, workers, apiProcess }: Platform) {
    const idcs = Object.values(fleet.idcs);
    const each = (part: Parameters<(typeof idcs)[number]['process']>[0]): number[] =>
      idcs.map((idc) => idc.process(part).pid);
    this.#pids = {
      worker: Object.values(workers).map(({ pid }) => pid),
      api: [apiProcess.pid],
      temporal: [fleet.process('temporal').pid],
      postgres: [fleet.process('postgres').pid],
      apiServers: each('kube-apiserver'),
      etcd: each('etcd'),
      controllerManagers: each('kube-controller-manager'),
      schedulers: each('kube-scheduler'),
      simHosts: each('hosts'),
      registries: each('registry'),
      toxiproxy: [fleet.process('toxiproxy').pid],
      frontDoor: [fleet.process('frontdoor').pid],
    };
    this.#before = this.#now();
  }

  /** Cores that each part kept busy; `bench` is this process, `others` what is no part of it all, `machine` what there is. */
  cores(): Record<string, number> {
    const now = this.#now();
    const seconds = (performance.now() - this.#began) / 1_000;
    const parts = Object.entries(now.parts)
      .map(([name, cpu]): [string, number] => [name, (cpu - (this.#before.parts[name] ?? 0)) / seconds])
      .sort(([, a], [, b]) => b - a);
    const ours = parts.reduce((sum, [, cores]) => sum + cores, 0);
    const busy = (now.busy - this.#before.busy) / seconds;
    const machine = (now.all - this.#before.all) / seconds;
    return { ...Object.fromEntries(parts), others: Math.max(0, busy - ours), machine };
  }

  #now(): { parts: Record<string, number>; busy: number; all: number } {
    const { user, system } = process.cpuUsage();
    const parts = Object.fromEntries(
      Object.entries(this.#pids).map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)]),
    );
    return { parts: { ...parts, bench: (user + system) / 1e6 }, ...machineSeconds() };
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { startPlatform } from '../devfleet/platform.ts';
import { pushShop, SHOP, type ShopVersion } from '../devfleet/shop.ts';
import { openCatalogue } from '../src/catalogue/index.ts';
import { Lane } from './command-latency/lane.ts';
import { BRAKED, IGNITE_SECONDS, type Phase, PHASES, type Stop, UNREACHABLE } from './command-latency/phases.ts';
import { begin, follow, type Sample, stop } from './command-latency/sample.ts';
import { AuditTail } from './command-latency/writes.ts';
import { type BenchContext, type Figures, type Series } from './harness/index.ts';

export const description =
  'brake and abort in every phase of a release: until the last write forward that reaches an API server';

export const settings = { lanes: { default: 4, description: 'releases that are stopped at the same time' } };

/** A bastion, a batch of two and another one. */
const INSTANCES_PER_IDC = 2;
const IDCS = ['north', 'south'];
/** Tries at one sample: the phase may be over before the command is there. */
const MOST_TRIES = 12;
/** How long a cluster stays out of reach after the last command, in ms. */
const CUT_MS = 3_000;

const VERSIONS: Record<string, ShopVersion> = {
  v1: { igniteSeconds: IGNITE_SECONDS },
  v2: { igniteSeconds: IGNITE_SECONDS },
  bad: { igniteSeconds: 0, ignite: 'fail' },
};

export async function run(context: BenchContext): Promise<Figures> {
  const { rounds, settings: told, resources, series, note, signal } = context;
  const azs = { 'az-1': { hosts: 2 } };
  const platform = await startPlatform({
    shape: { idcs: Object.fromEntries(IDCS.map((idc) => [idc, { azs }])), environments: [SHOP.env] },
    headless: true,
    onProgress: note,
  });
  resources.defer(() => platform.stop());
  const { fleet } = platform;
  const catalogue = await openCatalogue(fleet.catalogue.directUrl);
  resources.defer(() => catalogue.close());
  const connection = await Connection.connect({ address: fleet.temporal.address });
  resources.defer(() => connection.close());
  const client = new Client({ connection, namespace: fleet.temporal.namespace });
  const idcs = Object.values(fleet.idcs);
  const registries = idcs.map(({ registry }) => registry.directUrl);
  const digests = new Map<string, string>();
  for (const [version, behaviour] of Object.entries(VERSIONS))
    digests.set(version, await pushShop(registries, version, behaviour));

  const tail = new AuditTail(idcs.map(({ auditLog }) => auditLog));
  const lanes = Array.from(
    { length: told['lanes'] ?? 1 },
    (_, at) => new Lane({ platform, catalogue, client }, `shop-${at}`),
  );
  const places = IDCS.map((idc) => ({ cluster: `${idc}-k8s`, az: 'az-1', instances: INSTANCES_PER_IDC }));
  await Promise.all(lanes.map((lane) => lane.settle(places)));

  const results = new Results();
  const floor = series('floor: a read over REST', 'ms');
  for (let nth = 0; nth < 20; nth++) {
    const began = performance.now();
    await platform.rest('GET', `/v1/apps/${lanes[0]?.app ?? ''}`);
    floor.add(performance.now() - began);
  }

  // Samples of all phases, in turns, so that every phase meets the same machine.
  const wanted = Array.from({ length: rounds }, () =>
    PHASES.flatMap((phase) => phase.commands.map((command) => ({ phase, command }))),
  ).flat();
  await Promise.all(
    lanes.map(async (lane) => {
      for (let next = wanted.shift(); next !== undefined && !signal.aborted; next = wanted.shift()) {
        const { phase, command } = next;
        for (let tries = 0; tries < MOST_TRIES; tries++) {
          const begun = await begin(lane, phase);
          if (begun === null) continue;
          const { stopped, aborted } = await follow(await stop(begun, phase, command, tries), tail, digests);
          if (aborted !== null && results.count(BRAKED, 'abort') < rounds) results.add(BRAKED, aborted, note);
          if (stopped?.within === true) {
            results.add(phase.name, stopped, note);
            break;
          }
          results.missed++;
        }
      }
    }),
  );

  // Not beside the others: they would lose the cluster too.
  const link = fleet.link(`${IDCS[0] ?? ''}/kubernetes`);
  for (const command of UNREACHABLE.commands) {
    for (let tries = 0; tries < MOST_TRIES * rounds && !signal.aborted; tries++) {
      if (results.count(UNREACHABLE.name, command) >= rounds) break;
      const begun = (await Promise.all(lanes.map((lane) => begin(lane, UNREACHABLE)))).filter((one) => one !== null);
      await link.cut();
      const watched = await Promise.all(begun.map((one) => stop(one, UNREACHABLE, command)));
      await sleep(CUT_MS);
      await link.restore();
      const ended = await Promise.all(watched.map((one) => follow(one, tail, digests)));
      for (const { stopped } of ended) if (stopped !== null) results.add(UNREACHABLE.name, stopped, note);
    }
  }
  note(`${results.missed} commands came after their phase and were sent anew`);
  return results.figures(series, floor);
}

/** Samples by phase and command. */
class Results {
  missed = 0;
  readonly #samples = new Map<string, Sample[]>();

  add(phase: string, sample: Sample, note: (text: string) => void): void {
    const samples = this.#samples.get(phase) ?? [];
    this.#samples.set(phase, [...samples, sample]);
    const { command, lastForwardMs, answerMs, forward, begunAfter } = sample;
    const after = [...forward, ...begunAfter.map((step) => `begun: ${step}`)].join(', ') || 'nothing forward';
    note(`${command}, ${phase}: ${Math.round(lastForwardMs)} ms; answer ${Math.round(answerMs)} ms; ${after}`);
  }

  count(phase: string, command: Stop): number {
    return this.#samples.get(phase)?.filter((sample) => sample.command === command).length ?? 0;
  }

  /** A row for each phase and command; then over all, as the figures. */
  figures(series: BenchContext['series'], floor: Series): Figures {
    const all: Record<Stop, Series> = {
      brake: series('brake, all phases', 'ms'),
      abort: series('abort, all phases', 'ms'),
    };
    const reachable: Record<Stop, Series> = {
      brake: series('brake, every cluster reachable', 'ms'),
      abort: series('abort, every cluster reachable', 'ms'),
    };
    const answer = series('answer to the command', 'ms', [floor]);
    const braked: Pick<Phase, 'name' | 'commands'> = { name: BRAKED, commands: ['abort'] };
    const byPhase: Figures = {};
    for (const { name: phase, commands } of [...PHASES, braked, UNREACHABLE]) {
      const figures: Figures = {};
      for (const command of ['brake', 'abort'] as const) {
        const samples = this.#samples.get(phase)?.filter((sample) => sample.command === command) ?? [];
        if (samples.length === 0) {
          if (commands.includes(command)) throw new Error(`no ${command} came within "${phase}"`);
          continue;
        }
        const row = series(`${command}: ${phase}`, 'ms');
        for (const { lastForwardMs, answerMs } of samples) {
          for (const to of [row, all[command]]) to.add(lastForwardMs);
          if (phase !== UNREACHABLE.name) reachable[command].add(lastForwardMs);
          answer.add(answerMs);
        }
        Object.assign(figures, percentiles(command, row));
      }
      byPhase[phase] = figures;
    }
    const samples = all.brake.samples.length + all.abort.samples.length;
    return {
      ...percentiles('abort', all.abort),
      ...percentiles('brake', all.brake),
      samples,
      abortReachableP99Ms: reachable.abort.quantile(0.99),
      brakeReachableP99Ms: reachable.brake.quantile(0.99),
      answerP50Ms: answer.median(),
      answerP99Ms: answer.quantile(0.99),
      stepsBegunAfterBrake: [...this.#samples.values()].flat().flatMap(({ begunAfter }) => begunAfter).length,
      missed: this.missed,
      byPhase,
    };
  }
}

function percentiles(command: Stop, series: Series): Figures {
  return {
    [`${command}P50Ms`]: series.median(),
    [`${command}P99Ms`]: series.quantile(0.99),
    [`${command}Samples`]: series.samples.length,
  };
}

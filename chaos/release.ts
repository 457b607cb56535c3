import type { ChaosContext } from './harness/index.ts';
import { uncovered } from './release/coverage.ts';
import { Lane } from './release/lane.ts';
import { Lanes } from './release/lanes.ts';
import { blowOf, type Fault, type Hit } from './release/faults/fault.ts';
import { FAULT_KINDS } from './release/faults/index.ts';
import { hitsOf, kindOf, runScenario } from './release/run.ts';
import { forgotten, isOfEachCommit, SCENARIOS, type Scenario } from './release/scenarios.ts';
import { openWorld, type World } from './release/world.ts';

export const description = 'the worker dies at every point of a release: judged by the hosts that it releases to';

/** A case takes seconds; on a machine that is busy, many. */
const SECONDS_EACH = 180;

export async function run(context: ChaosContext): Promise<void> {
  const { cases, parallel, resources, signal, note, all, wants } = context;
  const world = await openWorld(resources, { hooked: true, note });
  const lanes = new Lanes(world, { count: parallel, note });
  resources.defer(() => lanes.close());
  const met = new Set<string>();

  for (const scenario of SCENARIOS.filter(({ name }) => wants(name))) {
    // What runs on every commit: deaths of a worker that does everything.
    if (!all && !isOfEachCommit(scenario) && wants('success')) continue;
    const golden = await goldenRun(lanes, scenario, signal);
    const hits = choose(scenario, hitsOf(golden.trace), { all, met });
    for (const hit of hits) met.add(kindOf(hit));
    note(`${scenario.name}: ${hits.length} points; ${JSON.stringify(golden.events)} events`);
    const faults = hits.map((hit) => blowOf(hit, scenario.blow));
    await runFaults(context, lanes, scenario, { faults, events: golden.events });
  }
  await cases('coverage', [{ key: 'every activity is in a case' }], async () => uncovered(met), SECONDS_EACH);

  for (const { scenario, faults, nightly = false } of FAULT_KINDS.filter((kind) => wants(kind.scenario.name))) {
    if (nightly && !all) continue;
    const golden = await goldenRun(lanes, scenario, signal);
    const chosen = faults(golden).filter(({ always = false }) => all || always);
    note(`${scenario.name}: ${chosen.length} faults; ${JSON.stringify(golden.events)} events`);
    await runFaults(context, lanes, scenario, { faults: chosen, events: golden.events });
  }
  await lanes.close();
  await runForgotten(context, world);
}

/** The last: every lane stands on the Temporal that is lost. A lane of its own, and no other then. */
async function runForgotten({ cases, note }: ChaosContext, world: World): Promise<void> {
  await cases(
    forgotten.name,
    [{ key: `${forgotten.name}/in a batch` }],
    async (_one, context) => {
      const lane = await Lane.open(world, 'forgotten', { topology: forgotten.topology, note });
      try {
        return (await runScenario(lane, forgotten, null, {}, context)).violations;
      } finally {
        await lane.close();
      }
    },
    SECONDS_EACH,
  );
}

/** One case for each fault. */
function runFaults(
  { cases }: Pick<ChaosContext, 'cases'>,
  lanes: Lanes,
  scenario: Scenario,
  { faults, events }: { faults: Fault[]; events: Record<string, number> },
): Promise<void> {
  return cases(
    scenario.name,
    faults.map((fault) => ({ fault, key: `${scenario.name}/${fault.key}` })),
    ({ fault }, one) => lanes.with(async (lane) => (await runScenario(lane, scenario, fault, events, one)).violations),
    SECONDS_EACH,
  );
}

/** The scenario without any fault, on lanes as it wants them. @throws Error where something is violated all the same */
async function goldenRun(
  lanes: Lanes,
  scenario: Scenario,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof runScenario>>> {
  await lanes.turnTo(scenario.topology);
  return lanes.with(async (lane) => {
    const evidence = await runScenario(lane, scenario, null, {}, { signal, record: () => undefined });
    if (evidence.violations.length === 0) return evidence;
    throw new Error(`${scenario.name} fails without any fault: ${evidence.violations.join('; ')}`);
  });
}

/**
 * The points of a golden run to hit a worker at. On every commit: all boundaries of the first scenario, and of the others
 * those of what no scenario before did. With `--all` everything, also within the bodies.
 */
function choose({ blow }: Scenario, hits: Hit[], { all, met }: { all: boolean; met: Set<string> }): Hit[] {
  const within = ({ point }: Hit): boolean => /^(sending|answered)/.test(point);
  if (blow === 'freeze') return hits.filter(({ point }) => point.startsWith('sending'));
  if (all) return hits;
  return hits.filter((hit) => !within(hit) && !met.has(kindOf(hit)));
}

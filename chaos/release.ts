import type { Case, ChaosContext } from './harness/index.ts';
import { uncovered } from './release/coverage.ts';
import { deaths } from './release/faults/deaths.ts';
import type { Fault, FaultKind } from './release/faults/fault.ts';
import { FAULT_KINDS } from './release/faults/index.ts';
import type { Evidence } from './release/judges.ts';
import { Lane } from './release/lane.ts';
import { Lanes } from './release/lanes.ts';
import { runScenario, type Run } from './release/run.ts';
import { forgotten, isOfEachCommit, SCENARIOS, type Scenario } from './release/scenarios.ts';
import { openWorld, type World } from './release/world.ts';

export const description = 'the worker dies at every point of a release: judged by the hosts that it releases to';

/** A case takes seconds; on a machine that is busy, many. */
const SECONDS_EACH = 180;

export async function run(context: ChaosContext): Promise<void> {
  const { cases, parallel, resources, note, all, wants } = context;
  const world = await openWorld(resources, { hooked: true, note });
  const lanes = new Lanes(world, { count: parallel, note });
  resources.defer(() => lanes.close());
  const met = new Set<string>();

  // What runs on every commit: deaths of a worker that does everything.
  const isLeftOut = (scenario: Scenario): boolean => !all && !isOfEachCommit(scenario) && wants('success');
  const kinds = [
    ...SCENARIOS.filter((scenario) => !isLeftOut(scenario)).map((scenario) => deaths(scenario, { all, met })),
    ...FAULT_KINDS.filter(({ nightly = false }) => all || !nightly),
  ].filter(({ scenario }) => wants(scenario.name));
  for (const [topology, alike] of Map.groupBy(kinds, ({ scenario }) => scenario.topology)) {
    await lanes.turnTo(topology);
    await runKinds(context, lanes, alike);
  }
  await lanes.close();
  const coverage = { scenario: 'coverage', key: 'every activity is in a case' };
  await cases([coverage], async () => uncovered(met), SECONDS_EACH);
  await runForgotten(context, world);
}

/** Faults of these kinds, one case for each, on lanes that stand as all of them want them. */
async function runKinds({ cases, all, note }: ChaosContext, lanes: Lanes, kinds: FaultKind[]): Promise<void> {
  const golden = new Map<Scenario, Run>();
  await cases(
    kinds.map(({ scenario }) => ({
      scenario: scenario.name,
      key: `${scenario.name}/no fault`,
      of: scenario,
      needed: true,
    })),
    async ({ of }, one) => {
      const run = await lanes.with((lane) => runScenario(lane, of, null, {}, one));
      if (run.violations.length === 0) golden.set(of, run);
      return run.violations;
    },
    SECONDS_EACH,
  );

  interface FaultCase extends Case {
    of: Scenario;
    fault: Fault;
    events: Evidence['events'];
  }
  const broken = kinds.flatMap(({ scenario, faults }): FaultCase[] => {
    const run = golden.get(scenario);
    if (run === undefined) return [];
    const chosen = faults(run).filter(({ always = false }) => all || always);
    note(`${scenario.name}: ${chosen.length} faults; ${JSON.stringify(run.events)} events`);
    return chosen.map((fault) => ({
      ...{ scenario: scenario.name, key: `${scenario.name}/${fault.key}` },
      ...{ of: scenario, fault, events: run.events },
    }));
  });
  await cases(
    broken,
    ({ of, fault, events }, one) =>
      lanes.with(async (lane) => (await runScenario(lane, of, fault, events, one)).violations),
    SECONDS_EACH,
  );
}

/** The last: every lane stands on the Temporal that is lost. A lane of its own, and no other then. */
async function runForgotten({ cases, note }: ChaosContext, world: World): Promise<void> {
  await cases(
    [{ scenario: forgotten.name, key: `${forgotten.name}/in a batch` }],
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

import type { Case, ChaosContext } from '../harness/index.ts';
import type { Fault, FaultKind } from './faults/fault.ts';
import type { Evidence } from './judges.ts';
import type { Lanes } from './lanes.ts';
import { runScenario, type Run } from './run.ts';
import type { Scenario } from './scenarios.ts';

/** A case takes seconds; on a machine that is busy, many. */
export const SECONDS_EACH = 180;

/** Faults of these kinds, one case for each, on lanes that stand as all of them want them. */
export async function runKinds({ cases, all, note }: ChaosContext, lanes: Lanes, kinds: FaultKind[]): Promise<void> {
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

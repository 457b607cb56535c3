import type { ChaosContext } from './harness/index.ts';
import { uncovered } from './release/coverage.ts';
import { deaths } from './release/faults/deaths.ts';
import { FAULT_KINDS } from './release/faults/index.ts';
import { runKinds, SECONDS_EACH } from './release/kinds.ts';
import { Lane } from './release/lane.ts';
import { Lanes } from './release/lanes.ts';
import { runScenario } from './release/run.ts';
import { forgotten, isOfEachCommit, SCENARIOS, type Scenario } from './release/scenarios.ts';
import { openWorld, type World } from './release/world.ts';

export const description = 'the worker dies at every point of a release: judged by the hosts that it releases to';

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

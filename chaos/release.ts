import type { ChaosContext } from './harness/index.ts';
import { uncovered } from './release/coverage.ts';
import { Lanes } from './release/lanes.ts';
import { hitsOf, kindOf, runScenario, type Hit } from './release/run.ts';
import { SCENARIOS, type Scenario } from './release/scenarios.ts';
import { openWorld } from './release/world.ts';

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
    if (!all && (scenario.topology !== 'whole' || scenario.blow !== 'kill') && wants('success')) continue;
    await lanes.turnTo(scenario.topology);
    const golden = await lanes.with(async (lane) => {
      const evidence = await runScenario(lane, scenario, null, {}, { signal, record: () => undefined });
      if (evidence.violations.length === 0) return evidence;
      throw new Error(`${scenario.name} fails without any fault: ${evidence.violations.join('; ')}`);
    });
    const hits = choose(scenario, hitsOf(golden.trace), { all, met });
    for (const hit of hits) met.add(kindOf(hit));
    note(`${scenario.name}: ${hits.length} points; ${JSON.stringify(golden.events)} events`);
    await cases(
      scenario.name,
      hits.map((hit) => ({ hit, key: `${scenario.name}/${hit.key} ${hit.point}` })),
      ({ hit }, one) =>
        lanes.with(async (lane) => (await runScenario(lane, scenario, hit, golden.events, one)).violations),
      SECONDS_EACH,
    );
  }
  await cases('coverage', [{ key: 'every activity is in a case' }], async () => uncovered(met), SECONDS_EACH);
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

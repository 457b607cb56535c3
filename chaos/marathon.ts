import type { ChaosContext } from './harness/index.ts';
import { FAULT_KINDS } from './marathon/index.ts';
import { SCENARIOS, SHAPE } from './marathon/scenarios.ts';
import { runKinds } from './release/kinds.ts';
import { deaths } from './release/faults/deaths.ts';
import { Lanes } from './release/lanes.ts';
import { openWorld } from './release/world.ts';

export const description = 'a group half on Mesos and half on Kubernetes: the worker dies, Mesos and Marathon fail';

/** What is done to the set on Mesos, or to its members: the rest is the same in the run `release`. */
const ON_MESOS = / north\/az-1| web-[02] /;

export async function run(context: ChaosContext): Promise<void> {
  const { parallel, resources, note, all, wants } = context;
  const world = await openWorld(resources, { hooked: true, shape: SHAPE, note });
  const lanes = new Lanes(world, { count: parallel, note });
  resources.defer(() => lanes.close());
  const met = new Set<string>();
  const kinds = [
    ...SCENARIOS.filter(({ blow, nightly = false }) => all || (blow === 'kill' && !nightly)).map((scenario) =>
      deaths(scenario, { all, met, about: ON_MESOS }),
    ),
    ...FAULT_KINDS.filter(({ nightly = false }) => all || !nightly),
  ].filter(({ scenario }) => wants(scenario.name));
  for (const [topology, alike] of Map.groupBy(kinds, ({ scenario }) => scenario.topology)) {
    await lanes.turnTo(topology);
    await runKinds(topology === 'alone' ? oneByOne(context) : context, lanes, alike);
  }
  await lanes.close();
}

/** Cases do not wait for their lane: each has its own time. */
function oneByOne(context: ChaosContext): ChaosContext {
  return {
    ...context,
    cases: async (all, run, secondsEach) => {
      for (const one of all) await context.cases([one], run, secondsEach);
    },
  };
}

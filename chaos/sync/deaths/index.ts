import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { buildBundle } from '../../../src/worker/bundle.ts';
import type { Case, CaseContext, ChaosContext } from '../../harness/index.ts';
import { hitsOf, type Hit } from '../../harness/hits.ts';
import { WORKFLOW_HOOKS } from '../../harness/hooked.ts';
import { firstOf, uncovered } from './choose.ts';
import { laneFolder, SyncLane } from './lane.ts';
import { runScenario } from './run.ts';
import { SCENARIOS, type SyncScenario } from './scenarios.ts';

/** A case takes seconds; on a machine that is busy, many. */
const SECONDS_EACH = 120;

/** Each lane is a fleet of its own: more of them than this are slower on two cores. */
const MOST_LANES = 2;

interface DeathCase extends Case {
  of: SyncScenario;
  hit: Hit | null;
}

/** The worker dies at every point of each scenario; on every commit once for each kind. */
export async function deaths({ cases, parallel, resources, note, all, wants }: ChaosContext): Promise<void> {
  const scenarios = SCENARIOS.filter(({ name }) => wants(name));
  if (scenarios.length === 0) return;
  // Histories are replayed here.
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const dir = await mkdtemp(path.join(tmpdir(), 'transship-chaos-'));
  resources.defer(() => rm(dir, { recursive: true, force: true }));
  const bundle = { codePath: path.join(dir, 'workflows.js') };
  await writeFile(bundle.codePath, (await buildBundle([WORKFLOW_HOOKS])).code);
  const opening = Array.from({ length: Math.min(parallel, MOST_LANES) }, async (_, nth) => {
    const lane = await SyncLane.open(laneFolder(dir, nth), bundle.codePath);
    resources.defer(() => lane.close());
    return lane;
  });
  const free = await Promise.all(opening);
  const waiting: ((lane: SyncLane) => void)[] = [];
  const run = async ({ of, hit }: DeathCase, one: CaseContext): ReturnType<typeof runScenario> => {
    const lane = free.shift() ?? (await new Promise<SyncLane>((resolve) => waiting.push(resolve)));
    try {
      return await runScenario(lane, of, hit, one, bundle);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free.push(lane);
      else next(lane);
    }
  };

  const golden = new Map<SyncScenario, Hit[]>();
  await cases(
    scenarios.map((of): DeathCase => ({
      ...{ scenario: of.name, key: `${of.name}/no fault`, needed: true },
      ...{ of, hit: null },
    })),
    async (death, one) => {
      const { violations, trace } = await run(death, one);
      golden.set(death.of, hitsOf(trace));
      return violations;
    },
    SECONDS_EACH,
  );
  const met = new Set<string>();
  const broken = scenarios.flatMap((of): DeathCase[] => {
    const hits = golden.get(of) ?? [];
    const chosen = all ? hits : firstOf(hits, met);
    note(`${of.name}: ${chosen.length} of ${hits.length} points`);
    return chosen.map((hit) => ({ scenario: of.name, key: `${of.name}/${hit.key} ${hit.point}`, of, hit }));
  });
  await cases(broken, async (death, one) => (await run(death, one)).violations, SECONDS_EACH);
  const coverage = { scenario: 'coverage', key: 'every activity of syncs is in a case' };
  await cases([coverage], async () => uncovered(broken.flatMap(({ hit }) => hit ?? [])), SECONDS_EACH);
  await Promise.all(free.splice(0).map(async (lane) => lane.close()));
}

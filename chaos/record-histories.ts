// Writes test/replay/histories: the history of every workflow on every path, recorded from workers as an operator runs
// them. Run it when a workflow was changed on purpose:  node scripts/node24.mjs chaos/record-histories.ts [SCENARIO…]
// Those of groups half on Mesos, on a fleet of their own:  node scripts/node24.mjs chaos/record-histories.ts half-on-mesos
// Those of images, on registries alone:  node scripts/node24.mjs chaos/record-sync-histories.ts
// Those of releases that bring images:  node scripts/node24.mjs chaos/record-image-histories.ts
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { writeHistory as write } from './history-file.ts';
import { SHAPE } from './marathon/scenarios.ts';
import { Lane } from './release/lane.ts';
import { runScenario } from './release/run.ts';
import { isRecorded, SCENARIOS } from './release/scenarios.ts';
import { openWorld } from './release/world.ts';

/** Paths that show the whole of themselves with one instance in each place: a bastion and a batch. */
const SMALL = ['success', 'first release', 'first release aborted', 'bastion fails', 'last batch fails and is resumed'];

const note = (text: string): void => void process.stderr.write(`${text}\n`);
await using resources = new AsyncDisposableStack();
const isHalf = process.argv[2] === 'half-on-mesos';
const world = await openWorld(resources, { hooked: false, note, ...(isHalf ? { shape: SHAPE } : {}) });

const lanes = {
  small: await Lane.open(world, 'small', { topology: 'whole', instancesPerPlace: 1, note }),
  large: await Lane.open(world, 'large', { topology: 'whole', note }),
  linked: await Lane.open(world, 'linked', { topology: 'linked', note }),
  brief: await Lane.open(world, 'brief', { topology: 'brief', note }),
};
resources.defer(async () => {
  await Promise.all(Object.values(lanes).map((lane) => lane.close()));
});

const { signal } = new AbortController();
/** What differs there is which sets are opened and closed. */
const HALF = ['success', 'aborted in a batch'];
const wanted = isHalf ? HALF : process.argv.slice(2);
for (const scenario of SCENARIOS) {
  if (!isRecorded(scenario)) continue;
  if (wanted.length > 0 && !wanted.includes(scenario.name)) continue;
  const size = SMALL.includes(scenario.name) ? 'small' : 'large';
  const { topology } = scenario;
  const lane = lanes[topology === 'brief' || topology === 'linked' ? topology : size];
  const { violations, histories } = await runScenario(lane, scenario, null, {}, { signal, record: () => undefined });
  if (violations.length > 0) throw new Error(`${scenario.name}: ${violations.join('; ')}`);
  for (const [type, history] of Object.entries(histories))
    await write(`${isHalf ? 'half on Mesos ' : ''}${scenario.name}.${type}`, history);
}
const { small, large } = lanes;
for (const [name, lane] of wanted.length > 0 ? [] : Object.entries({ small, large })) {
  for await (const { workflowId, runId } of lane.client.workflow.list({ query: 'WorkflowType = "planRelease"' })) {
    const history = await lane.client.workflow.getHandle(workflowId, runId).fetchHistory();
    await write(`plan ${name}.planRelease`, JSON.parse(historyToJSON(history)));
    break;
  }
}

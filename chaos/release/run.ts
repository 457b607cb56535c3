import { setTimeout as sleep } from 'node:timers/promises';
import type { CaseContext } from '../harness/index.ts';
import type { Passage, Point } from '../hooks/points.ts';
import { judgeRelease, type Evidence } from './judges.ts';
import type { Lane } from './lane.ts';
import type { Course, Scenario } from './scenarios.ts';

/** Where a worker is hit in a run of a scenario. */
export interface Hit {
  key: string;
  point: Point;
}

/** Longest that a frozen worker stays so, when nobody takes over its work. */
const THAW_MS = 20_000;

/** Runs the scenario once on the lane, with that hit or none, and judges it. The lane is at rest afterwards. */
export async function runScenario(
  lane: Lane,
  scenario: Scenario,
  hit: Hit | null,
  golden: Record<string, number>,
  { signal, record }: Pick<CaseContext, 'signal' | 'record'>,
): Promise<Evidence & { trace: Passage[] }> {
  lane.begins(signal);
  const before = scenario.standing ? await lane.stand() : '';
  if (!scenario.standing) await lane.newApp();
  const course: Course = { before, ...(await lane.push(scenario.behaviour)), pods: await lane.pods() };
  await lane.judge.mark();
  const identities = scenario.standing ? await lane.judge.identities() : null;

  await lane.aim(hit === null ? null : { ...hit, blow: scenario.blow });
  const id = await lane.release(course.after, scenario.settings);
  record('release', id);
  const thawing = hit !== null && scenario.blow === 'freeze' ? thaw(lane, hit) : Promise.resolve();
  const view = await scenario.drive(lane, id, course);
  await thawing;
  const trace = await lane.trace();
  await lane.aim(null);
  record('trace', trace);
  record('view', view);

  const expected = { ...scenario.expect(course), identities, events: golden };
  // A scenario that puts its release right again ends with the release that did so.
  const evidence = await judgeRelease(lane, view.id, view.state, expected);
  record('histories', evidence.histories);
  if (hit !== null && !trace.some((passage) => passage.hit)) evidence.violations.push('the worker never came by there');
  if (evidence.violations.length === 0) {
    if (expected.cutShort === true) await lane.discard();
    else lane.rests(expected.version);
  }
  return { ...evidence, trace };
}

/** Lets the frozen worker go on when another one has done the same activity: what it still does must do no harm. */
async function thaw(lane: Lane, { key }: Hit): Promise<void> {
  const deadline = Date.now() + THAW_MS;
  for (;;) {
    lane.signal.throwIfAborted();
    const trace = await lane.trace();
    const frozen = trace.find(({ hit }) => hit);
    const done = trace.some((other) => other.key === key && other.point === 'after' && other.pid !== frozen?.pid);
    if (frozen !== undefined && (done || Date.now() > deadline)) {
      process.kill(frozen.pid, 'SIGCONT');
      return;
    }
    if (Date.now() > deadline + THAW_MS) return;
    await sleep(100);
  }
}

/** Every point that a run without a fault came by, once, in order. */
export function hitsOf(trace: Passage[]): Hit[] {
  const hits = new Map(trace.map(({ key, point }) => [`${key} ${point}`, { key, point }]));
  return [...hits.values()];
}

/** What is done there: `takeOut`, `record`, `begin`, … */
export function kindOf({ key }: Hit): string {
  return key.split(' ')[1] ?? key;
}

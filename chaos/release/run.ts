import { PassedBy, type CaseContext } from '../harness/index.ts';
import type { Fault, Golden } from './faults/fault.ts';
import { judgeRelease, type Evidence } from './judges.ts';
import type { Trouble } from '../../src/domain/types.ts';
import type { Lane } from './lane.ts';
import type { Course, Scenario } from './scenarios.ts';

/** One run of a scenario: how it was judged, and what the next ones are made of. */
export type Run = Evidence & Golden;

/**
 * Runs the scenario once on the lane, with that fault or none, and judges it. The lane is at rest afterwards.
 * @throws PassedBy where all was well and the run never came to the fault
 */
export async function runScenario(
  lane: Lane,
  scenario: Scenario,
  fault: Fault | null,
  golden: Evidence['events'],
  { signal, record }: Pick<CaseContext, 'signal' | 'record'>,
): Promise<Run> {
  lane.begins(signal);
  const before = scenario.standing ? await lane.stand(scenario.stands, scenario.joined) : '';
  if (!scenario.standing) await lane.newApp();
  let isMended = (): void => undefined;
  const mended = new Promise<void>((resolve) => (isMended = resolve));
  const held: Trouble[] = [];
  if (scenario.ordered === true) await lane.settled(await lane.convert(), ({ state }) => state === 'SUCCESS');
  if (scenario.lacking === true) await lane.keepsInStep();
  const pushed = await lane.push(scenario.behaviour, scenario.lacking === true ? 'first' : 'all');
  const course: Course = { before, ...pushed, pods: await lane.pods(), mended, held };
  if (scenario.anew === true) await lane.changeTemplate();
  if (scenario.instead === 'adopt') await lane.strangers(course.after);
  await lane.mark();
  const moves = scenario.anew === true || ['restart', 'scale'].includes(scenario.instead ?? '');
  const samePods = (scenario.standing || scenario.instead === 'adopt') && !moves;
  const identities = samePods ? await lane.judge.identities() : null;

  const hit = fault?.hit ?? null;
  await lane.aim(hit === null || fault === null ? null : { ...hit, blow: fault.blow }, fault?.deadMs);
  lane.forgetChanges();
  fault?.arm?.(lane);
  const id = await asked(lane, scenario, course);
  record('release', id);
  const mending = fault?.beside(lane, course) ?? Promise.resolve();
  void mending.then(isMended, isMended);
  const { drive, expect } = fault?.instead ?? scenario;
  const view = await drive(lane, id, course);
  lane.over();
  const missed = await mending.then(
    () => null,
    (error: unknown) => {
      if (error instanceof PassedBy) return error;
      throw error;
    },
  );
  // What it says of its end comes a moment before its workflow ends, and the worker may be hit in between.
  await lane.closed(view.id);
  const trace = await lane.trace();
  await lane.aim(null);
  const changes = lane.changes();
  record('trace', trace);
  record('changes', changes);
  record('view', view);
  record('held', held);

  const evicted = fault?.evicted?.(course);
  const expected = { ...expect(course), identities, events: golden, ...(evicted ? { evicted } : {}) };
  // A scenario that puts its release right again ends with the release that did so.
  const evidence = await judgeRelease(lane, view.id, view.state, expected);
  record('histories', evidence.histories);
  for (const { verdict, code, message } of held)
    if (verdict === 'failed') evidence.violations.push(`the version was taken for bad: ${code}: ${message}`);
  if (evidence.violations.length === 0) {
    const isOther = ['adopt', 'detach', 'convert'].includes(scenario.instead ?? '') || scenario.ordered === true;
    const isSpent = scenario.anew === true || scenario.instead === 'scale' || scenario.joined === true;
    if (expected.cutShort === true || isOther) await lane.discard();
    // What its sets and its definition say may differ now: the next case gets another app.
    else lane.rests(isSpent ? null : expected.version);
    if (missed !== null) throw missed;
    if (hit !== null && !trace.some((passage) => passage.hit)) throw new PassedBy(`no worker came by ${fault?.key}`);
  }
  return { ...evidence, trace, changes };
}

/** What the scenario is about. @returns its id */
async function asked(lane: Lane, { instead, settings, grows }: Scenario, { after }: Course): Promise<string> {
  if (instead === 'promote') return lane.promote(after, settings);
  if (instead === 'restart') return lane.restart(settings);
  if (instead === 'adopt') return lane.adopt(after);
  if (instead === 'detach') return lane.detach();
  if (instead === 'convert') return lane.convert();
  return instead === 'scale' ? lane.scale(grows) : lane.release(after, settings);
}

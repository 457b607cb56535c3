import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { isUndoable } from '../../domain/types.ts';
import type { Left } from './carried.ts';
import { convert } from './convert.ts';
import { look, type GroupLook, type GroupRun } from './context.ts';
import { hasGates, passGate } from './gate.ts';
import { advance, brakable, hold, isBraked, passBrake } from './hold.ts';
import { askImages, awaitAll, lacksImages } from './images.ts';
import { isJoined, meet, MEETINGS } from './joined.ts';
import { bringUp, leftOver, redoUntilWhole, rollOn, rollOut } from './rollout.ts';
import { scale } from './scale.ts';
import { createAll, removeAll, settleAll, stageAll } from './stage.ts';
import { takeOver } from './takeover.ts';
import { troubleOf } from '../troubles.ts';

/** What holds an instance in the end. */
export interface Seen {
  member: string;
  uid: string;
  address: string | null;
}

/**
 * Brings the group to its spec, or, where that is what its repair is for, to nothing.
 * @param left of a run before this one: the release goes on with it
 * @throws Continuing
 */
export async function release(run: GroupRun, left: Left | null): Promise<Seen[]> {
  const whole = left === null ? await begin(run) : await throughBatches(run, () => rollOn(run, left));
  return whole === null
    ? []
    : whole.sets.flatMap(
        ({ set }) => set?.instances.map(({ member, uid, address }) => ({ member, uid, address })) ?? [],
      );
}

/** @returns null where the group has no sets any more */
async function begin(run: GroupRun): Promise<GroupLook | null> {
  const { input } = run;
  if (hasGates(run)) {
    const message = `${input.spec.version} is ready to be ${input.flavor === 'restart' ? 'restarted' : 'released'}`;
    await passGate(run, { name: 'smoke', state: 'PENDING', message });
  }
  if (input.remove === true) {
    await advance(run, 'ROLLING_OUT', 'the sets of a first release that was never finished are removed');
    await removeAll(run);
    return null;
  }
  if (input.takeover !== undefined) return takeOver(run, input.takeover);
  if (input.convert !== undefined) return convert(run, input.convert);
  if (lacksImages(run)) await askImages(run);
  const now = await look(run, 'forward', 'look at the sets');
  return modeOf(run, now) === 'create' ? create(run) : replace(run, now);
}

async function create(run: GroupRun): Promise<GroupLook> {
  const { input } = run;
  const message = `first release: ${String(input.instances.length)} instances on ${input.spec.version}`;
  await advance(run, 'CREATING', message);
  if (lacksImages(run)) await awaitAll(run, input.instances);
  await createAll(run);
  const whole = await bringUp(run);
  if (isJoined(run)) await meet(run, MEETINGS.settled, 'all instances serve');
  return whole;
}

/** @param seen the sets as they were found */
async function replace(run: GroupRun, seen: GroupLook): Promise<GroupLook> {
  await stageAll(run);
  // From here a rollback or repair only goes on, or stops as it stands.
  if (!isUndoable(run.input.flavor)) run.sagas.pivot();
  return throughBatches(run, () => (run.input.flavor === 'scale' ? scale(run) : rollOut(run, seen)));
}

async function throughBatches(run: GroupRun, roll: () => Promise<GroupLook>): Promise<GroupLook> {
  return brakable(run, async () => {
    const seen = await roll();
    if (isJoined(run)) await meet(run, MEETINGS.whole, 'all instances serve');
    const settled = await settle(run, hasGates(run) ? await finish(run, seen) : seen);
    if (isJoined(run)) await meet(run, MEETINGS.settled, 'nothing is left to do');
    return settled;
  });
}

/** Create when no set exists, in place when all do. */
function modeOf(run: GroupRun, now: GroupLook): 'create' | 'in-place' {
  const missing = now.sets.filter(({ set }) => set === null).map(({ ref }) => ref.name);
  if (missing.length === now.sets.length && run.input.flavor !== 'restart' && run.input.flavor !== 'scale')
    return 'create';
  if (missing.length === 0) return 'in-place';
  // A first release that was cut short is finished.
  if (run.input.over !== undefined && run.input.from === null) return 'create';
  throw ApplicationFailure.nonRetryable(`sets that should exist are gone: ${missing.join(', ')}`, 'SETS_MISSING');
}

/** Every instance serves on the new version; until this gate opens the release can still be undone. */
async function finish(run: GroupRun, seen: GroupLook): Promise<GroupLook> {
  const { input } = run;
  const message = `all instances serve on ${input.spec.version}`;
  let whole = seen;
  const check = async (): Promise<boolean> => (await leftOver(run)).length === 0;
  while (!(await passGate(run, { name: 'finish', state: 'ROLLOUT_SUCCESS', message, check }))) {
    await advance(run, 'ROLLING_OUT', 'not every instance serves any more');
    whole = await redoUntilWhole(run);
  }
  return whole;
}

/**
 * Waits for the controllers. An instance that was evicted meanwhile is reborn on the old version: it is released again.
 * Where a controller does not follow there is nothing to undo, so this holds instead of failing.
 */
async function settle(run: GroupRun, seen: GroupLook): Promise<GroupLook> {
  let whole = seen;
  for (;;) {
    if (isBraked(run)) await passBrake(run);
    await advance(run, 'SETTLING', 'all instances serve; waiting for the controllers to agree');
    try {
      await settleAll(run);
      return whole;
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      const trouble = troubleOf(error);
      if (trouble.code !== 'INSTANCE_REPLACED') await hold(run, 'ROLLOUT_BRAKED', trouble);
      await advance(run, 'ROLLING_OUT', trouble.message);
      whole = await redoUntilWhole(run);
    }
  }
}

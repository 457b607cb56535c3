import { isCancellation, sleep } from '@temporalio/workflow';
import { describeBudget } from '../../domain/brake.ts';
import { ordinalOf } from '../../domain/member.ts';
import { isSameSet, sizeChange } from '../../domain/size.ts';
import { azLabel, type AzSetRef, type InstanceRef, type Trouble } from '../../domain/types.ts';
import { undoPauseMs } from '../../temporal/policies.ts';
import type { Direction } from './activities.ts';
import { all } from './all.ts';
import { idcsOf, look, setActivities, stepContext, type GroupLook, type GroupRun } from './context.ts';
import { advance, hold, isBraked, passBrake } from './hold.ts';
import { awaitImages, missingFor } from './images.ts';
import { pullOut } from './instance.ts';
import { capacityShares, count, handle, isDone, looked, redoUntilWhole } from './rollout.ts';
import { troubleOf } from '../troubles.ts';
import { openBudget, restore } from './undo.ts';

/** How long the controller may take to make or end what a new size means. */
const RESIZE_MS = 600_000;

/** How often it looks again by itself where another pod came in between. */
const MOST_TURNS = 5;

/** A set that changes its size. */
interface Resize {
  set: AzSetRef;
  from: number;
  to: number;
}

/**
 * Brings the sets to their sizes: what comes first, all at once, out of traffic until it is ignited; and when all of that
 * serves, what goes, out of traffic before it ends, as far as the brake lets it. What ran before is left alone.
 */
export async function scale(run: GroupRun): Promise<GroupLook> {
  const { input } = run;
  // Whoever scaled it by hand since: from what its sets have now.
  await looked(run, 'ROLLOUT_BRAKED', 'look before the sets change their size');
  const resizes = resizesOf(run);
  registerSizes(run, resizes);
  await advance(run, 'ROLLING_OUT', resizes.map(({ set, from, to }) => `${azLabel(set)}: ${from} → ${to}`).join(', '));
  // What else runs, and how well, is nobody's business here.
  input.only = [];
  const growing = resizes.filter(({ from, to }) => to > from);
  const shrinking = resizes.filter(({ from, to }) => to < from);
  if (growing.length > 0) await grow(run, growing);
  if (shrinking.length > 0) {
    if (growing.length > 0) await redoUntilWhole(run);
    await shrink(run, shrinking);
  }
  return redoUntilWhole(run);
}

function resizesOf({ input: { azSets, sizes = {} } }: GroupRun): Resize[] {
  return azSets.flatMap(({ count: from, ...set }) => {
    const to = sizes[set.name];
    return to === undefined || to === from ? [] : [{ set, from, to }];
  });
}

async function grow(run: GroupRun, resizes: Resize[]): Promise<void> {
  const { input } = run;
  const here = input.instances.filter(({ azSet }) => resizes.some(({ set }) => isSameSet(set, azSet)));
  if (missingFor(run, here).length > 0) await awaitImages(run, here);
  await trying(run, async () => {
    await all(resizes, (resize) => enlarge(run, 'forward', resize.set, resize.to));
    const before = input.instances;
    const now = await looked(run, 'ROLLOUT_BRAKED', 'look at the new instances');
    const born = input.instances.filter((instance) => !before.includes(instance));
    input.only = [...(input.only ?? []), ...born.map(({ name }) => name)];
    const left = input.instances.filter(({ name }) => input.only?.includes(name) === true);
    await all(
      left.filter((instance) => !isDone(run, now, instance)),
      (instance) => handle(run, now, instance, { capacity: null, fresh: true }),
    );
    return null;
  });
}

/** The set gets its size while it is open: what comes is out of traffic, and of what the set runs. */
async function enlarge(run: GroupRun, direction: Direction, set: AzSetRef, to: number): Promise<void> {
  const staged = run.staged.get(set.name);
  if (staged === undefined) throw new Error(`${set.name} was not staged`);
  const step = { ...stepContext(run), set };
  await setActivities(run, direction, set, 'open').openSet({
    ...step,
    target: direction === 'undo' ? staged.previous : { revision: staged.revision, images: staged.images },
  });
  const failure = await resize(run, direction, set, to).then(
    () => null,
    (error: unknown) => error,
  );
  if (isCancellation(failure)) throw failure;
  // Whatever came of it: a set that stays open brings what ends back out of traffic.
  await setActivities(run, direction, set, 'close').closeSet(step);
  if (failure !== null) throw failure as Error;
}

function resize(run: GroupRun, direction: Direction, set: AzSetRef, to: number): Promise<void> {
  const { resizeSet } = setActivities(run, direction, set, `${String(to)} instances in`, RESIZE_MS);
  return resizeSet({ ...stepContext(run), set, count: to });
}

async function shrink(run: GroupRun, resizes: Resize[]): Promise<void> {
  const { input, progress } = run;
  const goes = ({ azSet, member }: InstanceRef): boolean =>
    resizes.some(({ set, to }) => isSameSet(set, azSet) && ordinalOf(member) >= to);
  const leaving = input.instances.filter(goes);
  progress.plan([{ index: progress.nextBatch(), members: leaving }]);
  run.size = Math.min(run.size, input.instances.length - leaving.length);
  await trying(run, async () => {
    const now = await looked(run, 'ROLLOUT_BRAKED', 'count before instances go');
    const left = input.instances.filter(goes);
    const sum = count(run, now, left);
    if (!sum.pass) return { verdict: 'errored', code: 'CAPACITY_SHORT', message: describeBudget(sum) };
    const names = left.map(({ name }) => name).join(', ');
    const note = { kind: 'batch', step: 'scale', instance: null, data: null } as const;
    await progress.note({ ...note, outcome: 'begun', message: `${names}: ${describeBudget(sum)}`, data: sum });
    const shares = capacityShares(run, now, left, sum);
    await all(left, async (instance) => {
      const holder = now.holder(instance);
      if (holder === undefined || holder.terminating) return;
      const capacity = now.serves(instance) ? (shares.get(instance.azSet.idc) ?? null) : null;
      await pullOut(run, { instance, uid: holder.uid, direction: 'forward', capacity });
    });
    await all(resizes, ({ set, to }) => resize(run, 'forward', set, to));
    await looked(run, 'ROLLOUT_BRAKED', 'look at what is left');
    await progress.note({ ...note, outcome: 'done', message: names });
    return null;
  });
}

/**
 * Does it again, each time from a fresh look, until it is done: where another pod came in between at once, after all else
 * when a person says so.
 */
async function trying(run: GroupRun, act: () => Promise<Trouble | null>): Promise<void> {
  for (let turn = 0; ; turn++) {
    if (isBraked(run)) await passBrake(run);
    let trouble: Trouble | null;
    try {
      trouble = await act();
    } catch (error) {
      if (isCancellation(error)) throw error;
      trouble = troubleOf(error);
    }
    if (trouble === null) return;
    if (trouble.code === 'INSTANCE_REPLACED' && turn < MOST_TURNS) {
      await sleep(1_000, { summary: `${trouble.message}; looked at again` });
      continue;
    }
    await hold(run, trouble.code === 'CAPACITY_SHORT' ? 'ROLLOUT_BRAKED' : 'ROLLOUT_FAILURE', trouble);
    await advance(run, 'ROLLING_OUT', 'resumed');
    turn = 0;
  }
}

/** Before any set is touched: in each IDC they get back the size they had, and the group its layout. */
function registerSizes(run: GroupRun, resizes: Resize[]): void {
  const { instances } = run.input;
  for (const idc of idcsOf(resizes.map(({ set }) => set))) {
    const here = resizes.filter(({ set }) => set.idc === idc);
    run.sagas.of(idc).register(`sizes ${idc}`, async () => {
      await Promise.all(
        here.map(({ set, from }) => {
          const members = instances.filter(({ azSet }) => isSameSet(set, azSet));
          return restoreSize(run, { set, from, members });
        }),
      );
    });
  }
}

/** Looks at the set and brings it back to its size, whatever was done to it. Tried until it succeeds; every failure is shown. */
async function restoreSize(
  run: GroupRun,
  { set, from, members }: { set: AzSetRef; from: number; members: InstanceRef[] },
): Promise<void> {
  const { progress } = run;
  for (let attempt = 0; ; attempt++) {
    try {
      await setActivities(run, 'undo', set, 'close').closeSet({ ...stepContext(run), set });
      const before = await look(run, 'undo', `look at ${set.name}`, set);
      await bringBack(run, { set, from }, before);
      takeBackLayout(run, set, members);
      const now = await look(run, 'undo', `look at ${set.name} again`, set);
      const out = members.filter((instance) => 'release' in (now.holder(instance)?.outBy ?? {}));
      if (out.length > 0) {
        run.undoBudget ??= openBudget(run);
        const budget = await run.undoBudget;
        await Promise.all(out.map((instance) => restore(run, instance, budget)));
      }
      return;
    } catch (error) {
      const trouble = troubleOf(error);
      const message = `undo of the size of ${set.name}: ${trouble.message}; tried again`;
      await progress.note({ kind: 'note', step: 'undo', instance: null, outcome: 'failed', message, data: trouble });
    }
    await sleep(undoPauseMs(attempt));
  }
}

async function bringBack(run: GroupRun, { set, from }: Omit<Resize, 'to'>, now: GroupLook): Promise<void> {
  const found = now.sets[0]?.set;
  if (found === null || found === undefined || found.desired === from) return;
  if (found.desired < from) return enlarge(run, 'undo', set, from);
  const { input } = run;
  const { born } = sizeChange(input.ref.group, input.instances, [{ ...set, count: found.desired }]);
  const more = [...input.instances, ...born].filter(
    ({ azSet, member }) => isSameSet(set, azSet) && ordinalOf(member) >= from,
  );
  await all(more, async (instance) => {
    const holder = now.holder(instance);
    if (holder === undefined || holder.terminating) return;
    await pullOut(run, { instance, uid: holder.uid, direction: 'undo', capacity: null });
  });
  await resize(run, 'undo', set, from);
  for (const { name } of more) run.progress.instance(name, 'gone');
}

/** These are the set's instances again. */
function takeBackLayout(run: GroupRun, set: AzSetRef, members: InstanceRef[]): void {
  const { input } = run;
  const others = input.instances.filter(({ azSet }) => !isSameSet(set, azSet));
  input.instances = [...others, ...members].toSorted((a, b) => a.index - b.index);
  input.azSets = input.azSets.map((one) => (isSameSet(set, one) ? { ...one, count: members.length } : one));
  run.resized = true;
}

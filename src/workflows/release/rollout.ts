import { isCancellation, patched, sleep } from '@temporalio/workflow';
import { brake, describeBudget } from '../../domain/brake.ts';
import { planBatches, type Batch, type BudgetSum } from '../../domain/plan.ts';
import type { ReleaseState } from '../../domain/states.ts';
import { azLabel, isRequeueing, isUndoable, type InstanceRef, type Trouble } from '../../domain/types.ts';
import type { CapacityShare } from '../../activities/instance.ts';
import type { InstanceObservation } from '../../drivers/azset/index.ts';
import { Continuing, isLong, type Left } from './carried.ts';
import { look, idcsOf, type GroupLook, type GroupRun } from './context.ts';
import { hasGates, passGate } from './gate.ts';
import { advance, hold, isBraked, passBrake } from './hold.ts';
import { bake, smoke } from './instance.ts';
import { awaitImages, missingFor } from './images.ts';
import { isJoined, meet, MEETINGS } from './joined.ts';
import { isLoss, lookPast, lossText, untilBack } from './loss.ts';
import { followSize, sizeChange } from './resize.ts';
import { runs } from './target.ts';
import { all } from './all.ts';
import { prePull } from './prepull.ts';
import { troubleOf } from '../troubles.ts';
import { openBudget, restore } from './undo.ts';

/** Operations that began before this looked a second time, for the plan. */
const PLANNED_BY_FIRST_LOOK = 'plan-by-first-look';

/** An instance that was replaced under our hands is handled again, but not for ever. */
const MOST_REBIRTHS = 5;
/** Passes over the whole group after the last batch, until one finds nothing to redo. */
const MOST_PASSES = 10;

/**
 * Brings every instance of the group to the staged revision: the bastion first (a rollback or repair has none), then
 * batch by batch, then again what was reborn meanwhile. Returns when every instance runs it and serves.
 * @param seen the sets as they were found, before they were staged
 * @throws Continuing
 */
export async function rollOut(run: GroupRun, seen: GroupLook): Promise<GroupLook> {
  return rollOn(run, { batches: await planAll(run, seen), stale: false });
}

async function planAll(run: GroupRun, seen: GroupLook): Promise<Batch[]> {
  const { input, progress } = run;
  const { flavor = 'release', only } = input;
  const bastion = isUndoable(flavor);
  const before = await beforePlan(run, seen, bastion);
  if (!bastion) await advance(run, 'ROLLING_OUT', `${flavor} to ${input.spec.version}`);
  const meant = input.instances.filter(({ name }) => only === undefined || only.includes(name));
  if (flavor === 'restart') {
    for (const instance of meant) {
      const holder = before.holder(instance);
      if (holder !== undefined) run.restarting.set(instance.name, holder.uid);
    }
  }
  const plan = planBatches(before.planned(meant), input.config, { bastion, desired: input.instances.length });
  progress.plan(plan.batches);
  await progress.note({
    kind: 'plan',
    step: 'plan',
    instance: null,
    outcome: null,
    message: plan.rounding,
    data: plan,
  });

  const first = plan.batches[0]?.members ?? [];
  if (missingFor(run, first).length > 0) await awaitImages(run, first);
  await prePull(run, plan.batches[0]);
  return plan.batches;
}

/** Staging moves nothing, and each batch is counted for anew: where nobody changed a size the first look is good enough. */
async function beforePlan(run: GroupRun, seen: GroupLook, bastion: boolean): Promise<GroupLook> {
  if (sizeChange(run, seen) === null && patched(PLANNED_BY_FIRST_LOOK)) return seen;
  const summary = 'look before the plan';
  return bastion ? looked(run, 'SMOKE_BRAKED', summary) : lookedPast(run, summary);
}

/**
 * The batches that are left, and then again what was reborn meanwhile.
 * @throws Continuing between two of them, where the history has become long
 */
export async function rollOn(run: GroupRun, { batches, stale, wave: before }: Left): Promise<GroupLook> {
  const { input } = run;
  let planned = stale ? null : input.config;
  let queue = batches;
  let wave = before;
  while (queue[0] !== undefined) {
    if (isJoined(run) && queue[0].index > 0) await meetBefore(run, queue[0]);
    if (queue[0].index > 1) {
      const isNew = wave !== undefined && queue[0].wave !== undefined && queue[0].wave !== wave;
      if (isNew) await passFailures(run, queue[0]);
      if (hasGates(run)) await nextBatch(run, queue[0], isNew ? 'wave' : 'batch');
      else if (input.config.pauseSeconds > 0)
        await sleep(input.config.pauseSeconds * 1_000, { summary: 'pause between batches' });
    }
    if (queue[0].index > 0 && input.config !== planned) {
      planned = input.config;
      queue = await replan(run, queue);
    }
    const [batch, next] = queue;
    if (batch === undefined) break;
    if (missingFor(run, batch.members).length > 0) {
      await awaitImages(run, batch.members);
      await prePull(run, batch);
    }
    const isNextThere = missingFor(run, next?.members ?? []).length === 0;
    // The next batch's hosts pull while this one is replaced.
    await all<() => Promise<unknown>, unknown>(
      [
        () => (batch.index === 0 ? runBastion(run, batch) : runBatch(run, batch)),
        () => prePull(run, isNextThere ? next : undefined),
      ],
      (act) => act(),
    );
    queue = queue.slice(1);
    wave = batch.wave ?? wave;
    if (queue.length > 0 && isLong(run))
      throw new Continuing({ batches: queue, stale: input.config !== planned, wave });
  }
  return redoUntilWhole(run);
}

/** Joined groups go on together, and not before the brake lets every one of them. */
async function meetBefore(run: GroupRun, { index, members }: Batch): Promise<void> {
  for (;;) {
    const now = await lookedPast(run, `count before the groups meet at batch ${index}`);
    const { sum } = admitted(
      run,
      now,
      members.filter((instance) => !isDone(run, now, instance)),
    );
    if (sum.pass) break;
    await holdShort(run, 'ROLLOUT_BRAKED', sum, `batch ${index}`);
  }
  await meet(run, index, `batch ${index} is next`);
}

/** The brake stands in the way: holds, and then tries again what failed. */
async function holdShort(run: GroupRun, braked: ReleaseState, sum: BudgetSum, at: string): Promise<void> {
  const going = run.progress.state;
  const message = describeBudget(sum) + lossText(run);
  await hold(run, braked, { verdict: 'errored', code: 'CAPACITY_SHORT', message });
  await advance(run, going, `resumed at ${at}`);
  await retryFailed(run);
}

/** Between two batches, or two waves: the pause, or a person's word. */
async function nextBatch(run: GroupRun, { index, members, wave = '' }: Batch, name: 'batch' | 'wave'): Promise<void> {
  run.commands.shut('rollout');
  const title = name === 'wave' ? `wave ${wave}, batch ${index},` : `batch ${index}`;
  const message = `${title} is next: ${members.map((member) => member.name).join(', ')}`;
  await passGate(run, { name, state: 'BATCH_SUCCESS', message });
  if (run.progress.state !== 'ROLLING_OUT') await advance(run, 'ROLLING_OUT', `batch ${index}`);
}

/** No wave begins while an instance of those before it has failed, unless that is wanted. */
async function passFailures(run: GroupRun, { wave = '' }: Batch): Promise<void> {
  const { input, progress } = run;
  for (;;) {
    const failures = input.instances.filter(({ name }) => ['failed', 'errored'].includes(progress.phaseOf(name)));
    if (failures.length === 0 || input.config.onWaveFailure === 'continue') return;
    const names = failures.map(({ name }) => name).join(', ');
    await hold(run, 'ROLLOUT_FAILURE', {
      verdict: failures.some(({ name }) => progress.phaseOf(name) === 'failed') ? 'failed' : 'errored',
      code: 'WAVE_FAILED',
      message: `wave ${wave} does not begin: ${names} of the waves before it failed`,
    });
    await advance(run, 'ROLLING_OUT', `resumed: ${names} again`);
    await retryFailed(run);
  }
}

/** Slices what is left again, by knobs that a person has changed. */
async function replan(run: GroupRun, left: Batch[]): Promise<Batch[]> {
  const { input, progress } = run;
  const now = await lookedPast(run, 'look before the batches are planned again');
  const members = now.planned(left.flatMap((batch) => batch.members));
  const plan = planBatches(members, input.config, { bastion: false, desired: input.instances.length });
  const from = left[0]?.index ?? 1;
  const batches = plan.batches.map((batch, i) => ({ ...batch, index: from + i }));
  progress.plan(batches);
  const message = `planned again: ${plan.rounding}`;
  await progress.note({
    kind: 'plan',
    step: 'plan',
    instance: null,
    outcome: null,
    message,
    data: { ...plan, batches },
  });
  return batches;
}

/**
 * A first release: every instance was just created on the new version and takes traffic when it is ready. Returns when
 * all of them do.
 */
export async function bringUp(run: GroupRun): Promise<GroupLook> {
  const { input, progress } = run;
  progress.plan([{ index: 0, members: input.instances }]);
  const now = await looked(run, 'ROLLOUT_BRAKED', 'look at the new instances');
  for (const { ref, set } of now.sets) {
    const images = set?.instances[0]?.images ?? {};
    const revision = set?.updateRevision ?? '';
    run.staged.set(ref.name, { revision, images, previous: { revision, images } });
  }
  await all(input.instances, (instance) => handle(run, now, instance, { capacity: null, fresh: true }));
  return redoUntilWhole(run);
}

/** The bastion: nothing else is touched until it runs the new version and serves. */
async function runBastion(run: GroupRun, batch: Batch): Promise<void> {
  const { progress } = run;
  for (;;) {
    await advance(run, 'SMOKING', `bastion ${batch.members.map(({ name }) => name).join(', ')}`);
    const [trouble] = await runBatch(run, batch);
    if (isBraked(run)) await passBrake(run);
    if (trouble === undefined) {
      if (isJoined(run)) await meet(run, 1, 'the bastion serves');
      if (!hasGates(run) || (await bakedLongEnough(run, batch))) break;
      continue;
    }
    await hold(run, progress.state === 'BAKING' ? 'BAKE_FAILURE' : 'SMOKE_FAILURE', trouble);
  }
  await advance(run, 'ROLLING_OUT', 'the bastion serves; the other batches follow');
}

/** The bastion serves: the gate before the other batches. False: it was lost meanwhile, and is to be done again. */
async function bakedLongEnough(run: GroupRun, { members }: Batch): Promise<boolean> {
  const names = members.map(({ name }) => name).join(', ');
  const check = async (): Promise<boolean> => {
    const now = await lookedPast(run, `look whether ${names} still serves`, 'SMOKE_BRAKED');
    return members.every((instance) => isDone(run, now, instance));
  };
  return passGate(run, { name: 'rollout', state: 'BAKE_SUCCESS', message: `bastion ${names} serves`, check });
}

/**
 * One batch: its members at the same time. A member that fails stays out; the batch is a failure and the next one still
 * starts: what stops the train is the brake. But where it is of an ordered set this holds, and on resume tries it again:
 * what comes after it could not be made as long as it is broken. What is in a cluster that is away is passed over, where
 * that is wanted. Returns the troubles.
 */
async function runBatch(run: GroupRun, batch: Batch): Promise<Trouble[]> {
  const { progress } = run;
  if (isBraked(run)) await passBrake(run);
  const bastion = batch.index === 0;
  const braked: ReleaseState = bastion ? 'SMOKE_BRAKED' : 'ROLLOUT_BRAKED';
  // The other batches follow the bastion: there is no going on without it.
  const isPassed = (trouble: Trouble): boolean => !bastion && isLoss(run, trouble);
  const isFailure = (trouble: Trouble | null): trouble is Trouble =>
    trouble !== null && trouble.code !== 'CAPACITY_SHORT' && !isPassed(trouble);
  let members = batch.members;
  const troubles: Trouble[] = [];
  for (;;) {
    const summary = `count before batch ${batch.index}`;
    const now = bastion ? await looked(run, braked, summary) : await lookedPast(run, summary);
    members = members.filter((instance) => now.saw(instance) && !isDone(run, now, instance));
    const { going, sum } = admitted(run, now, members);
    if (!sum.pass) {
      await holdShort(run, braked, sum, `batch ${batch.index}`);
      continue;
    }
    if (members.length === 0) return troubles;

    const later = members.filter((instance) => !going.includes(instance));
    registerUndo(run, batch.index, going);
    const names = going.map(({ name }) => name).join(', ');
    const title = bastion ? 'bastion' : `batch ${batch.index}`;
    await progress.note({
      kind: 'batch',
      step: title,
      instance: null,
      outcome: 'begun',
      message: `${names}: ${describeBudget(sum)}`,
      data: sum,
    });
    const outcomes = await handleAll(run, now, going, sum, bastion);
    const short = going.filter((_, i) => outcomes[i]?.code === 'CAPACITY_SHORT');
    const failures = outcomes.filter(isFailure);
    troubles.push(...failures);
    await progress.note({
      kind: 'batch',
      step: title,
      instance: null,
      outcome: failures.length === 0 ? 'done' : 'failed',
      message: failures.length === 0 ? names : failures.map(({ message }) => message).join('; '),
      data: null,
    });
    const isStop = (instance: InstanceRef, i: number): boolean =>
      now.isOrdered(instance) && isFailure(outcomes[i] ?? null);
    const stopped = bastion ? [] : going.filter(isStop);
    if (stopped.length > 0) await holdInOrder(run, stopped, failures);
    members = [...later, ...short, ...stopped];
    if (members.length === 0) return troubles;
    // Those that stopped it are tried again. Where the data plane served less than the plan counted on, they were not
    // touched, and the count decides again.
  }
}

/** Those of a batch that go now: all or, by the brake, none; where a cluster is lost, as many as there is room for. */
function admitted(run: GroupRun, now: GroupLook, members: InstanceRef[]): { going: InstanceRef[]; sum: BudgetSum } {
  const sum = count(run, now, members);
  if (sum.pass || run.lost.size === 0) return { going: members, sum };
  const out = members.filter((instance) => !now.serves(instance));
  const serving = members.filter((instance) => now.serves(instance));
  const going = [...out, ...serving.slice(0, Math.max(0, sum.serving - sum.floor))];
  return going.length === 0 ? { going: members, sum } : { going, sum: count(run, now, going) };
}

/** Instances of ordered sets failed. */
async function holdInOrder(run: GroupRun, stopped: InstanceRef[], failures: Trouble[]): Promise<void> {
  const sets = [...new Set(stopped.map(({ azSet }) => azSet.name))].join(', ');
  const names = stopped.map(({ name }) => name).join(', ');
  const why = failures.map(({ message }) => message).join('; ');
  await hold(run, 'ROLLOUT_FAILURE', {
    verdict: failures.some(({ verdict }) => verdict === 'failed') ? 'failed' : 'errored',
    code: 'ORDER_STOPPED',
    message: `${sets} is made in order, so nothing before ${names} is touched: ${why}`,
  });
  await advance(run, 'ROLLING_OUT', `resumed: ${names} again`);
}

/**
 * After a brake: what failed in earlier batches is tried again first. It serves nobody, so that costs nothing; and as it
 * is kept out by this release, nothing but this release brings it back.
 */
async function retryFailed(run: GroupRun): Promise<void> {
  const { input, progress } = run;
  const failed = input.instances.filter(({ name }) => ['failed', 'errored'].includes(progress.phaseOf(name)));
  if (failed.length === 0) return;
  const now = await lookedPast(run, 'look at what failed');
  const out = failed.filter((instance) => now.saw(instance) && !now.serves(instance));
  await handleAll(run, now, out, count(run, now, out), false);
}

async function handleAll(
  run: GroupRun,
  now: GroupLook,
  members: InstanceRef[],
  sum: BudgetSum,
  bastion: boolean,
): Promise<(Trouble | null)[]> {
  const shares = capacityShares(run, now, members, sum);
  return all(members, (instance) =>
    handle(run, now, instance, { capacity: shares.get(instance.azSet.idc) ?? null, bastion }),
  );
}

/** One instance through its four activities. Returns its trouble, or null when it serves on the target. */
export async function handle(
  run: GroupRun,
  first: GroupLook,
  instance: InstanceRef,
  how: { capacity: CapacityShare | null; bastion?: boolean; fresh?: boolean },
): Promise<Trouble | null> {
  const { input, progress } = run;
  const { capacity, bastion = false, fresh = false } = how;
  let now = first;
  for (let turn = 0; ; turn++) {
    try {
      if (turn > 0) now = await lookAgain(run, instance, turn);
      if (turn > 0 && bastion && hasGates(run) && progress.state !== 'SMOKING')
        await advance(run, 'SMOKING', `bastion ${instance.name} again`);
      if (!now.hasPlace(instance)) return null;
      const holder = now.holder(instance);
      const target = run.staged.get(instance.azSet.name);
      if (target === undefined) throw new Error(`${instance.azSet.name} was not staged`);
      if (holder !== undefined && !holder.terminating) {
        const share = now.serves(instance) ? capacity : null;
        const uid = await smoke(run, {
          instance,
          uid: holder.uid,
          target,
          change: isToEnd(run, instance, holder) ? 'restart' : (target.change ?? 'in-place'),
          health: input.spec.health,
          direction: 'forward',
          capacity: share,
          fresh,
        });
        if (isBraked(run)) await passBrake(run);
        if (bastion) {
          const runsAnew = input.flavor === 'restart' ? 'was restarted' : 'runs the new version';
          const message = `${instance.name} ${runsAnew} without traffic`;
          if (isJoined(run)) await meet(run, MEETINGS.smoked, message);
          if (hasGates(run)) await passGate(run, { name: 'bake', state: 'SMOKE_SUCCESS', message });
          await advance(run, 'BAKING', `${instance.name} ${runsAnew}; traffic next`);
        }
        await bake(run, { instance, uid, direction: 'forward' });
        return null;
      }
      if (turn >= MOST_REBIRTHS) {
        return failed(run, instance, {
          verdict: 'errored',
          code: 'INSTANCE_REPLACED',
          message: `nothing holds the place of ${instance.name}`,
        });
      }
    } catch (error) {
      if (isCancellation(error)) throw error;
      const trouble = troubleOf(error);
      if (trouble.code === 'CAPACITY_SHORT' || (!bastion && isLoss(run, trouble))) {
        progress.instance(instance.name, 'pending', trouble);
        return trouble;
      }
      if (trouble.code !== 'INSTANCE_REPLACED' || turn >= MOST_REBIRTHS) return failed(run, instance, trouble);
    }
  }
}

async function lookAgain(run: GroupRun, { name, azSet }: InstanceRef, turn: number): Promise<GroupLook> {
  await sleep(1_000 * 2 ** (turn - 1), { summary: `${name} was replaced; handled again` });
  return look(run, 'forward', `look at ${name} again`, azSet);
}

function failed({ progress }: GroupRun, instance: InstanceRef, trouble: Trouble): Trouble {
  progress.instance(instance.name, trouble.verdict, trouble);
  return { ...trouble, message: `${instance.name} (${azLabel(instance.azSet)}): ${trouble.message}` };
}

/** After the last batch: what was reborn on the old version is done again; what failed waits for a person. */
export async function redoUntilWhole(run: GroupRun): Promise<GroupLook> {
  const { input, progress } = run;
  for (let pass = 0; ; pass++) {
    const now = await lookedPast(run, 'look for what is left');
    const missing = notDone(run, now);
    if (missing.length === 0) return now;
    const left = missing.filter((instance) => now.saw(instance));
    if (left.length === 0) {
      await untilBack(run, missing);
      continue;
    }
    const bad = left.filter(({ name }) => ['failed', 'errored'].includes(progress.phaseOf(name)));
    if (bad.length > 0 || pass >= MOST_PASSES) {
      const names = left.map(({ name }) => name).join(', ');
      await hold(run, 'ROLLOUT_FAILURE', {
        verdict: bad.some(({ name }) => progress.phaseOf(name) === 'failed') ? 'failed' : 'errored',
        code: 'ROLLOUT_INCOMPLETE',
        message: `not on ${input.spec.version}: ${names}`,
      });
      await advance(run, 'ROLLING_OUT', `resumed: ${names} again`);
      pass = 0;
    }
    // Slices of the plan's size; the bastion's slot of the plan is as good as any other here.
    for (const batch of planBatches(now.planned(left), input.config).batches) {
      const again = { index: progress.nextBatch(), members: batch.members };
      progress.plan([again]);
      await runBatch(run, again);
    }
  }
}

/** Instances that are not done, by a fresh look. */
export async function leftOver(run: GroupRun): Promise<InstanceRef[]> {
  return notDone(run, await lookedPast(run, 'look whether all still serve'));
}

function notDone(run: GroupRun, now: GroupLook): InstanceRef[] {
  return run.input.instances.filter((instance) => concerns(run, now, instance) && !isDone(run, now, instance));
}

/** Beside those that were asked for: what ended by itself while its set was open came back out of traffic, by us. */
function concerns({ input: { only } }: GroupRun, now: GroupLook, instance: InstanceRef): boolean {
  if (only === undefined || only.includes(instance.name)) return true;
  return 'release' in (now.holder(instance)?.outBy ?? {});
}

/** Runs the target, proven, and gets traffic. */
export function isDone(run: GroupRun, now: GroupLook, instance: InstanceRef): boolean {
  if (!now.hasPlace(instance)) return true;
  const target = run.staged.get(instance.azSet.name);
  const holder = now.holder(instance);
  if (target === undefined || holder === undefined || holder.terminating) return false;
  const done = runs(holder, target) && holder.ready && now.serves(instance) && !isToEnd(run, instance, holder);
  if (done) run.progress.instance(instance.name, 'done');
  return done;
}

/** It is still what a restart found there. */
function isToEnd({ restarting }: GroupRun, { name }: InstanceRef, { uid }: InstanceObservation): boolean {
  return restarting.get(name) === uid;
}

/** The brake's arithmetic for taking these out. */
export function count({ input, size }: GroupRun, now: GroupLook, members: InstanceRef[]): BudgetSum {
  return brake({
    desired: size,
    batchPercent: input.config.batchPercent,
    serving: input.instances.filter((instance) => now.serves(instance)).length,
    taken: members.filter((instance) => now.serves(instance)).length,
  });
}

/**
 * What each IDC must see serving just before a member is taken out: the members outside the batch that serve there,
 * less its share of what the group has beyond the floor. So the counts of all IDCs together never go under the floor.
 */
export function capacityShares(
  { input }: GroupRun,
  now: GroupLook,
  members: InstanceRef[],
  sum: BudgetSum,
): Map<string, CapacityShare> {
  const idcs = idcsOf(input.azSets);
  const batch = new Set(members.map(({ name }) => name));
  const spare = Math.floor(Math.max(0, sum.serving - sum.taken - sum.floor) / idcs.length);
  return new Map(
    idcs.map((idc) => {
      const here = input.instances.filter(({ azSet }) => azSet.idc === idc);
      const others = here.filter((instance) => !batch.has(instance.name) && now.serves(instance)).length;
      return [
        idc,
        {
          batch: here.filter(({ name }) => batch.has(name)).map(({ member }) => member),
          others: Math.max(0, others - spare),
        },
      ];
    }),
  );
}

/** Per IDC, before anything of the batch is touched: its members go back to what they ran. */
export function registerUndo(run: GroupRun, index: number, members: InstanceRef[]): void {
  run.begun.push({ index, members });
  for (const idc of idcsOf(members.map(({ azSet }) => azSet))) {
    const here = members.filter(({ azSet }) => azSet.idc === idc);
    run.sagas.of(idc).register(`batch ${index} ${idc}`, async () => {
      run.undoBudget ??= openBudget(run);
      const budget = await run.undoBudget;
      await Promise.all(here.map((instance) => restore(run, instance, budget)));
    });
  }
}

/** Looks at the whole group; where a cluster does not answer for long, holds and says so instead of failing. */
export function looked(run: GroupRun, braked: ReleaseState, summary: string): Promise<GroupLook> {
  return seen(run, braked, () => look(run, 'forward', summary));
}

/** Looks at the group, past clusters that are away where that is wanted: they are not seen. */
function lookedPast(run: GroupRun, summary: string, braked: ReleaseState = 'ROLLOUT_BRAKED'): Promise<GroupLook> {
  if (!isRequeueing(run.input.config)) return looked(run, braked, summary);
  return seen(run, braked, () => lookPast(run, summary));
}

async function seen(run: GroupRun, braked: ReleaseState, see: () => Promise<GroupLook>): Promise<GroupLook> {
  for (;;) {
    try {
      const now = await see();
      const change = sizeChange(run, now);
      if (change !== null) await followSize(run, change);
      return now;
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (isBraked(run)) await passBrake(run);
      const going = run.progress.state;
      await hold(run, braked, troubleOf(error));
      await advance(run, going, 'resumed');
    }
  }
}

import { azLabel, type HealthCheck, type InstanceRef } from '../../domain/types.ts';
import type { CapacityShare, Change, Deployed } from '../../activities/instance.ts';
import type { ReplaceTarget } from '../../drivers/azset/index.ts';
import { idcActivities, type Direction } from './activities.ts';
import { clusterOf, setsIn, stepContext, stepOptions, type GroupRun } from './context.ts';
import { isBraked, isRefusedByBrake, passBrake, releaseBrake } from './hold.ts';
import type { Opening } from './opening.ts';
import { openingOf } from './openings.ts';

/** How one instance is to be brought to a target. */
export interface Handling {
  instance: InstanceRef;
  /** What holds its place: read before, checked by every step. */
  uid: string;
  target: ReplaceTarget;
  /** How it gets there. */
  change: Change;
  /** How the target says that it is warm. */
  health: HealthCheck;
  direction: Direction;
  /** See TakeOutInput. */
  capacity: CapacityShare | null;
  /** There is nothing to take out: it was just created, or is out. */
  fresh?: boolean;
  /** It has no connections any more. */
  drained?: boolean;
}

/** Does it; where a person's brake kept a step of it from beginning, again once they resume. */
async function resuming<T>(run: GroupRun, direction: Direction, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (direction === 'undo' || !isRefusedByBrake(error)) throw error;
      if (isBraked(run)) await passBrake(run);
      else await releaseBrake(run);
    }
  }
}

/** A step forward stops at a person's brake; an undo does not. */
function stops(run: GroupRun, direction: Direction): boolean {
  return direction === 'forward' && isBraked(run);
}

/**
 * Smoke: out of traffic, replaced, ignited. It holds the new version and serves nobody.
 * @returns what holds its place now: another uid where it was made anew
 */
export async function smoke(run: GroupRun, handling: Handling): Promise<string> {
  return resuming(run, handling.direction, () => smokeOnce(run, handling));
}

async function smokeOnce(run: GroupRun, handling: Handling): Promise<string> {
  const { input, progress } = run;
  const { instance, uid, target, change, direction } = handling;
  const { name, azSet } = instance;
  const where = `${name} (${azLabel(azSet)})`;
  // A step forward minds a person's brake by itself, too: Temporal may try it again while it is on.
  const step = { ...stepContext(run), instance, brakable: direction === 'forward' };
  const forward = direction === 'forward';
  const startup = forward ? input.config.startupSeconds : undefined;
  const health = startup === undefined ? handling.health : { ...handling.health, timeoutSeconds: startup };
  const igniteMs = health.timeoutSeconds * 1_000;
  const activities = (summary: string, longestAttemptMs: number): ReturnType<typeof idcActivities> =>
    idcActivities(azSet.idc, { ...stepOptions(run, direction), summary: `${summary} ${where}`, longestAttemptMs });
  const opening = change === 'in-place' ? null : openingOf(run, direction, azSet);
  // Before the first wait, so that the set stays open for all of a batch.
  opening?.expect();

  try {
    if (handling.fresh !== true) {
      if (stops(run, direction)) await standAside(run, opening);
      await takeOut(run, handling);
      progress.instance(name, 'out');
    }
    if (stops(run, direction)) await standAside(run, opening);
  } catch (error) {
    if (opening !== null) await opening.giveUp();
    throw error;
  }
  const deploy = async (): Promise<Deployed> =>
    activities('deploy', 900_000).deploy({ ...step, uid, target, ...(change === 'in-place' ? {} : { change }) });
  const {
    address,
    startedAt,
    uid: holder = uid,
  } = await (opening === null ? deploy() : inside(opening, target, deploy));
  progress.instance(name, 'deployed');
  if (forward && input.config.ignoreIgnition === true) return holder;
  await activities('ignite', igniteMs + 60_000).ignite({ ...step, uid: holder, health, address, since: startedAt });
  progress.instance(name, 'ignited');
  return holder;
}

type Leaving = Pick<Handling, 'instance' | 'uid' | 'direction' | 'capacity' | 'drained'>;

/** Not async: a turn of the event loop more would bring commands into another order than recorded histories have. */
function takeOut(run: GroupRun, { instance, uid, direction, capacity, drained = false }: Leaving): Promise<void> {
  const { input } = run;
  const { azSet, name } = instance;
  const drainSeconds = drained ? 0 : input.config.drainSeconds;
  return idcActivities(azSet.idc, {
    ...stepOptions(run, direction),
    summary: `take out ${name} (${azLabel(azSet)})`,
    longestAttemptMs: drainSeconds * 1_000 + 120_000,
  }).takeOut({
    ...stepContext(run),
    instance,
    brakable: direction === 'forward',
    uid,
    reason: `${input.operation}: ${input.spec.version}`,
    drainSeconds,
    capacity,
    sets: setsIn(input.azSets, azSet.idc).filter((set) => !run.lost.has(clusterOf(set))),
  });
}

/** Out of traffic, and nothing more. */
export async function pullOut(run: GroupRun, leaving: Leaving): Promise<void> {
  await resuming(run, leaving.direction, async () => {
    if (stops(run, leaving.direction)) await passBrake(run);
    await takeOut(run, leaving);
  });
  run.progress.instance(leaving.instance.name, 'out');
}

/** Does it while the set is open, and goes on when it is closed. */
async function inside(opening: Opening, target: ReplaceTarget, deploy: () => Promise<Deployed>): Promise<Deployed> {
  let deployed: Deployed;
  try {
    await opening.enter(target);
    deployed = await deploy();
  } catch (error) {
    await opening.leave().catch(() => undefined);
    throw error;
  }
  await opening.leave();
  return deployed;
}

/** Stands at a person's brake; meanwhile the set is not kept open for it. */
async function standAside(run: GroupRun, opening: Opening | null): Promise<void> {
  if (opening !== null) await opening.giveUp();
  try {
    await passBrake(run);
  } finally {
    opening?.expect();
  }
}

/** Bake: traffic again. */
export async function bake(run: GroupRun, handling: Pick<Handling, 'instance' | 'uid' | 'direction'>): Promise<void> {
  const { instance, uid, direction } = handling;
  await resuming(run, direction, async () => {
    if (stops(run, direction)) await passBrake(run);
    await idcActivities(instance.azSet.idc, {
      ...stepOptions(run, direction),
      summary: `put in ${instance.name} (${azLabel(instance.azSet)})`,
      longestAttemptMs: 120_000,
    }).putIn({ ...stepContext(run), instance, uid, brakable: direction === 'forward' });
  });
  run.progress.instance(instance.name, 'done');
}

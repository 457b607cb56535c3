import { azLabel, type HealthCheck, type InstanceRef } from '../../domain/types.ts';
import type { CapacityShare } from '../../activities/instance.ts';
import type { ReplaceTarget } from '../../drivers/azset/index.ts';
import { idcActivities, type Direction } from './activities.ts';
import { setsIn, stepContext, type GroupRun } from './context.ts';
import { isBraked, passBrake } from './hold.ts';

/** How one instance is to be brought to a target. */
export interface Handling {
  instance: InstanceRef;
  /** What holds its place: read before, checked by every step. */
  uid: string;
  target: ReplaceTarget;
  /** How the target says that it is warm. */
  health: HealthCheck;
  direction: Direction;
  /** See TakeOutInput. */
  capacity: CapacityShare | null;
  /** It was just created and may take traffic as soon as it is ready: nothing to take out. */
  fresh?: boolean;
}

/** A step forward stops at a person's brake; an undo does not. */
function stops(run: GroupRun, direction: Direction): boolean {
  return direction === 'forward' && isBraked(run);
}

/** Smoke: out of traffic, replaced, ignited. It holds the new version and serves nobody. */
export async function smoke(run: GroupRun, handling: Handling): Promise<void> {
  const { input, progress } = run;
  const { instance, uid, target, capacity } = handling;
  const { name, azSet } = instance;
  const where = `${name} (${azLabel(azSet)})`;
  const step = { ...stepContext(run), instance, uid };
  const drainMs = input.config.drainSeconds * 1_000;
  const forward = handling.direction === 'forward';
  const startup = forward ? input.config.startupSeconds : undefined;
  const health = startup === undefined ? handling.health : { ...handling.health, timeoutSeconds: startup };
  const igniteMs = health.timeoutSeconds * 1_000;
  const activities = (summary: string, longestAttemptMs: number): ReturnType<typeof idcActivities> =>
    idcActivities(azSet.idc, {
      direction: handling.direction,
      policy: input.policy,
      summary: `${summary} ${where}`,
      longestAttemptMs,
    });

  if (handling.fresh !== true) {
    if (stops(run, handling.direction)) await passBrake(run);
    await activities('take out', drainMs + 120_000).takeOut({
      ...step,
      reason: `${input.operation}: ${input.spec.version}`,
      drainSeconds: input.config.drainSeconds,
      capacity,
      sets: setsIn(input.azSets, azSet.idc),
    });
    progress.instance(name, 'out');
  }
  if (stops(run, handling.direction)) await passBrake(run);
  const { address, startedAt } = await activities('deploy', 900_000).deploy({ ...step, target });
  progress.instance(name, 'deployed');
  if (forward && input.config.ignoreIgnition === true) return;
  await activities('ignite', igniteMs + 60_000).ignite({ ...step, health, address, since: startedAt });
  progress.instance(name, 'ignited');
}

/** Bake: traffic again. */
export async function bake(run: GroupRun, handling: Pick<Handling, 'instance' | 'uid' | 'direction'>): Promise<void> {
  const { instance, uid, direction } = handling;
  if (stops(run, direction)) await passBrake(run);
  await idcActivities(instance.azSet.idc, {
    direction,
    policy: run.input.policy,
    summary: `put in ${instance.name} (${azLabel(instance.azSet)})`,
    longestAttemptMs: 120_000,
  }).putIn({ ...stepContext(run), instance, uid });
  run.progress.instance(instance.name, 'done');
}

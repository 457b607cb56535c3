import type { Clocks } from '../options.ts';
import type { Instance } from '../types.ts';
import type { Kills } from './kills.ts';
import type { InstanceTracker } from './tracker.ts';
import { unreachableFor } from './transition.ts';

/** What Marathon looks after from time to time. Returns what ends it. */
export function startJobs(tracker: InstanceTracker, kills: Kills, clocks: Clocks): () => void {
  const stops = [
    every(clocks.overdueDelay, clocks.overdueInterval, () => {
      kills.kill(tracker.all().filter((instance) => isOverdue(instance, Date.now(), clocks)));
    }),
    every(clocks.expungeDelay, clocks.expungeInterval, () => {
      for (const { id } of tracker.all().filter((one) => isExpired(one, Date.now(), clocks.second)))
        tracker.expunge(id);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** First after `delay`, then each `interval`; both in milliseconds. Returns what ends it. */
export function every(delay: number, interval: number, act: () => void): () => void {
  let timer = setTimeout(() => {
    act();
    timer = setInterval(act, interval);
  }, delay);
  return () => clearTimeout(timer);
}

/** Launched, but not running for too long (OverdueInstancesActor.scala). */
function isOverdue({ task }: Instance, now: number, { confirmTimeout, launchTimeout }: Clocks): boolean {
  if (task === null) return false;
  if (task.condition === 'Provisioned') return task.stagedAt < now - confirmTimeout;
  return (task.condition === 'Staging' || task.condition === 'Starting') && task.stagedAt < now - launchTimeout;
}

/** Replaced already, and not come back (ExpungeOverdueLostTasksActor.scala). */
function isExpired(instance: Instance, now: number, second: number): boolean {
  const { condition, task } = instance;
  if (condition !== 'UnreachableInactive' || task === null) return false;
  return unreachableFor(instance, task, 'expungeAfterSeconds', now, second);
}

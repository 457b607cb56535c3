import type { App } from '../app/types.ts';
import { isActive, isScheduled, isTerminal } from '../instances/condition.ts';
import { every } from '../instances/jobs.ts';
import type { StepContext } from './around.ts';
import { Readiness } from './readiness.ts';

/**
 * Starts what is missing to `scaleTo` instances, and resolves when as many as were missing are healthy and ready
 * (TaskStartActor.scala). Never, if they never are. @throws what the signal aborts with
 */
export async function startInstances(app: App, scaleTo: number, context: StepContext): Promise<void> {
  const { signal, around } = context;
  const { tracker, clocks } = around;
  signal.throwIfAborted();
  const there = () => tracker.of(app.id).filter((one) => isActive(one) || isScheduled(one)).length;
  const missing = Math.max(0, scaleTo - there());
  if (missing === 0) return;

  const stops: (() => void)[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      const readiness = new Readiness(app, context, () => {
        if (readiness.reached(missing)) resolve();
      });
      stops.push(
        () => readiness.stop(),
        tracker.onChange(({ instance, before }) => {
          if (instance.app.id !== app.id || instance.app.versionInfo.version !== app.versionInfo.version) return;
          if (before?.condition === instance.condition && before.goal === instance.goal) return;
          if (instance.condition === 'Running') readiness.running(instance);
          if (!isTerminal(instance.condition)) return;
          readiness.terminated(instance.id);
          // With the goal to run it gets a new task by itself; a decommissioned one needs a successor.
          if (instance.goal === 'Decommissioned') tracker.schedule(app, 1);
        }),
        every(clocks.deploySyncDelay, clocks.deploySync, () => tracker.schedule(app, Math.max(0, scaleTo - there()))),
      );
      tracker.schedule(app, missing);
    });
  } finally {
    for (const stop of stops) stop();
  }
}

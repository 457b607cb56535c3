import type { EventBus } from '../events/bus.ts';
import type { HealthManager } from '../health/manager.ts';
import type { InstanceTracker } from '../instances/tracker.ts';
import type { LaunchQueue } from '../launch/queue.ts';
import type { Clocks } from '../options.ts';
import type { Store } from '../store.ts';

/** The parts of the leader that deployments work with. */
export interface DeploySurroundings {
  store: Store;
  tracker: InstanceTracker;
  queue: LaunchQueue;
  health: HealthManager;
  bus: EventBus;
  clocks: Clocks;
  dial: (host: string) => string;
}

/** What a step of a running deployment knows beside its app. */
export interface StepContext {
  around: DeploySurroundings;
  /** Aborted when the deployment is cancelled. */
  signal: AbortSignal;
  /** A readiness check's last outcome. */
  readiness(result: ReadinessResult): void;
}

export interface ReadinessResult {
  name: string;
  taskId: string;
  appId: string;
  ready: boolean;
  lastResponse: { status: number; contentType: string; body: string } | null;
}

/** Resolves when `holds`, which is asked now and after every change of an instance. @throws what the signal aborts with */
export async function until(tracker: InstanceTracker, signal: AbortSignal, holds: () => boolean): Promise<void> {
  signal.throwIfAborted();
  if (holds()) return;
  let unsubscribe: () => void = () => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      unsubscribe = tracker.onChange(() => {
        if (holds()) resolve();
      });
    });
  } finally {
    unsubscribe();
  }
}

import { Context } from '@temporalio/activity';
import type { Waiting } from '../drivers/azset/index.ts';

/** How a wait within the running activity hears of a cancel, and tells that it lives. */
export function activityWaiting(): Waiting {
  const activity = Context.current();
  return {
    signal: activity.cancellationSignal,
    heartbeat: (waitingFor) => activity.heartbeat(waitingFor),
  };
}

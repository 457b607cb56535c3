import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import { ERRORS, type ErrorCode } from '../domain/errors.ts';
import type { Trouble } from '../domain/types.ts';

/**
 * What a failed step means: the version is bad (failed), or we cannot tell (errored): a system or worker is away, or
 * the retries ran out. Errors that are no failure of an activity are defects of the workflow and pass on.
 */
export function troubleOf(error: unknown): Trouble {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type !== undefined && cause.type !== null && cause.type in ERRORS) {
    const { verdict } = ERRORS[cause.type as ErrorCode];
    return { verdict: verdict === 'failed' ? 'failed' : 'errored', code: cause.type, message: cause.message };
  }
  if (!(error instanceof ActivityFailure)) throw error;
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START') {
    return { verdict: 'errored', code: 'IDC_WORKER_ABSENT', message: `no worker took ${error.activityType} in time` };
  }
  return {
    verdict: 'errored',
    code: 'INTERNAL',
    message: `${error.activityType}: ${error.cause?.message ?? error.message}`,
  };
}

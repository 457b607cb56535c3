import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ERRORS, TransshipError } from '../domain/errors.ts';
import type { Trouble } from '../domain/types.ts';

/**
 * Any error as the failure that Temporal is to see: type = code of the error table, retried only where the table says
 * so. Cancellation passes unchanged. An unknown error is a defect of ours: INTERNAL, retried.
 */
export function toFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof TransshipError) {
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !ERRORS[error.code].retryable,
      details: [{ places: error.places }],
      ...(error.cause instanceof Error ? { cause: error.cause } : {}),
    });
  }
  if (error instanceof Error && error.name === 'AbortError') return new CancelledFailure(error.message);
  const cause = error instanceof Error ? error : new Error(String(error));
  return ApplicationFailure.create({ type: 'INTERNAL', message: cause.message, nonRetryable: false, cause });
}

/** What an error means where it ends a part of what an activity does, and not all of it. */
export function troubleOf(error: Error): Trouble {
  const code = codeOf(error);
  return { verdict: ERRORS[code].verdict === 'failed' ? 'failed' : 'errored', code, message: error.message };
}

/** INTERNAL for what is no error of ours. */
export function codeOf(error: Error): TransshipError['code'] {
  return error instanceof TransshipError ? error.code : 'INTERNAL';
}

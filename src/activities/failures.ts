import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ERRORS, TransshipError } from '../domain/errors.ts';

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

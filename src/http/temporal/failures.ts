import { ApplicationFailure, TimeoutFailure } from '@temporalio/client';
import { ERRORS, TransshipError, type ErrorCode, type ErrorPlace } from '../../domain/errors.ts';

export function isErrorCode(code: string | null | undefined): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}

/**
 * The error of the table inside a failure that came from a workflow or an update: the failure's type is its code. Null
 * where no failure in the chain of causes has one.
 */
export function fromFailure(error: unknown): TransshipError | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure && isErrorCode(at.type)) {
      return new TransshipError(at.type, at.message, { places: placesIn(at.details), cause: error });
    }
  }
  return null;
}

/** A step in the chain of causes waited in vain for a worker, or for the end of its time. */
export function timedOut(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof TimeoutFailure) return true;
  return false;
}

function placesIn(details: unknown[] | null | undefined): ErrorPlace[] {
  const first = details?.[0];
  if (typeof first !== 'object' || first === null || !('places' in first) || !Array.isArray(first.places)) return [];
  return first.places as ErrorPlace[];
}

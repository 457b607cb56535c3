import { type ErrorCode, type ErrorPlace, type ErrorRow, TransshipError } from './errors.ts';

/** An error as an HTTP answer: problem details of RFC 9457, with our own members after `instance`. */
export interface Problem {
  /** Where the runbook speaks of the code, relative to the API. */
  type: string;
  title: string;
  status: number;
  /** What is wrong, here and now, with names. */
  detail: string;
  /** Path of the request or of the operation it is about. */
  instance?: string;
  code: ErrorCode;
  verdict: ErrorRow['verdict'];
  retryable: boolean;
  next: string;
  /** Places of the input that are wrong; empty when it is not about input. */
  errors: ErrorPlace[];
}

/**
 * Says an error as problem details. Anything but a TransshipError is INTERNAL and its message stays in the log: it may
 * name what callers must not see.
 */
export function toProblem(error: unknown, instance?: string): Problem {
  const known = error instanceof TransshipError ? error : new TransshipError('INTERNAL', 'see the log of the API');
  const { title, status, verdict, retryable, next } = known.row;
  return {
    type: `/docs/errors#${known.code}`,
    title,
    status,
    detail: known.message,
    ...(instance === undefined ? {} : { instance }),
    code: known.code,
    verdict,
    retryable,
    next,
    errors: known.places,
  };
}

import { TransshipError, type ErrorCode } from '../../domain/errors.ts';

/**
 * The API server answered, and refused. Callers that know what a status means here handle it (404 gone, 409 conflict,
 * 422 precondition or invalid); what they leave travels on under a code of the table.
 */
export class ApiError extends TransshipError {
  readonly status: number;
  /** Kubernetes' own word: `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, … */
  readonly reason: string;
  /** What stands in the way, one sentence each, where the server says so: of an eviction, the budgets. */
  readonly causes: string[];

  constructor(call: string, status: number, reason: string, message: string, causes: string[] = []) {
    super(codeOf(status), `${call}: ${message}`);
    this.status = status;
    this.reason = reason;
    this.causes = causes;
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'CLUSTER_FORBIDDEN';
  if (status === 404) return 'NOT_FOUND';
  if (status === 400 || status === 422) return 'APP_INVALID';
  // 408 and 429 are the server asking for patience; 5xx is the server or something in front of it being away.
  if (status === 408 || status === 429 || status >= 500) return 'CLUSTER_UNREACHABLE';
  return 'INTERNAL';
}

export function isStatus(error: unknown, ...statuses: number[]): error is ApiError {
  return error instanceof ApiError && statuses.includes(error.status);
}

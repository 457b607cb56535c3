import { TransshipError, type ErrorCode } from '../../domain/errors.ts';

/**
 * Marathon answered, and refused. Callers that know what a status means here handle it; what they leave travels on under a
 * code of the table.
 */
export class MarathonError extends TransshipError {
  readonly status: number;
  /** Deployments that lock the app, where that is why: tells a lock from "exists already", which is 409, too. */
  readonly deployments: string[];

  constructor(call: string, status: number, message: string, deployments: string[] = []) {
    super(codeOf(status, message, deployments), `${call}: ${message}`);
    this.status = status;
    this.deployments = deployments;
  }
}

export function isStatus(error: unknown, ...statuses: number[]): error is MarathonError {
  return error instanceof MarathonError && statuses.includes(error.status);
}

/** Another deployment holds what the change is about: it is to be tried again, never forced. */
export function isLocked(error: unknown): error is MarathonError {
  return error instanceof MarathonError && error.code === 'DEPLOYMENT_LOCKED';
}

function codeOf(status: number, message: string, deployments: string[]): ErrorCode {
  if (status === 409) return deployments.length > 0 ? 'DEPLOYMENT_LOCKED' : 'INTERNAL';
  // 403 is also what a Marathon with too many running deployments says (MarathonExceptionMapper.scala): no right is missing.
  if (status === 403 && /^Max number \(\d+\) of running deployments/.test(message)) return 'DEPLOYMENT_LOCKED';
  if (status === 401 || status === 403) return 'CLUSTER_FORBIDDEN';
  if (status === 404) return 'NOT_FOUND';
  if (status === 400 || status === 422) return 'APP_INVALID';
  if (status === 408 || status === 429 || status >= 502) return 'CLUSTER_UNREACHABLE';
  return 'INTERNAL';
}

/** What the body of a refusal says: `details` is a list of paths with their faults, or the text of a parser. */
export function refusal(call: string, status: number, text: string): MarathonError {
  const body = parsed(text);
  const { message, details, deployments } = body;
  if (typeof message !== 'string') return new MarathonError(call, status, text.slice(0, 200) || `status ${status}`);
  const ids = Array.isArray(deployments)
    ? deployments.flatMap((one: { id?: unknown }) => (typeof one.id === 'string' ? one.id : []))
    : [];
  const more = [...detailTexts(details), ...(ids.length === 0 ? [] : [`deployments ${ids.join(', ')}`])];
  return new MarathonError(call, status, [message, ...more].join('; '), ids);
}

function parsed(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    // Something in front of Marathon answered, or its servlet container did: HTML.
    return {};
  }
}

function detailTexts(details: unknown): string[] {
  if (typeof details === 'string') return [details];
  if (!Array.isArray(details)) return [];
  return details.map((detail: { path?: unknown; errors?: unknown }) => {
    const errors = Array.isArray(detail.errors) ? detail.errors.join(', ') : '';
    return `${typeof detail.path === 'string' ? detail.path : ''} ${errors}`.trim();
  });
}

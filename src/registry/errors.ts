import { type ErrorCode, TransshipError } from '../domain/errors.ts';

/** Headers of an answer, in lower case. */
export type Headers = Record<string, string | string[] | undefined>;

/** What to do about it: try again; change something first; distrust the bytes; look for it elsewhere. */
export type RegistryErrorKind = 'transient' | 'permanent' | 'corrupt' | 'gone';

const KINDS: Partial<Record<ErrorCode, RegistryErrorKind>> = {
  REGISTRY_UNREACHABLE: 'transient',
  REGISTRY_BUSY: 'transient',
  UPLOAD_LOST: 'transient',
  IMAGE_CORRUPT: 'corrupt',
  IMAGE_GONE: 'gone',
};

/** One error of the body `{"errors":[…]}` that the distribution spec asks for. */
export interface ReportedError {
  code: string;
  message: string;
  detail: unknown;
}

export interface Refusal {
  /** Null where there was no answer. */
  status?: number | null;
  reported?: readonly ReportedError[];
  /** From the header `Retry-After`. */
  retryAfterMs?: number | null;
  cause?: unknown;
}

/** What a registry answered, or why it did not. */
export class RegistryError extends TransshipError {
  readonly status: number | null;
  /** Empty where the body was something else. */
  readonly reported: readonly ReportedError[];
  readonly retryAfterMs: number | null;

  constructor(code: ErrorCode, message: string, refusal: Refusal = {}) {
    super(code, message, { cause: refusal.cause });
    this.name = 'RegistryError';
    this.status = refusal.status ?? null;
    this.reported = refusal.reported ?? [];
    this.retryAfterMs = refusal.retryAfterMs ?? null;
  }

  get kind(): RegistryErrorKind {
    return KINDS[this.code] ?? 'permanent';
  }

  /** Did the registry report this code, such as `MANIFEST_BLOB_UNKNOWN`? */
  says(code: string): boolean {
    return this.reported.some((one) => one.code === code);
  }
}

export function isTransient(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.kind === 'transient';
}

/** @param url its query is left out: it may be signed, or carry the state of a session */
export function unanswered(method: string, url: URL, cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause;
  const { code = '' } = cause instanceof Error ? (cause as Error & { code?: string }) : {};
  const why = cause instanceof Error ? cause.message || code : String(cause);
  return new RegistryError('REGISTRY_UNREACHABLE', `${method} ${plain(url)}: ${why}`, { cause });
}

/** What an answer means that was not the one hoped for. */
export function refused(
  method: string,
  url: URL,
  answer: { status: number; headers: Headers; text: string },
): RegistryError {
  const { status, headers, text } = answer;
  const reported = reportedIn(text);
  const said = reported.map(({ code, message }) => `${code}: ${message}`).join('; ') || text.slice(0, 200).trim();
  const message = `${method} ${plain(url)}: status ${status} ${said}`.trim();
  return new RegistryError(codeOf(method, status, reported, said), message, {
    status,
    reported,
    retryAfterMs: retryAfter(headers),
  });
}

function codeOf(method: string, status: number, reported: readonly ReportedError[], said: string): ErrorCode {
  const says = (...codes: string[]): boolean => reported.some(({ code }) => codes.includes(code));
  if (status === 429 || says('TOOMANYREQUESTS')) return 'REGISTRY_BUSY';
  if (status === 405 || status === 501 || says('UNSUPPORTED')) return 'REGISTRY_UNSUPPORTED';
  // Distribution answers 500 to a manifest that names layers elsewhere, with this among its codes: it will do so again.
  const isLacking = says('MANIFEST_BLOB_UNKNOWN');
  if (status === 408 || (status >= 500 && !isLacking)) return 'REGISTRY_UNREACHABLE';
  // Harbor: 403 DENIED, "adding 2.1 MiB of storage resource, which when updated to current usage … will exceed the
  // configured upper limit". Others say "quota".
  if ((status === 403 || status === 413) && /quota|exceed the configured upper limit/i.test(said)) {
    return 'REGISTRY_QUOTA';
  }
  // Harbor: 412, too, for an image that a project's policy keeps from being pulled, by its signatures or vulnerabilities.
  if (status === 401 || status === 403 || says('PROJECTPOLICYVIOLATION')) return 'REGISTRY_DENIED';
  // Harbor answers so, with the code PRECONDITION, to a push over an immutable tag.
  if (status === 412) return 'TAG_IMMUTABLE';
  if (status === 413) return 'REGISTRY_TOO_LARGE';
  if (says('DIGEST_INVALID', 'SIZE_INVALID') && method !== 'GET' && method !== 'DELETE') return 'IMAGE_CORRUPT';
  if (status === 404 && (method === 'GET' || method === 'HEAD')) return 'IMAGE_GONE';
  // Distribution 2.8 answers so, with 404, once an upload was broken off.
  if (says('BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID') && status !== 416) return 'UPLOAD_LOST';
  if (status === 404) return 'REPOSITORY_UNKNOWN';
  return 'REGISTRY_REFUSED';
}

function reportedIn(text: string): ReportedError[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    if (!Array.isArray(errors)) return [];
    return errors.map((one: Partial<ReportedError> | null) => ({
      code: one?.code ?? '',
      message: one?.message ?? '',
      detail: one?.detail ?? null,
    }));
  } catch {
    return [];
  }
}

/** Seconds or a date (RFC 9110 §10.2.3), as milliseconds from now; null where there is none. */
function retryAfter(headers: Headers): number | null {
  const text = headers['retry-after'];
  if (typeof text !== 'string') return null;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

function plain(url: URL): string {
  return url.origin + url.pathname;
}

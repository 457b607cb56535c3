import type { ServerResponse } from 'node:http';

/** Codes of Harbor's errors and the status each is answered with (src/lib/errors/const.go, src/lib/http/error.go). */
const STATUS = {
  BAD_REQUEST: 400,
  DIGEST_INVALID: 400,
  MANIFEST_INVALID: 400,
  UNSUPPORTED: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  DENIED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PRECONDITION: 412,
  VIOLATE_FOREIGN_KEY_CONSTRAINT: 412,
  REQUEST_ENTITY_TOO_LARGE: 413,
  // What go-swagger finds wrong with a call before Harbor sees it.
  UNPROCESSABLE_ENTITY: 422,
} as const;

type Code = keyof typeof STATUS;

/** A call that Harbor does not do: code and text as the real one answers. */
export class Refusal extends Error {
  readonly code: Code;
  readonly headers: Record<string, string>;

  constructor(code: Code, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** In the envelope that the registry's protocol and Harbor's own API share. Of what is no refusal Harbor tells nothing. */
export function sendRefusal(response: ServerResponse, error: unknown): void {
  const [status, code, message] =
    error instanceof Refusal ? [error.status, error.code, error.message] : [500, 'UNKNOWN', 'internal server error'];
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    ...(error instanceof Refusal ? error.headers : {}),
  });
  response.end(`${JSON.stringify({ errors: [{ code, message }] })}\n`);
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TransshipError } from '../domain/errors.ts';
import type { Actor } from '../domain/types.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. */
    actor: Actor;
  }
}

/** Says who asks, or throws. */
export type Authenticate = (request: FastifyRequest) => Actor | Promise<Actor>;

/** Header in which the CLI says whose terminal it runs in, percent-encoded. */
export const ACTOR_HEADER = 'x-transship-actor';

/** The User-Agent of the CLI begins with this. */
export const CLI_AGENT = 'transship-cli/';

const MAX_NAME = 64;

/**
 * Authentication where none is configured: takes the caller's word. Fit for loopback only, which the API then insists
 * on (see listenAddress).
 */
export function trustCaller({ headers }: FastifyRequest): Actor {
  const channel = headers['user-agent']?.startsWith(CLI_AGENT) === true ? 'cli' : 'rest';
  const given = headers[ACTOR_HEADER];
  if (given === undefined) return { name: 'anonymous', channel };
  const name = decode(String(given));
  // Without control characters: a name stands in one line of a log and of a terminal.
  if (name === null || name === '' || name.length > MAX_NAME || /[\u0000-\u001f\u007f]/.test(name)) {
    const message = `must be a percent-encoded name of 1 to ${MAX_NAME} characters, without control characters`;
    throw new TransshipError('REQUEST_INVALID', `${ACTOR_HEADER} ${message}`, {
      places: [{ path: `headers["${ACTOR_HEADER}"]`, message }],
    });
  }
  return { name, channel };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text).trim();
  } catch {
    return null;
  }
}

/** The one place where requests get their actor. */
export function useAuthentication(app: FastifyInstance, authenticate: Authenticate): void {
  app.decorateRequest('actor');
  app.addHook('onRequest', async (request) => {
    request.actor = await authenticate(request);
  });
}

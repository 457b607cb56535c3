import type { IncomingHttpHeaders } from 'node:http';
import type { Harbor } from '../harbor.ts';
import type { Project, Robot } from '../store/rows.ts';
import { readToken } from './tokens.ts';

/** Who asks. `name` is the operator that events name: empty for nobody. */
export type Caller =
  | { kind: 'anonymous'; name: '' }
  | { kind: 'admin'; name: 'admin' }
  | { kind: 'robot'; name: string; robot: Robot }
  /** By a token of `/service/token`: rights of `repository` alone, per project. */
  | { kind: 'token'; name: string; rights: Map<string, string[]> };

const ANONYMOUS: Caller = { kind: 'anonymous', name: '' };

export const ROBOT_PREFIX = 'robot$';

/** Who asks by Basic. Credentials that are wrong make nobody of the caller, and no error. */
export function basicCaller(harbor: Harbor, headers: IncomingHttpHeaders): Caller {
  const [, encoded] = /^Basic +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return ANONYMOUS;
  const decoded = Buffer.from(encoded, 'base64').toString();
  const colon = decoded.indexOf(':');
  if (colon < 0) return ANONYMOUS;
  const [user, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)];
  if (user === 'admin') return password === harbor.config.adminPassword ? { kind: 'admin', name: 'admin' } : ANONYMOUS;
  if (!user.startsWith(ROBOT_PREFIX)) return ANONYMOUS;
  const robot = harbor.store.robots.get(user.slice(ROBOT_PREFIX.length));
  const expired = robot !== undefined && robot.expiresAt !== -1 && robot.expiresAt * 1000 <= Date.now();
  return robot?.secret !== password || expired ? ANONYMOUS : { kind: 'robot', name: user, robot };
}

/**
 * Who asks the registry's API: by Basic, or by a token. A token from before one of the projects that it is used for was made does not
 * count (src/server/middleware/security/v2_token.go).
 */
export function registryCaller(harbor: Harbor, headers: IncomingHttpHeaders, projects: string[]): Caller {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (bearer === undefined) return basicCaller(harbor, headers);
  const token = readToken(harbor, bearer);
  if (token === null) return ANONYMOUS;
  const leeway = harbor.config.clocks.tokenLeeway;
  const known = projects.map((name) => harbor.store.projects.get(name));
  const isOld = (project: Project | undefined): boolean =>
    project === undefined || token.issuedAt + leeway < Date.parse(project.created) / 1000;
  if (known.some(isOld)) return ANONYMOUS;
  return { kind: 'token', name: token.subject, rights: token.rights };
}

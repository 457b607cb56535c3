import type { IncomingHttpHeaders } from 'node:http';
import { projectNameOf } from '../content/artifacts.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import { basicCaller, type Caller } from './caller.ts';
import { mayInProject } from './rights.ts';
import { makeToken, SERVICE, type ScopedAccess } from './tokens.ts';

const ACTIONS = ['delete', 'pull', 'push', 'scanner-pull'];

/**
 * `GET /service/token` (src/core/service/token). Of each repository asked for it grants all that the caller may do there, whatever
 * was asked: that may be less, or nothing, which is no error; or more.
 * @throws Refusal BAD_REQUEST for another service, UNAUTHORIZED for nobody who asks for nothing
 */
export function serveToken(harbor: Harbor, query: URLSearchParams, headers: IncomingHttpHeaders): object {
  const service = query.get('service') ?? '';
  if (service !== SERVICE) throw new Refusal('BAD_REQUEST', `Unable to handle service: ${service}`);
  const caller = basicCaller(harbor, headers);
  const scopes = query.getAll('scope').flatMap((scope) => scope.split(' '));
  if (caller.kind === 'anonymous' && scopes.length === 0) throw new Refusal('UNAUTHORIZED', 'unauthorized');
  const access = scopes.filter((scope) => scope !== '').map((scope) => granted(harbor, caller, scope));
  const now = Math.floor(Date.now() / 1000);
  return {
    token: makeToken(harbor, caller.name, access, now),
    access_token: '',
    expires_in: harbor.config.clocks.token,
    issued_at: new Date(now * 1000).toISOString().replace('.000', ''),
  };
}

/** `repository:shop/web:pull,push`: the type, a name that may have colons, and what is wanted. */
function granted(harbor: Harbor, caller: Caller, scope: string): ScopedAccess {
  const [type = '', ...rest] = scope.split(':');
  const name = (rest.length > 1 ? rest.slice(0, -1) : rest).join(':');
  if (type === 'registry') {
    const wanted = rest.length > 1 ? (rest.at(-1) ?? '').split(',') : [];
    return { type, name, actions: name === 'catalog' && caller.kind === 'admin' ? wanted : [] };
  }
  const isRepository = type === 'repository' && name.includes('/');
  const project = isRepository ? harbor.store.projects.get(projectNameOf(name)) : undefined;
  const actions =
    project === undefined ? [] : ACTIONS.filter((action) => mayInProject(caller, project, 'repository', action));
  return { type, name, actions };
}

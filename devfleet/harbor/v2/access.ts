import type { IncomingMessage } from 'node:http';
import type { Caller } from '../access/caller.ts';
import { mayInProject, mayInSystem } from '../access/rights.ts';
import { SERVICE } from '../access/tokens.ts';
import { projectNameOf } from '../content/artifacts.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import type { Target } from './target.ts';

const ACTIONS: Record<string, Action> = {
  GET: 'pull',
  HEAD: 'pull',
  POST: 'push',
  PATCH: 'push',
  PUT: 'push',
  DELETE: 'delete',
};
const SCOPES = { pull: 'pull', push: 'pull,push', delete: 'delete' };

type Action = 'pull' | 'push' | 'delete';

interface Need {
  repository: string;
  action: Action;
}

/**
 * May the caller do this to the registry (src/server/middleware/v2auth)? Who sent no Authorization is told where tokens are to be had; who
 * sent one that was refused is asked for Basic, whatever it was. For a project that does not exist there is no way in, and the challenge
 * is empty.
 * @throws Refusal UNAUTHORIZED
 */
export function requireRegistryAccess(harbor: Harbor, request: IncomingMessage, target: Target, caller: Caller): void {
  const sent = (request.headers.authorization ?? '') !== '';
  const method = request.method ?? '';
  if (target.kind === 'base') {
    if (caller.name === '') throw challenged(request, [], 'unauthorized');
    return;
  }
  if (target.kind === 'catalog') {
    if (!mayInSystem(caller, 'catalog', 'read')) throw refused('unauthorized to list catalog', BASIC);
    return;
  }
  const action = ACTIONS[method];
  if (target.kind === 'unknown' || action === undefined)
    throw refused(`un-recognized request: ${method} ${request.url ?? ''}`, '');
  const needs = needsOf(method, target, action);
  for (const need of needs) {
    if (!sent && action === 'pull')
      throw challenged(request, needs, 'authorize header needed to send HEAD to repository');
    const name = projectNameOf(need.repository);
    const project = harbor.store.projects.get(name);
    if (project === undefined) throw refused(`project ${name} not found`, '');
    if (!mayInProject(caller, project, 'repository', need.action))
      throw challenged(request, needs, `unauthorized to access repository: ${need.repository}, action: ${need.action}`);
  }
}

const BASIC = 'Basic realm="harbor"';

/** A mount reads where it mounts from. */
function needsOf(
  method: string,
  target: Exclude<Target, { kind: 'base' | 'catalog' | 'unknown' }>,
  action: Action,
): Need[] {
  const needs: Need[] = [{ repository: target.repository, action }];
  const from = target.kind === 'upload' ? (target.mount?.from ?? null) : null;
  if (method === 'POST' && from !== null) needs.push({ repository: from, action: 'pull' });
  return needs;
}

function challenged(request: IncomingMessage, needs: Need[], message: string): Refusal {
  if ((request.headers.authorization ?? '') !== '') return refused(message, BASIC);
  const realm = `http://${request.headers.host ?? ''}/service/token`;
  const scope = needs.map(({ repository, action }) => `repository:${repository}:${SCOPES[action]}`).join(' ');
  const bearer = `Bearer realm="${realm}",service="${SERVICE}"`;
  return refused(message, scope === '' ? bearer : `${bearer},scope="${scope}"`);
}

/** The text stands there twice: as the error, and as its cause. */
function refused(message: string, challenge: string): Refusal {
  return new Refusal('UNAUTHORIZED', `${message}: ${message}`, {
    'docker-distribution-api-version': 'registry/2.0',
    'www-authenticate': challenge,
  });
}

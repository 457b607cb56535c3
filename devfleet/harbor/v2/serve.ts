import type { IncomingMessage, ServerResponse } from 'node:http';
import { registryCaller, type Caller } from '../access/caller.ts';
import { projectNamed, projectNameOf } from '../content/artifacts.ts';
import { QuotaExceeded } from '../content/quotas.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import { quotaEvent } from '../webhooks/payload.ts';
import { requireRegistryAccess } from './access.ts';
import { relay } from './backend.ts';
import { headBlob, startUpload, type Accepted, type Pushing } from './blobs.ts';
import { listCatalog, listReferrers, listTags } from './lists.ts';
import { deleteManifest, getManifest, putManifest } from './manifests.ts';
import { readTarget, type Target } from './target.ts';

/** Serves one call of the registry's API. @throws Refusal */
export async function serveRegistry(
  harbor: Harbor,
  accepted: Accepted,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://harbor');
  const target = readTarget(url);
  const caller = registryCaller(harbor, request.headers, projectsOf(target));
  const method = request.method ?? '';
  if (harbor.readOnly && !['GET', 'HEAD', 'OPTIONS'].includes(method))
    throw new Refusal('DENIED', 'The system is in read only mode. Any modification is prohibited.');
  requireRegistryAccess(harbor, request, target, caller);
  const isRead = method === 'GET' || method === 'HEAD';

  if (target.kind === 'catalog' && method === 'GET') listCatalog(harbor, url, response);
  else if (target.kind === 'tags' && method === 'GET') listTags(harbor, target.repository, url, response);
  else if (target.kind === 'referrers' && method === 'GET')
    listReferrers(harbor, target.repository, target.reference, url, response);
  else if (target.kind === 'manifest' && isRead) await getManifest(harbor, target, caller, request, response);
  else if (target.kind === 'manifest' && method === 'DELETE') deleteManifest(harbor, target, caller, response);
  else if (target.kind === 'blob' && method === 'HEAD') await headBlob(harbor, target.digest, request, response);
  else if (target.kind === 'manifest' && method === 'PUT')
    await pushed(harbor, target, caller, request, response, (pushing) => putManifest(pushing, target, caller));
  else if (target.kind === 'upload' && (method === 'POST' || method === 'PUT'))
    await pushed(harbor, target, caller, request, response, (pushing) =>
      method === 'POST' ? startUpload(pushing, target) : accepted.finish(pushing, target),
    );
  else if (target.kind === 'upload' && method === 'PATCH')
    await accepted.patch({ harbor, project: projectNamed(harbor.store, target.project), request, response }, target);
  else await relay(await harbor.backend.forward(request), response);
}

/** A push into a project: none into a proxy cache, and what its quota says of it is told. */
async function pushed(
  harbor: Harbor,
  target: Extract<Target, { project: string }>,
  caller: Caller,
  request: IncomingMessage,
  response: ServerResponse,
  push: (pushing: Pushing) => Promise<string | null>,
): Promise<void> {
  const project = projectNamed(harbor.store, target.project);
  // The session was begun, or not, by a POST: only that and manifests are looked at (src/server/registry/route.go).
  if (project.registryId > 0 && !(target.kind === 'upload' && request.method === 'PUT'))
    throw new Refusal('DENIED', `denied: can not push artifact to a proxy project: ${project.name}`);
  const tell = (type: 'QUOTA_EXCEED' | 'QUOTA_WARNING', message: string): void =>
    harbor.webhooks.fire(quotaEvent(type, project, target.repository, message, caller.name));
  try {
    const warning = await push({ harbor, project, request, response });
    if (warning !== null) tell('QUOTA_WARNING', warning);
  } catch (error) {
    if (error instanceof QuotaExceeded) tell('QUOTA_EXCEED', error.message);
    throw error;
  }
}

/** Those whose rights the call needs. */
function projectsOf(target: Target): string[] {
  if (!('project' in target)) return [];
  const from = target.kind === 'upload' ? (target.mount?.from ?? null) : null;
  return from === null ? [target.project] : [target.project, projectNameOf(from)];
}

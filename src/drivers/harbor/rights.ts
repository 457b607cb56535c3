import { z } from 'zod';
import type { RegistryClient } from '../../registry/client.ts';
import { callHarbor, listHarbor, readHarbor } from './api.ts';

/** A project, as far as the credential sees it: what it has a right in, and what is public. */
export interface HarborProject {
  id: number;
  name: string;
  /** It gets everything from another registry, and takes nothing else. */
  isProxy: boolean;
}

const projectSchema = z
  .object({ project_id: z.int(), name: z.string(), registry_id: z.int().default(0) })
  .transform(({ project_id: id, name, registry_id }): HarborProject => ({ id, name, isProxy: registry_id > 0 }));

const rightsSchema = z.array(z.object({ resource: z.string(), action: z.string() })).nullable();

/** A name that no project may have: one of that name is never made. */
const NO_NAME = '-';

/** @throws RegistryError */
export async function listProjects(client: RegistryClient, signal?: AbortSignal): Promise<HarborProject[]> {
  return listHarbor(client, '/projects', projectSchema, signal);
}

/**
 * What the credential may do in a project: `repository:push`. Robots are told, too. What it may do to the whole Harbor is told to
 * nobody in this way: the resources that it is asked for have no namespace then, and no evaluator takes them (src/common/rbac).
 * @throws RegistryError
 */
export async function rightsIn(client: RegistryClient, project: number, signal?: AbortSignal): Promise<Set<string>> {
  const query = { scope: `/project/${project}`, relative: 'true' };
  const path = '/users/current/permissions';
  const { json } = await callHarbor(client, { method: 'GET', path, query, accept: [200], signal });
  const rights = readHarbor(client, path, rightsSchema, json) ?? [];
  return new Set(rights.map(({ resource, action }) => `${resource}:${action}`));
}

/**
 * May the credential make projects? There is no way to ask; so one is asked for by a name that none may have. Rights are looked at
 * first (src/server/v2.0/handler/project.go): 403 without them, 400 with them.
 * @throws RegistryError
 */
export async function mayMakeProjects(client: RegistryClient, signal?: AbortSignal): Promise<boolean> {
  const body = { project_name: NO_NAME };
  const { status } = await callHarbor(client, {
    ...{ method: 'POST', path: '/projects', body, accept: [400, 401, 403], signal },
  });
  return status === 400;
}

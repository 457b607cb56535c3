import { z } from 'zod';
import { requireAuthenticated, requireInProject, mayInSystem, mayInProject } from '../access/rights.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import type { Project } from '../store/rows.ts';
import { bodyOf, created, existing, projectParam, withoutEmpty, type ApiCall, type ApiRoutes } from './call.ts';
import { listed } from './listing.ts';
import { refuseLimit } from './quotas.ts';

const projectSchema = z.looseObject({
  project_name: z.string().max(255).default(''),
  public: z.boolean().nullish(),
  metadata: z.record(z.string(), z.string().nullish()).nullish(),
  storage_limit: z.int().nullish(),
  registry_id: z.int().nullish(),
});
const changeSchema = z.looseObject({ metadata: z.record(z.string(), z.string().nullish()).nullish() });

/** Of proxy cache projects alone. */
const PROXY_METADATA = ['proxy_speed_kb', 'max_upstream_conn', 'proxy_cache_filter_pattern', 'proxy_cache_filter_kind'];

/** `/projects` (src/server/v2.0/handler/project.go). */
export const projectRoutes: ApiRoutes = {
  'GET /projects': (call) => {
    const { harbor, caller, query } = call;
    const [name, isPublic] = [query.get('name') ?? '', query.get('public')];
    const visible = harbor.store.projects.where(
      (project) =>
        isVisible(call, project) &&
        project.name.toLowerCase().includes(name.toLowerCase()) &&
        (isPublic === null || isPublic === project.metadata.public),
    );
    return listed(call, caller.kind === 'anonymous' && isPublic === 'false' ? [] : visible, {
      fields: {
        name: (row) => row.name,
        project_id: (row) => row.id,
        creation_time: (row) => row.created,
        update_time: (row) => row.updated,
      },
      filters: { public: (row, wanted) => wanted.kind !== 'exact' || wanted.value === row.metadata.public },
      sort: 'name',
      shown: (row) => shown(harbor, row),
    });
  },

  'POST /projects': (call) => {
    const { harbor, caller, headers } = call;
    requireAuthenticated(caller);
    if (caller.kind === 'robot' && caller.robot.level !== 'system')
      throw new Refusal('FORBIDDEN', 'Only system level robot can create project');
    // Every user may, as a Harbor comes (project_creation_restriction: everyone); the limit is for those who may create any.
    const isAdmin = mayInSystem(caller, 'project', 'create');
    const wanted = bodyOf(call, projectSchema, 'project');
    const registryId = wanted.registry_id ?? 0;
    if (wanted.registry_id !== null && wanted.registry_id !== undefined) checkRegistry(harbor, registryId, isAdmin);
    const limit = isAdmin && (wanted.storage_limit ?? 0) !== 0 ? (wanted.storage_limit ?? -1) : -1;
    refuseLimit(limit, 'bad request: ');
    const project = addProject(harbor, newProject(wanted, registryId), limit);
    return created(call, headers['x-resource-name-in-location'] === 'true' ? project.name : project.id);
  },

  'HEAD /projects': ({ harbor, caller, query }) => {
    requireAuthenticated(caller);
    const name = query.get('project_name');
    if (name === null)
      throw new Refusal('UNPROCESSABLE_ENTITY', 'validation failure list:\nproject_name in query is required');
    existing({ project: harbor.store.projects.get(name), what: name });
    return {};
  },

  'GET /projects/:project': (call) => {
    const found = projectParam(call);
    requireInProject(call.caller, found.project, 'project', 'read');
    return { body: shown(call.harbor, existing(found)) };
  },

  'PUT /projects/:project': (call) => {
    const found = projectParam(call);
    requireInProject(call.caller, found.project, 'project', 'update');
    const project = existing(found);
    const { metadata } = bodyOf(call, changeSchema, 'project');
    const changed = { ...project.metadata, ...usable(metadata, project.registryId) };
    call.harbor.store.projects.put({ ...project, metadata: changed, updated: new Date().toISOString() });
    return {};
  },

  'DELETE /projects/:project': (call) => {
    const found = projectParam(call);
    requireInProject(call.caller, found.project, 'project', 'delete');
    const project = existing(found);
    removeProject(call.harbor, project);
    return {};
  },

  'GET /projects/:project/summary': (call) => {
    const found = projectParam(call);
    requireInProject(call.caller, found.project, 'project', 'read');
    const project = existing(found);
    const { harbor } = call;
    const quota = harbor.store.quotas.get(String(project.id));
    const mayQuota = mayInProject(call.caller, project, 'quota', 'read');
    return {
      body: {
        repo_count: repositoriesOf(harbor, project),
        ...(mayQuota && quota !== undefined
          ? { quota: { hard: { storage: quota.hard }, used: { storage: harbor.quotas.used(project.id) } } }
          : {}),
      },
    };
  },
};

/** A new project with its quota. @throws Refusal CONFLICT */
export function addProject({ store }: Harbor, project: Omit<Project, 'id'>, limit: number): Project {
  if (store.projects.get(project.name) !== undefined)
    throw new Refusal('CONFLICT', `The project named ${project.name} already exists`);
  const { created: time } = project;
  const row = { id: store.nextId('project'), ...project };
  store.projects.put(row);
  store.quotas.put({ id: store.nextId('quota'), projectId: row.id, hard: limit, created: time, updated: time });
  return row;
}

function newProject(
  { project_name: name, public: isPublic, metadata }: z.output<typeof projectSchema>,
  registryId: number,
): Omit<Project, 'id'> {
  const given = usable(metadata, registryId);
  const visibility = given.public ?? String(isPublic ?? false);
  if (visibility !== 'true' && visibility !== 'false')
    throw new Refusal('BAD_REQUEST', `metadata.public should only be 'true' or 'false', but got: '${visibility}'`);
  if (name.length < 1 || name.length > 255)
    throw new Refusal('BAD_REQUEST', `Project name ${name} is illegal in length. (greater than 255 or less than 1)`);
  if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name))
    throw new Refusal('BAD_REQUEST', 'project name is not in lower case or contains illegal characters');
  const time = new Date().toISOString();
  return { name, metadata: { ...given, public: visibility }, registryId, created: time, updated: time };
}

function usable(
  metadata: Record<string, string | null | undefined> | null | undefined,
  registryId: number,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).flatMap(([key, value]) =>
      value === null || value === undefined || (registryId === 0 && PROXY_METADATA.includes(key)) ? [] : [[key, value]],
    ),
  );
}

function checkRegistry({ store }: Harbor, id: number, isAdmin: boolean): void {
  if (!isAdmin) throw new Refusal('FORBIDDEN', 'Only system admin can create proxy cache project');
  if (id <= 0)
    throw new Refusal('BAD_REQUEST', `bad request: ${id} is invalid value of registry_id, it should be geater than 0`);
  // Harbor loses the code of its own error here, so that it is one of its inner ones: 500 without a text.
  if (store.registries.get(String(id)) === undefined) throw new Error(`failed to get the registry ${id}`);
}

function removeProject({ store }: Harbor, project: Project): void {
  if (store.repositories.find(({ projectId }) => projectId === project.id) !== undefined)
    throw new Refusal('PRECONDITION', 'precondition failed: the project contains repositories, can not be deleted');
  const isOf = ({ projectId }: { projectId: number }): boolean => projectId === project.id;
  for (const robot of store.robots.where(isOf)) store.robots.delete(robot);
  for (const policy of store.webhookPolicies.where(isOf)) store.webhookPolicies.delete(policy);
  for (const rule of store.immutableRules.where(isOf)) store.immutableRules.delete(rule);
  for (const quota of store.quotas.where(isOf)) store.quotas.delete(quota);
  store.projects.delete(project);
}

/** Robots see the projects that their permissions name, and what is public; nobody in particular what is public. */
function isVisible({ caller }: ApiCall, { name, metadata }: Project): boolean {
  if (mayInSystem(caller, 'project', 'list')) return true;
  if (metadata.public === 'true') return true;
  return (
    caller.kind === 'robot' && caller.robot.permissions.some(({ namespace }) => namespace === '*' || namespace === name)
  );
}

function repositoriesOf({ store }: Harbor, project: Project): number {
  return store.repositories.where(({ projectId }) => projectId === project.id).length;
}

function shown(harbor: Harbor, project: Project): object {
  const { id, name, metadata, registryId, created: creation_time, updated: update_time } = project;
  return {
    ...withoutEmpty({ registry_id: registryId }),
    project_id: id,
    owner_id: 1,
    owner_name: 'admin',
    name,
    metadata,
    repo_count: repositoriesOf(harbor, project),
    creation_time,
    update_time,
  };
}

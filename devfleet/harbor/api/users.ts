import { mayInProject, requireAuthenticated } from '../access/rights.ts';
import type { ApiRoutes } from './call.ts';

const CRUDL = ['create', 'read', 'update', 'delete', 'list'];

/** What any role may in a project (src/common/rbac/project/rbac_role.go): more than robots can be given. `project` is itself. */
const OF_PROJECTS: Record<string, string[]> = {
  project: ['read', 'update', 'delete'],
  accessory: ['list'],
  artifact: ['create', 'read', 'delete', 'list'],
  'artifact-addition': ['read'],
  'artifact-label': ['create', 'delete'],
  configuration: ['read', 'update'],
  'export-cve': ['create', 'read', 'list'],
  'immutable-tag': ['create', 'update', 'delete', 'list'],
  label: CRUDL,
  log: ['list'],
  member: CRUDL,
  metadata: ['create', 'read', 'update', 'delete'],
  'notification-policy': CRUDL,
  'preheat-policy': CRUDL,
  quota: ['read'],
  repository: [...CRUDL, 'pull', 'push'],
  robot: CRUDL,
  sbom: ['create', 'read', 'stop'],
  scan: ['create', 'read', 'stop'],
  scanner: ['create', 'read'],
  tag: ['create', 'delete', 'list'],
  'tag-retention': [...CRUDL, 'operate'],
};

/**
 * `/users/current/permissions` (src/server/v2.0/handler/user.go): what the caller, a robot, too, may in the project `scope=/project/ID`.
 * Of `scope=/system` robots are told nothing, as the policies that are gone through have no namespace there; administrators, who are
 * told all, nothing here either.
 */
export const userRoutes: ApiRoutes = {
  'GET /users/current/permissions': ({ harbor, caller, query }) => {
    requireAuthenticated(caller);
    const [, id] = /^\/project\/(\d+)(?:\/|$)/.exec(query.get('scope') ?? '') ?? [];
    if (id === undefined) return { body: [] };
    const project = harbor.store.projects.find((row) => row.id === Number(id));
    const may = (resource: string, action: string): boolean =>
      project === undefined ? caller.kind === 'admin' : mayInProject(caller, project, resource, action);
    const isRelative = query.get('relative') === 'true';
    const named = (resource: string): string => {
      if (isRelative) return resource === 'project' ? '.' : resource;
      return resource === 'project' ? `/project/${id}` : `/project/${id}/${resource}`;
    };
    const body = Object.entries(OF_PROJECTS).flatMap(([resource, actions]) =>
      actions.filter((action) => may(resource, action)).map((action) => ({ resource: named(resource), action })),
    );
    return { body };
  },
};

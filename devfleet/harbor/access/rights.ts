import { Refusal } from '../refusal.ts';
import type { Permission, Project } from '../store/rows.ts';
import type { Caller } from './caller.ts';
import { isPublicRight } from './permissions.ts';

/** May the caller do it in this project? The project itself is the resource `project`. */
export function mayInProject(caller: Caller, project: Project, resource: string, action: string): boolean {
  if (caller.kind === 'admin') return true;
  if (caller.kind === 'token')
    return resource === 'repository' && caller.rights.get(project.name)?.includes(action) === true;
  const isPublic = project.metadata.public === 'true' && isPublicRight(resource, action);
  if (caller.kind === 'anonymous') return isPublic;
  const { level, permissions, projectId } = caller.robot;
  const ofProjects = permissions.filter(({ kind }) => kind === 'project');
  // What is public is for robots that have a right in some project; one of a project sees its own project alone.
  if (isPublic && ofProjects.length > 0) return true;
  if (level === 'project') {
    if (projectId !== project.id) return false;
    // Push brings pull with it for a project's robot, not for one of the system (filterRobotPolicies).
    if (resource === 'repository' && action === 'pull' && allows(ofProjects, resource, 'push')) return true;
    return allows(ofProjects, resource, action);
  }
  const concerned = ofProjects.filter(({ namespace }) => namespace === '*' || namespace === project.name);
  return allows(concerned, resource, action);
}

/** May the caller do it to the whole Harbor? */
export function mayInSystem(caller: Caller, resource: string, action: string): boolean {
  if (caller.kind === 'admin') return true;
  if (caller.kind !== 'robot' || caller.robot.level !== 'system') return false;
  return allows(
    caller.robot.permissions.filter(({ kind }) => kind === 'system'),
    resource,
    action,
  );
}

function allows(permissions: Permission[], resource: string, action: string): boolean {
  return permissions.some(({ access }) => access.some((one) => one.resource === resource && one.action === action));
}

/** @throws Refusal 401 for nobody, 403 for others */
export function requireAuthenticated(caller: Caller): void {
  if (caller.kind === 'anonymous') throw new Refusal('UNAUTHORIZED', 'unauthorized');
}

/**
 * @param project undefined: there is none of that name, which only the admin is told, by the 404 that follows
 * @throws Refusal 401 for nobody, 403 for others
 */
export function requireInProject(caller: Caller, project: Project | undefined, resource: string, action: string): void {
  if (project === undefined ? caller.kind === 'admin' : mayInProject(caller, project, resource, action)) return;
  requireAuthenticated(caller);
  throw new Refusal('FORBIDDEN', 'forbidden');
}

/** @throws Refusal 401 for nobody, 403 for others */
export function requireInSystem(caller: Caller, resource: string, action: string): void {
  if (mayInSystem(caller, resource, action)) return;
  requireAuthenticated(caller);
  throw new Refusal('FORBIDDEN', caller.name);
}

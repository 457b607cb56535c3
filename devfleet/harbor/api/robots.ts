import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { ROBOT_PREFIX } from '../access/caller.ts';
import { isPermission, permissionsOf } from '../access/permissions.ts';
import { requireAuthenticated, requireInProject, requireInSystem } from '../access/rights.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import type { Access, Permission, Robot } from '../store/rows.ts';
import { bodyOf, idParam, withoutEmpty, type ApiCall, type ApiRoutes } from './call.ts';
import { listed } from './listing.ts';
import { readQuery } from './query.ts';

const accessSchema = z.looseObject({ resource: z.string(), action: z.string(), effect: z.string().exactOptional() });
const robotSchema = z.looseObject({
  name: z.string().default(''),
  description: z.string().default(''),
  level: z.string().default(''),
  duration: z.int().default(0),
  permissions: z
    .array(
      z.looseObject({ kind: z.string(), namespace: z.string().default(''), access: z.array(accessSchema).default([]) }),
    )
    .default([]),
});

/** `/robots`, of the system and of projects (src/server/v2.0/handler/robot.go), and what robots can be allowed. */
export const robotRoutes: ApiRoutes = {
  'POST /robots': (call) => {
    const { harbor, caller, path } = call;
    const wanted = bodyOf(call, robotSchema, 'robot');
    if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(wanted.name))
      throw new Refusal('BAD_REQUEST', 'robot name is not in lower case or contains illegal characters');
    const permissions = checked(wanted);
    const level = wanted.level as Robot['level'];
    requireAccess(call, level, permissions[0]?.namespace ?? '', 'create');
    if (caller.kind === 'robot' && !isWithin(permissions, caller.robot.permissions))
      throw new Refusal(
        'DENIED',
        `permission scope is invalid. It must be equal to or more restrictive than the creator robot's permissions: ${caller.name}`,
      );
    const robot = addRobot(harbor, { ...wanted, level, permissions });
    return {
      status: 201,
      headers: { location: `${path.replace(/\/$/, '')}/${robot.id}` },
      body: {
        id: robot.id,
        name: ROBOT_PREFIX + robot.name,
        secret: robot.secret,
        creation_time: robot.created,
        expires_at: robot.expiresAt,
      },
    };
  },

  'GET /robots': (call) => {
    requireAuthenticated(call.caller);
    const asked = readQuery(call.query.get('q') ?? '');
    const level = exact(asked, 'level') ?? 'system';
    if (level !== 'system' && level !== 'project') throw new Refusal('BAD_REQUEST', 'bad request error level input');
    const projectId = level === 'project' ? projectAsked(exact(asked, 'project_id')) : 0;
    const { store } = call.harbor;
    const project = store.projects.find(({ id }) => id === projectId);
    if (level === 'system') requireInSystem(call.caller, 'robot', 'list');
    else requireInProject(call.caller, project, 'robot', 'list');
    const rows = store.robots.where((row) => row.level === level && row.projectId === projectId);
    return listed(call, rows, {
      fields: { name: (row) => row.name, id: (row) => row.id, creation_time: (row) => row.created },
      sort: 'name',
      shown,
    });
  },

  'GET /robots/:id': (call) => ({ body: shown(robotOf(call, 'read')) }),

  'DELETE /robots/:id': (call) => {
    call.harbor.store.robots.delete(robotOf(call, 'delete'));
    return {};
  },

  'GET /permissions': ({ caller }) => {
    requireAuthenticated(caller);
    if (caller.kind !== 'admin')
      throw new Refusal('FORBIDDEN', 'forbidden: only admins(system and project) can access permissions');
    return { body: { system: permissionsOf('system'), project: permissionsOf('project') } };
  },
};

/** Makes a robot with a secret. @throws Refusal NOT_FOUND for a project that is none, CONFLICT */
function addRobot(
  { store }: Harbor,
  wanted: Pick<Robot, 'name' | 'description' | 'level' | 'duration' | 'permissions'>,
): Robot {
  for (const { kind, namespace } of wanted.permissions) {
    if (kind === 'system' && namespace !== '/') throw new Refusal('BAD_REQUEST', 'unknown namespace');
    // A project's own robot is of one project.
    const isAny = namespace === '*' && wanted.level === 'system';
    if (kind === 'project' && !isAny && store.projects.get(namespace) === undefined)
      throw new Refusal('NOT_FOUND', `project ${namespace} not found`);
  }
  const [first] = wanted.permissions;
  const project = wanted.level === 'project' ? store.projects.get(first?.namespace ?? '') : undefined;
  const name = project === undefined ? wanted.name : `${project.name}+${wanted.name}`;
  if (store.robots.get(name) !== undefined)
    throw new Refusal('CONFLICT', `robot account ${project?.id ?? 0}:${name} already exists`);
  const { description, level, duration, permissions } = wanted;
  const robot: Robot = {
    id: store.nextId('robot'),
    name,
    description,
    // Rules of src/controller/robot: 8 to 128 characters, with upper, lower and digits.
    secret: `Rb1${randomBytes(24).toString('base64url')}`,
    level,
    projectId: project?.id ?? 0,
    duration,
    expiresAt: duration === -1 ? -1 : Math.floor(Date.now() / 1000) + duration * 86_400,
    permissions,
    created: new Date().toISOString(),
  };
  store.robots.put(robot);
  return robot;
}

/** @throws Refusal BAD_REQUEST */
function checked({ duration, level, permissions }: z.output<typeof robotSchema>): Permission[] {
  if (duration !== -1 && duration <= 0)
    throw new Refusal(
      'BAD_REQUEST',
      `bad request error duration input: ${duration}, duration must be either -1(Never) or a positive integer`,
    );
  if (level !== 'system' && level !== 'project')
    throw new Refusal('BAD_REQUEST', `bad request error level input: ${level}`);
  if (permissions.length === 0) throw new Refusal('BAD_REQUEST', 'bad request empty permission');
  if (permissions.some(({ access }) => access.length === 0))
    throw new Refusal('BAD_REQUEST', 'bad request empty access');
  if (level === 'project' && permissions.length > 1) throw new Refusal('BAD_REQUEST', 'bad request permission');
  return permissions.map(({ kind, namespace, access }) => {
    if (kind !== 'system' && kind !== 'project')
      throw new Refusal('BAD_REQUEST', `bad request permission level: ${kind}`);
    for (const { resource, action } of access)
      if (!isPermission(kind, resource, action))
        throw new Refusal('BAD_REQUEST', `bad request permission: ${resource}:${action}`);
    return { kind, namespace, access };
  });
}

/** A robot may make others that may no more than itself. */
function isWithin(wanted: Permission[], own: Permission[]): boolean {
  const same = (a: Access) => (b: Access) => a.resource === b.resource && a.action === b.action;
  return wanted.every(({ kind, namespace, access }) => {
    const mine =
      own.find((one) => one.kind === kind && one.namespace === namespace) ??
      own.find((one) => one.kind === kind && one.namespace === '*');
    return mine !== undefined && access.every((one) => mine.access.some(same(one)));
  });
}

function requireAccess({ harbor, caller }: ApiCall, level: Robot['level'], project: string, action: string): void {
  if (level === 'system') requireInSystem(caller, 'robot', action);
  else requireInProject(caller, harbor.store.projects.get(project), 'robot', action);
}

function robotOf(call: ApiCall, action: string): Robot {
  requireAuthenticated(call.caller);
  const id = idParam(call, 'id');
  const { store } = call.harbor;
  const robot = store.robots.find((row) => row.id === id);
  if (robot === undefined) throw new Refusal('NOT_FOUND', `robot ${id} not found`);
  const project = store.projects.find((row) => row.id === robot.projectId);
  requireAccess(call, robot.level, project?.name ?? '', action);
  return robot;
}

function exact(asked: ReturnType<typeof readQuery>, key: string): string | undefined {
  const wanted = asked.get(key);
  return wanted?.kind === 'exact' ? wanted.value : undefined;
}

function projectAsked(id: string | undefined): number {
  if (id === undefined) throw new Refusal('BAD_REQUEST', 'must with project ID when to query project robots');
  if (!/^[1-9]\d*$/.test(id)) throw new Refusal('BAD_REQUEST', 'ProjectID must be a positive integer');
  return Number(id);
}

function shown(robot: Robot): object {
  const { id, name, description, level, duration, expiresAt, permissions, created } = robot;
  return {
    id,
    name: ROBOT_PREFIX + name,
    ...withoutEmpty({ description }),
    level,
    duration,
    editable: true,
    disable: false,
    expires_at: expiresAt,
    permissions,
    creation_time: created,
    update_time: created,
  };
}

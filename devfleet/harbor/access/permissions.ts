// What a robot may be allowed (src/common/rbac/const.go of goharbor/harbor, NolimitProvider).

const CRUDL = ['create', 'read', 'update', 'delete', 'list'];

const SYSTEM: Record<string, string[]> = {
  'audit-log': ['list'],
  catalog: ['read'],
  'garbage-collection': ['read', 'create', 'list', 'update', 'stop'],
  'jobservice-monitor': ['list', 'stop'],
  label: ['read', 'create', 'delete', 'update'],
  'ldap-user': ['create', 'list'],
  'preheat-instance': CRUDL,
  project: ['list', 'create'],
  'purge-audit': ['read', 'create', 'list', 'update', 'stop'],
  quota: ['read', 'list', 'update'],
  registry: CRUDL,
  replication: ['read', 'create', 'list'],
  'replication-adapter': ['list'],
  'replication-policy': CRUDL,
  robot: ['create', 'read', 'list', 'delete'],
  'scan-all': ['read', 'update', 'stop', 'create'],
  scanner: CRUDL,
  'security-hub': ['read', 'list'],
  'system-volumes': ['read'],
  user: CRUDL,
  'user-group': CRUDL,
};

const PROJECT: Record<string, string[]> = {
  accessory: ['list'],
  artifact: ['read', 'create', 'list', 'delete'],
  'artifact-addition': ['read'],
  'artifact-label': ['create', 'delete'],
  'export-cve': ['create', 'read'],
  'immutable-tag': ['create', 'delete', 'list', 'update'],
  label: CRUDL,
  log: ['list'],
  member: CRUDL,
  metadata: CRUDL,
  'notification-policy': CRUDL,
  'preheat-policy': CRUDL,
  project: ['read', 'delete', 'update'],
  quota: ['read'],
  repository: ['read', 'update', 'delete', 'list', 'pull', 'push'],
  robot: ['create', 'read', 'list', 'delete'],
  sbom: ['create', 'stop', 'read'],
  scan: ['create', 'read', 'stop'],
  scanner: ['create', 'read'],
  tag: ['create', 'list', 'delete'],
  'tag-retention': CRUDL,
};

const KINDS = { system: SYSTEM, project: PROJECT };

/** All that robots can be given of this kind, as `GET /permissions` lists it. */
export function permissionsOf(kind: 'system' | 'project'): { resource: string; action: string }[] {
  return Object.entries(KINDS[kind]).flatMap(([resource, actions]) => actions.map((action) => ({ resource, action })));
}

export function isPermission(kind: 'system' | 'project', resource: string, action: string): boolean {
  const all = KINDS[kind];
  return Object.hasOwn(all, resource) && all[resource]?.includes(action) === true;
}

const PUBLIC: Record<string, string[]> = {
  project: ['read'],
  label: ['read', 'list'],
  repository: ['list', 'pull'],
  scan: ['read'],
  scanner: ['read'],
  tag: ['list'],
  artifact: ['read', 'list'],
  'artifact-addition': ['read'],
  accessory: ['list'],
};

/** May anybody do it in a public project (src/common/rbac/project/rbac_util.go)? */
export function isPublicRight(resource: string, action: string): boolean {
  return Object.hasOwn(PUBLIC, resource) && PUBLIC[resource]?.includes(action) === true;
}

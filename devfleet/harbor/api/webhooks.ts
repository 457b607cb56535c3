import { z } from 'zod';
import { requireInProject } from '../access/rights.ts';
import { Refusal } from '../refusal.ts';
import type { Project, WebhookPolicy } from '../store/rows.ts';
import { FORMATS } from '../webhooks/formats.ts';
import { EVENT_TYPES } from '../webhooks/payload.ts';
import {
  bodyOf,
  created,
  existing,
  idParam,
  projectParam,
  withoutEmpty,
  type ApiCall,
  type ApiRoutes,
} from './call.ts';
import { listed } from './listing.ts';

const NOTIFY_TYPES = ['http', 'slack'];

const policySchema = z.looseObject({
  name: z.string().default(''),
  description: z.string().default(''),
  targets: z
    .array(
      z.looseObject({
        type: z.string().default(''),
        address: z.string().default(''),
        auth_header: z.string().default(''),
        skip_cert_verify: z.boolean().default(false),
        payload_format: z.string().default(''),
      }),
    )
    .nullish(),
  event_types: z.array(z.string()).nullish(),
  enabled: z.boolean().default(false),
});

/** `/projects/{project}/webhook` (src/server/v2.0/handler/webhook.go). */
export const webhookRoutes: ApiRoutes = {
  'GET /projects/:project/webhook/policies': (call) => {
    const project = allow(call, 'list');
    const rows = call.harbor.store.webhookPolicies.where(({ projectId }) => projectId === project.id);
    return listed(call, rows, {
      fields: {
        name: (row) => row.name,
        id: (row) => row.id,
        creation_time: (row) => row.created,
        update_time: (row) => row.updated,
      },
      sort: '-creation_time,-id',
      shown,
    });
  },

  'POST /projects/:project/webhook/policies': (call) => {
    const project = allow(call, 'create');
    const { store } = call.harbor;
    const time = new Date().toISOString();
    const checkedPolicy = readPolicy(call, null, project.id);
    const policy = { id: store.nextId('webhookPolicy'), ...checkedPolicy, created: time, updated: time };
    store.webhookPolicies.put(policy);
    return created(call, policy.id);
  },

  'GET /projects/:project/webhook/policies/:id': (call) => ({
    body: shown(policyOf(call, allow(call, 'read'))),
  }),

  'PUT /projects/:project/webhook/policies/:id': (call) => {
    const project = allow(call, 'update');
    const policy = policyOf(call, project);
    const changed = { ...policy, ...readPolicy(call, policy.id, project.id), updated: new Date().toISOString() };
    call.harbor.store.webhookPolicies.put(changed);
    return {};
  },

  'DELETE /projects/:project/webhook/policies/:id': (call) => {
    call.harbor.store.webhookPolicies.delete(policyOf(call, allow(call, 'delete')));
    return {};
  },

  'GET /projects/:project/webhook/events': (call) => {
    allow(call, 'read');
    return {
      body: {
        event_type: EVENT_TYPES,
        notify_type: NOTIFY_TYPES,
        payload_formats: [{ notify_type: 'http', formats: FORMATS }],
      },
    };
  },
};

/** @throws Refusal */
function allow(call: ApiCall, action: string): Project {
  const found = projectParam(call);
  requireInProject(call.caller, found.project, 'notification-policy', action);
  return existing(found);
}

function policyOf(call: ApiCall, project: Project): WebhookPolicy {
  const id = idParam(call, 'id');
  const policy = call.harbor.store.webhookPolicies.get(String(id));
  if (policy === undefined) throw new Refusal('NOT_FOUND', `notificationPolicy ${id} not found`);
  if (policy.projectId === project.id) return policy;
  const why = `project id:${project.id}, webhook policy id: ${id} not found`;
  throw new Refusal('NOT_FOUND', `resource not found: ${why}`);
}

/** @param id of the policy that is changed. @throws Refusal BAD_REQUEST, CONFLICT */
function readPolicy(
  call: ApiCall,
  id: number | null,
  projectId: number,
): Omit<WebhookPolicy, 'id' | 'created' | 'updated'> {
  const { name, description, targets, event_types, enabled } = bodyOf(call, policySchema, 'policy');
  const eventTypes = event_types ?? [];
  if (eventTypes.length === 0) throw new Refusal('BAD_REQUEST', 'empty event type');
  for (const type of eventTypes)
    if (!EVENT_TYPES.some((known) => known === type))
      throw new Refusal('BAD_REQUEST', `unsupported event type ${type}`);
  if ((targets ?? []).length === 0) throw new Refusal('BAD_REQUEST', `empty notification target with policy ${name}`);
  const taken = call.harbor.store.webhookPolicies.find(
    (row) => row.projectId === projectId && row.name === name && row.id !== id,
  );
  if (taken !== undefined) throw new Refusal('CONFLICT', `notification policy named ${name} already exists`);
  return {
    projectId,
    name,
    description,
    targets: (targets ?? []).map((target) => readTarget(target, name)),
    eventTypes,
    enabled,
  };
}

function readTarget(
  {
    type,
    address,
    auth_header,
    skip_cert_verify,
    payload_format,
  }: NonNullable<z.output<typeof policySchema>['targets']>[number],
  policy: string,
): WebhookPolicy['targets'][number] {
  checkAddress(address);
  if (!NOTIFY_TYPES.includes(type))
    throw new Refusal('BAD_REQUEST', `unsupported target type ${type} with policy ${policy}`);
  if (payload_format !== '' && type === 'slack')
    throw new Refusal('BAD_REQUEST', 'set payload format is not allowed for slack');
  if (payload_format !== '' && !FORMATS.some((format) => format === payload_format))
    throw new Refusal('BAD_REQUEST', `unsupported payload format type: ${payload_format}`);
  return {
    type,
    address,
    auth_header,
    skip_cert_verify,
    payload_format: payload_format === '' && type === 'http' ? 'Default' : payload_format,
  };
}

/** src/common/utils, ParseEndpoint. */
function checkAddress(address: string): void {
  const endpoint = address.trim().replace(/\/+$/, '');
  if (endpoint === '') throw new Refusal('BAD_REQUEST', 'empty URL');
  const [, scheme] = /^(.*?):\/\//.exec(endpoint) ?? [];
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    throw new Refusal('BAD_REQUEST', `invalid scheme: ${scheme}`);
  if (!URL.canParse(scheme === undefined ? `http://${endpoint}` : endpoint))
    throw new Refusal('BAD_REQUEST', `parse "${endpoint}": invalid URI for request`);
}

function shown(policy: WebhookPolicy): object {
  const { id, projectId, name, description, targets, eventTypes, enabled, created: creation_time, updated } = policy;
  return {
    id,
    name,
    ...withoutEmpty({ description }),
    project_id: projectId,
    targets: targets.map((target) => withoutEmpty(target)),
    event_types: eventTypes,
    enabled,
    creation_time,
    update_time: updated,
  };
}

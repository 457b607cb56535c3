import { z } from 'zod';
import { requireInSystem } from '../access/rights.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import type { RemoteRegistry, ReplicationPolicy } from '../store/rows.ts';
import { bodyOf, created, idParam, withoutEmpty, type ApiRoutes } from './call.ts';
import { listed } from './listing.ts';

const registrySchema = z.looseObject({
  name: z.string().default(''),
  description: z.string().default(''),
  type: z.string().default(''),
  url: z.string().default(''),
  insecure: z.boolean().default(false),
  credential: z.looseObject({ access_key: z.string().default('') }).nullish(),
});
const policySchema = z.looseObject({
  name: z.string().default(''),
  description: z.string().default(''),
  src_registry: z.looseObject({ id: z.int().default(0) }).nullish(),
  dest_registry: z.looseObject({ id: z.int().default(0) }).nullish(),
  dest_namespace: z.string().default(''),
  dest_namespace_replace_count: z.int().nullish(),
  filters: z
    .array(z.looseObject({ type: z.string(), value: z.unknown(), decoration: z.string().exactOptional() }))
    .nullish(),
  trigger: z
    .looseObject({
      type: z.string(),
      trigger_settings: z.looseObject({ cron: z.string().exactOptional() }).exactOptional(),
    })
    .nullish(),
  deletion: z.boolean().default(false),
  override: z.boolean().default(false),
  enabled: z.boolean().default(false),
  speed: z.int().nullish(),
  copy_by_chunk: z.boolean().nullish(),
  single_active_replication: z.boolean().nullish(),
});

/**
 * `/registries` and `/replication/policies` (src/server/v2.0/handler/{registry,replication}.go): enough to see who copies what. Policies
 * are kept and listed; the double copies nothing, and takes every registry for healthy.
 */
export const replicationRoutes: ApiRoutes = {
  'GET /registries': (call) => {
    requireInSystem(call.caller, 'registry', 'list');
    const name = (call.query.get('name') ?? '').toLowerCase();
    return listed(
      call,
      call.harbor.store.registries.where((row) => row.name.toLowerCase().includes(name)),
      {
        fields: { name: (row) => row.name, id: (row) => row.id, url: (row) => row.url },
        sort: 'id',
        shown: shownRegistry,
      },
    );
  },

  'POST /registries': (call) => {
    requireInSystem(call.caller, 'registry', 'create');
    const { store } = call.harbor;
    const { name, description, type, url, insecure, credential } = bodyOf(call, registrySchema, 'registry');
    if (name === '') throw new Refusal('BAD_REQUEST', 'name cannot be empty');
    if (name.length > 64) throw new Refusal('BAD_REQUEST', 'the max length of name is 64');
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new Refusal('BAD_REQUEST', `invalid HTTP URL: ${url}`);
    if (store.registries.find((row) => row.name === name) !== undefined)
      throw new Refusal('CONFLICT', `registry ${name} already exists`);
    const time = new Date().toISOString();
    const accessKey = credential?.access_key ?? '';
    const id = store.nextId('registry');
    store.registries.put({ id, name, description, type, url, insecure, accessKey, created: time, updated: time });
    return created(call, id);
  },

  'GET /replication/policies': (call) => {
    requireInSystem(call.caller, 'replication-policy', 'list');
    const name = (call.query.get('name') ?? '').toLowerCase();
    return listed(
      call,
      call.harbor.store.replicationPolicies.where((row) => row.name.toLowerCase().includes(name)),
      {
        fields: { name: (row) => row.name, id: (row) => row.id, creation_time: (row) => row.created },
        sort: '-creation_time,-id',
        shown: (row) => shownPolicy(call.harbor, row),
      },
    );
  },

  'POST /replication/policies': (call) => {
    requireInSystem(call.caller, 'replication-policy', 'create');
    const { store } = call.harbor;
    const policy = readPolicy(call.harbor, bodyOf(call, policySchema, 'policy'));
    if (store.replicationPolicies.find(({ name }) => name === policy.name) !== undefined)
      throw new Refusal('CONFLICT', `replication policy ${policy.name} already exists`);
    const id = store.nextId('replicationPolicy');
    store.replicationPolicies.put({ id, ...policy });
    return created(call, id);
  },

  'GET /replication/policies/:id': (call) => {
    requireInSystem(call.caller, 'replication-policy', 'read');
    return { body: shownPolicy(call.harbor, policyOf(call.harbor, idParam(call, 'id'))) };
  },

  'DELETE /replication/policies/:id': (call) => {
    requireInSystem(call.caller, 'replication-policy', 'delete');
    call.harbor.store.replicationPolicies.delete(policyOf(call.harbor, idParam(call, 'id')));
    return {};
  },
};

function policyOf({ store }: Harbor, id: number): ReplicationPolicy {
  const policy = store.replicationPolicies.get(String(id));
  if (policy === undefined) throw new Refusal('NOT_FOUND', `replication policy ${id} not found`);
  return policy;
}

/** @throws Refusal BAD_REQUEST, NOT_FOUND */
function readPolicy({ store }: Harbor, wanted: z.output<typeof policySchema>): Omit<ReplicationPolicy, 'id'> {
  const [srcRegistryId, destRegistryId] = [wanted.src_registry?.id ?? 0, wanted.dest_registry?.id ?? 0];
  if (wanted.name === '') throw new Refusal('BAD_REQUEST', 'empty name');
  if ((srcRegistryId === 0) === (destRegistryId === 0))
    throw new Refusal(
      'BAD_REQUEST',
      "either src_registry or dest_registry should be empty and the other one shouldn't be empty",
    );
  const filters = wanted.filters ?? [];
  for (const { type } of filters)
    if (!['resource', 'name', 'tag', 'label'].includes(type)) throw new Refusal('BAD_REQUEST', 'invalid filter type');
  const trigger = wanted.trigger ?? null;
  if (trigger !== null) checkTrigger(trigger, wanted.single_active_replication ?? false);
  const remote = srcRegistryId + destRegistryId;
  if (store.registries.get(String(remote)) === undefined)
    throw new Refusal('NOT_FOUND', `registry ${remote} not found`);
  const time = new Date().toISOString();
  return {
    name: wanted.name,
    description: wanted.description,
    srcRegistryId,
    destRegistryId,
    destNamespace: wanted.dest_namespace,
    destNamespaceReplaceCount: wanted.dest_namespace_replace_count ?? -1,
    filters,
    trigger,
    replicateDeletion: wanted.deletion,
    override: wanted.override,
    enabled: wanted.enabled,
    speed: Math.max(wanted.speed ?? 0, 0),
    copyByChunk: wanted.copy_by_chunk ?? false,
    singleActiveReplication: wanted.single_active_replication ?? false,
    created: time,
    updated: time,
  };
}

function checkTrigger({ type, trigger_settings }: NonNullable<ReplicationPolicy['trigger']>, single: boolean): void {
  if (!['manual', 'scheduled', 'event_based'].includes(type)) throw new Refusal('BAD_REQUEST', 'invalid trigger type');
  if (type === 'scheduled' && (trigger_settings?.cron ?? '') === '')
    throw new Refusal('BAD_REQUEST', 'the cron string cannot be empty when the trigger type is scheduled');
  // Harbor answers 500 here, without the text.
  if (type === 'event_based' && single)
    throw new Error('single active replication is not allowed for event_based triggers');
}

function shownPolicy(harbor: Harbor, policy: ReplicationPolicy): object {
  return {
    id: policy.id,
    name: policy.name,
    ...withoutEmpty({
      description: policy.description,
      dest_namespace: policy.destNamespace,
      filters: policy.filters,
      trigger: policy.trigger,
      deletion: policy.replicateDeletion,
      replicate_deletion: policy.replicateDeletion,
      override: policy.override,
      enabled: policy.enabled,
    }),
    src_registry: shownRegistry(registryOf(harbor, policy.srcRegistryId)),
    dest_registry: shownRegistry(registryOf(harbor, policy.destRegistryId)),
    dest_namespace_replace_count: policy.destNamespaceReplaceCount,
    speed: policy.speed,
    copy_by_chunk: policy.copyByChunk,
    single_active_replication: policy.singleActiveReplication,
    creation_time: policy.created,
    update_time: policy.updated,
  };
}

/** Id 0 is this Harbor, which names itself by its own inner address. */
function registryOf({ store }: Harbor, id: number): RemoteRegistry {
  const never = '0001-01-01T00:00:00.000Z';
  const local = { id: 0, name: 'Local', description: '', type: 'harbor', url: 'http://core:8080', insecure: true };
  return store.registries.get(String(id)) ?? { ...local, accessKey: '', created: never, updated: never };
}

function shownRegistry(registry: RemoteRegistry): object {
  const { id, name, description, type, url, insecure, accessKey, created: creation_time, updated } = registry;
  const credential =
    accessKey === '' ? {} : { credential: { access_key: accessKey, access_secret: '*****', type: 'basic' } };
  return {
    id,
    ...withoutEmpty({ name, description, type, url, insecure }),
    ...credential,
    status: 'healthy',
    creation_time,
    update_time: updated,
  };
}

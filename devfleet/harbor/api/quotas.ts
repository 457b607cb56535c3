import { z } from 'zod';
import { requireInSystem } from '../access/rights.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import type { Quota } from '../store/rows.ts';
import { bodyOf, idParam, type ApiRoutes } from './call.ts';
import { listed } from './listing.ts';

/** 1024 TB. */
const MAX_LIMIT = 2 ** 50;

const changeSchema = z.looseObject({ hard: z.record(z.string(), z.int()).optional() });

/** `/quotas` (src/server/v2.0/handler/quota.go): of the system; what one project uses is in its summary. */
export const quotaRoutes: ApiRoutes = {
  'GET /quotas': (call) => {
    requireInSystem(call.caller, 'quota', 'list');
    const { harbor, query } = call;
    const [reference, id] = [query.get('reference') ?? 'project', query.get('reference_id') ?? ''];
    const rows = harbor.store.quotas.where(
      ({ projectId }) => reference === 'project' && (id === '' || id === String(projectId)),
    );
    return listed(call, rows, {
      fields: { id: (row) => row.id, creation_time: (row) => row.created, update_time: (row) => row.updated },
      sort: '-creation_time,-id',
      shown: (row) => shown(harbor, row),
    });
  },

  'GET /quotas/:id': (call) => {
    requireInSystem(call.caller, 'quota', 'read');
    return { body: shown(call.harbor, quotaOf(call.harbor, idParam(call, 'id'))) };
  },

  'PUT /quotas/:id': (call) => {
    requireInSystem(call.caller, 'quota', 'update');
    const { hard = {} } = bodyOf(call, changeSchema, 'hard');
    if (Object.keys(hard).length === 0) throw new Refusal('BAD_REQUEST', 'hard required in body');
    const quota = quotaOf(call.harbor, idParam(call, 'id'));
    const unknown = Object.keys(hard).find((resource) => resource !== 'storage');
    if (unknown !== undefined) throw new Refusal('BAD_REQUEST', `resource ${unknown} not support`);
    const limit = hard.storage ?? 0;
    refuseLimit(limit, '');
    call.harbor.store.quotas.put({ ...quota, hard: limit, updated: new Date().toISOString() });
    return {};
  },
};

/** @throws Refusal BAD_REQUEST for what is no limit: -1 is without */
export function refuseLimit(limit: number, prefix: string): void {
  if (limit <= 0 && limit !== -1)
    throw new Refusal('BAD_REQUEST', `${prefix}invalid non-positive value for quota limit, value=${limit}`);
  if (limit > MAX_LIMIT)
    throw new Refusal('BAD_REQUEST', `${prefix}exceeded 1024TB, which is ${MAX_LIMIT} Bytes, value=${limit}`);
}

function quotaOf({ store }: Harbor, id: number): Quota {
  const quota = store.quotas.find((row) => row.id === id);
  if (quota === undefined) throw new Refusal('NOT_FOUND', `quota ${id} not found`);
  return quota;
}

function shown({ store, quotas }: Harbor, { id, projectId, hard, created, updated }: Quota): object {
  const name = store.projects.find((project) => project.id === projectId)?.name ?? '';
  return {
    id,
    ref: { id: projectId, name, owner_name: 'admin' },
    hard: { storage: hard },
    used: { storage: quotas.used(projectId) },
    creation_time: created,
    update_time: updated,
  };
}

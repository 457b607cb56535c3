import { z } from 'zod';
import { requireInProject } from '../access/rights.ts';
import { Refusal } from '../refusal.ts';
import type { ImmutableRule, ImmutableRuleBody, Project } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { bodyOf, created, existing, idParam, projectParam, type ApiCall, type ApiRoutes } from './call.ts';
import { listed } from './listing.ts';

const selectorSchema = z.object({
  kind: z.string().default(''),
  decoration: z.string().default(''),
  pattern: z.string().default(''),
});
const ruleSchema = z.object({
  disabled: z.boolean().default(false),
  priority: z.int().default(0),
  action: z.string().default(''),
  template: z.string().default(''),
  tag_selectors: z.array(selectorSchema).default([]),
  scope_selectors: z.record(z.string(), z.array(selectorSchema)).default({}),
});

/** `/projects/{project}/immutabletagrules` (src/server/v2.0/handler/immutable.go). A rule is not checked, as there. */
export const immutableRoutes: ApiRoutes = {
  'GET /projects/:project/immutabletagrules': (call) => {
    const project = allow(call, 'list');
    const rows = call.harbor.store.immutableRules.where(({ projectId }) => projectId === project.id);
    return listed(call, rows, {
      fields: { id: (row) => row.id },
      sort: 'id',
      shown: ({ id, rule }) => ({ id, ...rule }),
    });
  },

  'POST /projects/:project/immutabletagrules': (call) => {
    const project = allow(call, 'create');
    const rule = bodyOf(call, ruleSchema, 'immutableRule');
    return created(call, addImmutableRule(call.harbor.store, project, rule));
  },

  'PUT /projects/:project/immutabletagrules/:id': (call) => {
    const row = ruleOf(call, allow(call, 'update'));
    const rule = bodyOf(call, ruleSchema, 'immutableRule');
    // Where it is switched on or off, nothing else of it changes.
    const changed = rule.disabled === row.rule.disabled ? rule : { ...row.rule, disabled: rule.disabled };
    call.harbor.store.immutableRules.put({ ...row, rule: changed });
    return {};
  },

  'DELETE /projects/:project/immutabletagrules/:id': (call) => {
    call.harbor.store.immutableRules.delete(ruleOf(call, allow(call, 'delete')));
    return {};
  },
};

/** @returns its id. @throws Refusal CONFLICT for one that is there */
export function addImmutableRule(store: Store, { id: projectId }: Project, rule: ImmutableRuleBody): number {
  const same = (row: ImmutableRule): boolean =>
    row.projectId === projectId && JSON.stringify(row.rule) === JSON.stringify(rule);
  if (store.immutableRules.find(same) !== undefined) throw new Refusal('CONFLICT', 'immutable rule already exists');
  const id = store.nextId('immutableRule');
  store.immutableRules.put({ id, projectId, rule });
  return id;
}

/** @throws Refusal */
function allow(call: ApiCall, action: string): Project {
  const found = projectParam(call);
  requireInProject(call.caller, found.project, 'immutable-tag', action);
  return existing(found);
}

function ruleOf(call: ApiCall, project: Project): ImmutableRule {
  const id = idParam(call, 'id');
  const row = call.harbor.store.immutableRules.get(String(id));
  if (row?.projectId === project.id) return row;
  throw new Refusal('NOT_FOUND', `immutable rule ${id} not found`);
}

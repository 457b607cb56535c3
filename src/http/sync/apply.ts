import { diffDefinition } from '../../domain/change.ts';
import { TransshipError } from '../../domain/errors.ts';
import { checkRules } from '../../domain/sync/check-rules.ts';
import { overlapsOf } from '../../domain/sync/overlaps.ts';
import { parseRule, type SyncRule } from '../../domain/sync/rule.ts';
import type { Actor } from '../../domain/types.ts';
import type { ApiContext } from '../context.ts';
import type { SyncRuleAnswer } from '../schemas/sync-rule.ts';

export interface ApplyRuleRequest {
  /** Name in the path. */
  name: string;
  /** The rule, YAML or JSON. */
  text: string;
  dryRun: boolean;
  /** Revision that the sender has seen; another one in force refuses the request. */
  seen: number | undefined;
}

/**
 * Says what a rule changes, which others bring the same images and, unless it is a dry run, puts it in force.
 * @throws TransshipError SYNC_RULE_INVALID; SYNC_RULE_CONFLICT, SYNC_RULE_LOOP where it does not fit the others;
 * SYNC_RULE_CHANGED where somebody else changed it meanwhile
 */
export async function applyRule(
  context: Pick<ApiContext, 'fleet' | 'catalogue'>,
  { name, text, dryRun, seen }: ApplyRuleRequest,
  actor: Actor,
): Promise<SyncRuleAnswer> {
  const rule = parseRule(text, context.fleet, 'sync rule');
  if (rule.name !== name) {
    const message = `says ${rule.name}, and the path says ${name}`;
    throw new TransshipError('SYNC_RULE_INVALID', `sync rule: name ${message}`, {
      places: [{ path: 'name', message }],
    });
  }
  const { syncRules } = context.catalogue;
  let overlaps: SyncRuleAnswer['overlaps'] = [];
  const check = (others: SyncRule[]): void => {
    checkRules(rule, others);
    overlaps = overlapsOf(rule, others);
  };
  if (!dryRun) {
    const { before, revision, changed } = await syncRules.put(rule, actor, { seen, check });
    return { name, revision, applied: changed, rule, changes: changesOf(before, rule), overlaps };
  }
  const rows = await syncRules.list();
  const row = rows.find((one) => one.rule.name === name);
  const revision = row?.revision ?? 0;
  if (seen !== undefined && seen !== revision) {
    throw new TransshipError('SYNC_RULE_CHANGED', `sync rule ${name} is at revision ${revision}, not ${seen}`);
  }
  check(rows.map((one) => one.rule));
  return { name, revision, applied: false, rule, changes: changesOf(row?.rule ?? null, rule), overlaps };
}

function changesOf(before: SyncRule | null, rule: SyncRule): SyncRuleAnswer['changes'] {
  return diffDefinition(before, rule).map((change) => ({
    path: change.path,
    before: change.before ?? null,
    after: change.after ?? null,
  }));
}

import type { ComparisonRow, SyncRuleRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import { suggest } from '../../domain/input/near.ts';
import { registriesOf } from '../../domain/registries.ts';
import type { ApiContext } from '../context.ts';
import type { SyncRuleView } from '../schemas/sync-rule.ts';

type Context = Pick<ApiContext, 'fleet' | 'catalogue'>;

/** A rule as REST shows it. @param last how its last comparison ended, if there was one */
export function viewRule(
  { fleet }: Pick<Context, 'fleet'>,
  row: SyncRuleRow,
  last: ComparisonRow | null,
): SyncRuleView {
  const { rule, revision, changedAt, changedBy } = row;
  const known = registriesOf(fleet).map(({ name }) => name);
  const missing = [rule.from, ...rule.to].filter((name) => !known.includes(name));
  const comparison = last === null ? null : { ...last.comparison, endedAt: last.endedAt, driftSince: last.driftSince };
  return { revision, changedAt, changedBy: changedBy.name, rule, missing, comparison };
}

/** The refusal of a name that no rule has. */
export async function unknownRule({ catalogue }: Pick<Context, 'catalogue'>, name: string): Promise<TransshipError> {
  const names = (await catalogue.syncRules.list()).map(({ rule }) => rule.name);
  return new TransshipError('SYNC_RULE_UNKNOWN', `no sync rule ${name}; ${suggest(name, names.slice(0, 20))}`);
}

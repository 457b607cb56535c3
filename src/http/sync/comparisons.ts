import { TransshipError } from '../../domain/errors.ts';
import type { Actor } from '../../domain/types.ts';
import { comparisonWorkflowId } from '../../temporal/names.ts';
import type { ApiContext } from '../context.ts';
import { newComparisonId } from '../ids.ts';
import type { AcceptedComparison, CompareRequest, ComparisonStatus } from '../schemas/comparison.ts';
import { comparisonNow, startComparison } from '../temporal/comparisons.ts';
import { uiLink } from '../temporal/link.ts';
import { unknownRule } from './view.ts';

/**
 * Begins a comparison by a rule now, beside those of its schedule.
 * @throws TransshipError SYNC_RULE_UNKNOWN, TEMPORAL_UNREACHABLE
 */
export async function beginComparison(
  context: ApiContext,
  name: string,
  { dryRun, mostDeletions, deleteRepositories }: CompareRequest,
  actor: Actor,
): Promise<AcceptedComparison> {
  const { catalogue, fleet, temporal } = context;
  if ((await catalogue.syncRules.get(name)) === null) throw await unknownRule(context, name);
  const id = newComparisonId();
  const allow = {
    ...(mostDeletions === undefined ? {} : { most: mostDeletions }),
    ...(deleteRepositories === undefined ? {} : { repositories: deleteRepositories }),
  };
  await startComparison(temporal, id, { name, by: actor.name, dryRun, allow });
  return {
    id,
    rule: name,
    links: {
      status: `/v1/sync-rules/${name}/comparisons/${id}`,
      temporalUi: uiLink(fleet.temporalUi, temporal.namespace, comparisonWorkflowId(name, id)),
    },
  };
}

/** @throws TransshipError NOT_FOUND, TEMPORAL_UNREACHABLE */
export async function showComparison(
  { temporal }: Pick<ApiContext, 'temporal'>,
  rule: string,
  id: string,
): Promise<ComparisonStatus> {
  const now = await comparisonNow(temporal, rule, id);
  if (now !== null) return { id, rule, ...now };
  throw new TransshipError('NOT_FOUND', `no comparison ${id} by rule ${rule}, or not any more`);
}

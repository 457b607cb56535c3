import { ApplicationFailure } from '@temporalio/workflow';
import { azLabel, type AzSetRef, type Spec } from '../../domain/types.ts';
import type { PlanReleaseInput } from '../../temporal/messages.ts';
import { planningActivities } from '../release/activities.ts';
import { troubleOf } from '../troubles.ts';

/** What examining says of a set that is there and cannot be taken over as it stands. */
const OF_A_STRANGER = ['FOREIGN_TEMPLATE', 'SERVICE_UNFIT', 'SET_NOT_AT_REST'];

/**
 * A first release makes its sets, so nothing may stand under their names.
 * @throws FOREIGN_TEMPLATE naming those where something does
 */
export async function refuseStrangers({ azSets, ref }: PlanReleaseInput['groups'][number], spec: Spec): Promise<void> {
  const found = await Promise.all(
    azSets.map(async ({ count: _count, ...set }) => ((await stands(set, ref, spec)) ? [set] : [])),
  );
  const names = found.flat().map((set) => `${set.name} (${azLabel(set)})`);
  if (names.length === 0) return;
  const { env, app, group } = ref;
  const message = `${names.join(', ')} is somebody else's: transship adopt ${app} ${group} --env ${env} takes it over, or name another set in the app file`;
  throw ApplicationFailure.nonRetryable(message, 'FOREIGN_TEMPLATE');
}

async function stands(set: AzSetRef, ref: PlanReleaseInput['groups'][number]['ref'], spec: Spec): Promise<boolean> {
  try {
    await planningActivities(set.idc, `look for ${set.name}`).examineSet({ set, ref, spec });
    return true;
  } catch (error) {
    const { code } = troubleOf(error);
    if (code === 'NOT_FOUND') return false;
    if (OF_A_STRANGER.includes(code)) return true;
    throw error;
  }
}

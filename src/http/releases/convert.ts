import { TransshipError } from '../../domain/errors.ts';
import { marathonsIn } from '../../domain/fleet.ts';
import type { Actor } from '../../domain/types.ts';
import type { ReleasePlan } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import type { ConversionRequest } from '../schemas/convert.ts';
import type { Accepted } from '../schemas/release.ts';
import { recoveryConfig } from './config.ts';
import { planMaintenance, writeMaintenance, type Maintained, type Maintenance } from './maintenance.ts';
import { acceptOnce } from './once.ts';
import { instanceRefs, releasedGroups, type ReleasedGroup } from './targets.ts';

export async function dryRunConversion(context: ApiContext, request: ConversionRequest): Promise<ReleasePlan> {
  return planMaintenance(context, await findConversion(context, request));
}

/**
 * Makes the sets of groups of another management, under their instances.
 * @throws TransshipError APP_UNKNOWN, ENVIRONMENT_UNKNOWN, GROUP_UNKNOWN, NOTHING_TO_DO, CLUSTER_UNABLE, GROUP_BUSY, GROUP_DIRTY;
 * of the plan SETS_MISSING, SET_NOT_AT_REST
 */
export async function convert(
  context: ApiContext,
  request: ConversionRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const write = async (id: string): Promise<void> =>
    writeMaintenance(context, await findConversion(context, request), { id, actor });
  return acceptOnce(context, { request: { convert: request }, actor, key, write });
}

async function findConversion(context: ApiContext, request: ConversionRequest): Promise<Maintenance> {
  const { app, env, to } = request;
  const released = await releasedGroups(context, request);
  checkAble(context, released, to);
  const groups = released.map(({ ref, azSets, instances, released: spec }): Maintained => ({
    ...{ ref, azSets, instances: instanceRefs(instances), spec, from: spec },
    convert: { to },
  }));
  return { flavor: 'convert', corrects: null, env, app, config: recoveryConfig(context), groups };
}

/** @throws CLUSTER_UNABLE where a set would stay as it is, for want of such sets in its cluster */
function checkAble({ fleet }: ApiContext, groups: readonly ReleasedGroup[], to: ConversionRequest['to']): void {
  if (to === 'parallel') return;
  const marathons = marathonsIn(fleet);
  const sets = groups.flatMap(({ azSets }) => azSets).filter(({ cluster }) => marathons.includes(cluster));
  if (sets.length === 0) return;
  const named = sets.map(({ name, cluster }) => `${name} in ${cluster}`).join(', ');
  throw new TransshipError('CLUSTER_UNABLE', `${named}: Marathon has no ordered sets`);
}

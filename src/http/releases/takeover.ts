import { TransshipError } from '../../domain/errors.ts';
import type { Actor } from '../../domain/types.ts';
import type { GroupTarget, ReleaseGroupInput, ReleasePlan } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import { groupOperationId } from '../ids.ts';
import type { Accepted } from '../schemas/release.ts';
import type { AdoptionRequest, DetachmentRequest } from '../schemas/takeover.ts';
import { planRelease } from '../temporal/plan.ts';
import { prepare } from './accept.ts';
import { admit } from './admission.ts';
import { recoveryConfig } from './config.ts';
import { planMaintenance, writeMaintenance, type Maintained, type Maintenance } from './maintenance.ts';
import { acceptOnce } from './once.ts';
import { operationRows } from './rows.ts';
import { findTargets, instanceRefs, releasedGroups, type Target } from './targets.ts';

const TAKEOVER = 'adopt';

export async function dryRunAdoption(context: ApiContext, request: AdoptionRequest): Promise<ReleasePlan> {
  return planAdoption(context, request, await findStrangers(context, request));
}

/**
 * Takes over sets that somebody else made, as groups of the app.
 * @throws TransshipError APP_UNKNOWN, ENVIRONMENT_UNKNOWN, GROUP_UNKNOWN, NOTHING_TO_DO, GROUP_BUSY, GROUP_DIRTY; of the plan
 * NOT_FOUND, IMAGE_UNKNOWN, FOREIGN_TEMPLATE, SERVICE_UNFIT, SET_NOT_AT_REST
 */
export async function adopt(
  context: ApiContext,
  request: AdoptionRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const write = async (id: string): Promise<void> => writeAdoption(context, request, actor, id);
  return acceptOnce(context, { request: { adopt: request }, actor, key, write });
}

async function writeAdoption(context: ApiContext, request: AdoptionRequest, actor: Actor, id: string): Promise<void> {
  const { app, env, version } = request;
  const targets = await findStrangers(context, request);
  const passed = await admit(
    context,
    targets.map(({ ref }) => ref),
    id,
  );
  const { groups: plans } = await planAdoption(context, request, targets);
  const config = recoveryConfig(context);
  const policy = context.policy === undefined ? {} : { policy: context.policy };
  const groups: ReleaseGroupInput[] = [];
  for (const [at, target] of targets.entries()) {
    const plan = plans[at];
    if (plan === undefined) throw new Error(`there is no plan for ${target.ref.group}`);
    const operation = groupOperationId(id, target.ref.group);
    const prepared = await prepare(context, target, plan);
    groups.push({ ...prepared, operation, root: id, actor, config, flavor: TAKEOVER, takeover: TAKEOVER, ...policy });
  }
  const { namespace } = context.temporal;
  const rows = operationRows({ operation: id, env, app, version, actor, groups, ...policy }, { namespace });
  await context.catalogue.operations.create(rows, { passed });
}

/** @throws NOTHING_TO_DO where a group is ours already */
async function findStrangers(context: ApiContext, request: AdoptionRequest): Promise<Target[]> {
  const { app, env } = request;
  const targets = await findTargets(context, request);
  const rows = await context.catalogue.groups.ofApp(env, app);
  const ours = rows.filter((row) => row.released !== null && targets.some(({ ref }) => ref.group === row.ref.group));
  if (ours.length === 0) return targets;
  const names = ours.map(({ ref, released }) => `${ref.group} (${released?.version ?? ''})`).join(', ');
  throw new TransshipError('NOTHING_TO_DO', `${names} in ${env} is released by Transship already`);
}

async function planAdoption(
  context: ApiContext,
  { app, env, version }: AdoptionRequest,
  targets: (GroupTarget & Pick<Target, 'draft'>)[],
): Promise<ReleasePlan> {
  const groups = targets.map((target) => ({ ...target, takeover: TAKEOVER }) as const);
  return planRelease(context.temporal, { app, env, version, config: recoveryConfig(context), groups });
}

export async function dryRunDetachment(context: ApiContext, request: DetachmentRequest): Promise<ReleasePlan> {
  return planMaintenance(context, await findOwn(context, request));
}

/**
 * Leaves the sets of groups to whoever has them then.
 * @throws TransshipError APP_UNKNOWN, ENVIRONMENT_UNKNOWN, GROUP_UNKNOWN, NOTHING_TO_DO, GROUP_BUSY, GROUP_DIRTY
 */
export async function detach(
  context: ApiContext,
  request: DetachmentRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const write = async (id: string): Promise<void> =>
    writeMaintenance(context, await findOwn(context, request), { id, actor });
  return acceptOnce(context, { request: { detach: request }, actor, key, write });
}

async function findOwn(context: ApiContext, request: DetachmentRequest): Promise<Maintenance> {
  const { app, env } = request;
  const groups = (await releasedGroups(context, request)).map(
    ({ ref, azSets, instances, released: spec }): Maintained => ({
      ...{ ref, azSets, instances: instanceRefs(instances), spec, from: spec },
      takeover: 'detach',
    }),
  );
  return { flavor: 'detach', corrects: null, env, app, config: recoveryConfig(context), groups };
}

import { TransshipError } from '../../domain/errors.ts';
import type { Actor } from '../../domain/types.ts';
import type { GroupPlan, ReleaseGroupInput, ReleasePlan } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import { groupOperationId } from '../ids.ts';
import type { Accepted, ReleaseRequest } from '../schemas/release.ts';
import { planRelease } from '../temporal/plan.ts';
import { admit } from './admission.ts';
import { releaseConfig } from './config.ts';
import { acceptOnce } from './once.ts';
import { operationRows } from './rows.ts';
import { findTargets, type Target } from './targets.ts';

/** The plan alone: checks nothing that may change by the time of the release, writes nothing. */
export async function dryRunRelease(context: ApiContext, request: ReleaseRequest): Promise<ReleasePlan> {
  const config = releaseConfig(context, request.env, request.config);
  const targets = await findTargets(context, request);
  await refuseDisabled(context, request);
  return plan(context, request, config, targets);
}

/**
 * Accepts a release: looks, plans, writes its rows, starts its workflow.
 * @throws TransshipError any refusal
 */
export async function acceptRelease(
  context: ApiContext,
  request: ReleaseRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  return acceptOnce(context, { request, actor, key, write: (id) => write(context, request, actor, id) });
}

async function write(context: ApiContext, request: ReleaseRequest, actor: Actor, id: string): Promise<void> {
  const config = releaseConfig(context, request.env, request.config);
  const targets = await findTargets(context, request);
  await refuseDisabled(context, request);
  const passed = await admit(
    context,
    targets.map(({ ref }) => ref),
    id,
  );

  const { groups: plans } = await plan(context, request, config, targets);
  const released = targets.flatMap((target) => {
    const found = plans.find(({ ref }) => ref.group === target.ref.group);
    return found === undefined || found.mode === 'none' ? [] : [{ target, plan: found }];
  });
  if (released.length === 0) {
    const names = targets.map(({ ref }) => ref.group).join(', ');
    throw new TransshipError('NOTHING_TO_DO', `${names} in ${request.env} already runs ${request.version}`);
  }

  const policy = context.policy === undefined ? {} : { policy: context.policy };
  const groups: ReleaseGroupInput[] = [];
  for (const { target, plan: groupPlan } of released) {
    groups.push({
      ...(await prepare(context, target, groupPlan)),
      operation: groupOperationId(id, target.ref.group),
      root: id,
      actor,
      config,
      ...policy,
    });
  }
  const { app, env, version } = request;
  const { namespace } = context.temporal;
  const created = operationRows({ operation: id, env, app, version, actor, groups, ...policy }, { namespace });
  await context.catalogue.operations.create(created, { passed });
}

/** @throws VERSION_DISABLED */
async function refuseDisabled({ catalogue }: ApiContext, { app, version }: ReleaseRequest): Promise<void> {
  const held = await catalogue.versions.disabled(app, version);
  if (held === null) return;
  const { operation, reason, actor, disabledAt } = held;
  throw new TransshipError(
    'VERSION_DISABLED',
    `${app} ${version} was disabled at ${disabledAt} by ${actor.name} (${operation}): ${reason}`,
  );
}

/** The group's rows and its numbered spec; safe to repeat. */
async function prepare(
  { catalogue: { groups } }: ApiContext,
  { ref, azSets, instances, draft }: Target,
  { images }: GroupPlan,
): Promise<Pick<ReleaseGroupInput, 'ref' | 'azSets' | 'instances' | 'spec' | 'from'>> {
  const { released: from } = await groups.ensure(ref, azSets, instances);
  const { version, template, health, ports, traffic } = draft;
  const spec = await groups.addSpec(ref, { version, template, images, health, ports, traffic });
  return { ref, azSets, instances, spec, from };
}

async function plan(
  context: ApiContext,
  { app, env, version }: ReleaseRequest,
  config: ReturnType<typeof releaseConfig>,
  groups: Target[],
): Promise<ReleasePlan> {
  return planRelease(context.temporal, { app, env, version, config, groups });
}

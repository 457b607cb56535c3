import type { OperationRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import { isTerminal } from '../../domain/states.ts';
import type { Actor, ReleaseConfig } from '../../domain/types.ts';
import type { GroupPlan, ReleaseGroupInput, ReleasePlan } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import { groupOperationId } from '../ids.ts';
import type { Accepted, ReleaseRequest } from '../schemas/release.ts';
import { planRelease } from '../temporal/plan.ts';
import { admit } from './admission.ts';
import { releaseConfig } from './config.ts';
import { getRelease } from './find.ts';
import { acceptOnce } from './once.ts';
import { operationRows } from './rows.ts';
import { imageSources } from './sources.ts';
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
  const config = releaseConfig(context, request.env, request.config);
  return acceptOnce(context, { request, actor, key, write: (id) => write(context, request, config, actor, id) });
}

/**
 * Checks, plans and writes a release under that id.
 * @param pinned repository → digest that it brings, whatever the tag says
 * @throws TransshipError any refusal
 */
export async function writeRelease(
  context: ApiContext,
  request: ReleaseRequest,
  actor: Actor,
  id: string,
  pinned: Record<string, string>,
): Promise<void> {
  await write(context, request, releaseConfig(context, request.env, request.config), actor, id, pinned);
}

/**
 * Releases again what a release did not bring: the same version and knobs, to the groups that did not end in SUCCESS.
 * @throws TransshipError COMMAND_ILLEGAL while it runs; NOTHING_TO_DO where every group has succeeded; any refusal
 */
export async function retryRelease(
  context: ApiContext,
  id: string,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const { row, children } = await getRelease(context, id);
  if (!isTerminal(row.state)) throw new TransshipError('COMMAND_ILLEGAL', `${id} is ${row.state}: resume it, or abort`);
  if (row.flavor !== 'release') {
    throw new TransshipError('COMMAND_ILLEGAL', `${id} is a ${row.flavor}: what it left is for repair`);
  }
  const left = children.filter(({ state }) => state !== 'SUCCESS');
  if (left.length === 0) throw new TransshipError('NOTHING_TO_DO', `every group of ${id} has succeeded`);
  const again = (release: string): Promise<void> => writeAgain(context, row, left, actor, release);
  return acceptOnce(context, { request: { retry: id }, actor, key, write: again });
}

/**
 * Queues a release once more, for groups of it, with the same knobs.
 * @param options.check throws where that is not to be: asked before it is written
 */
export async function againQueued(
  context: ApiContext,
  row: OperationRow,
  groups: OperationRow[],
  { actor, key, check }: { actor: Actor; key: string | undefined; check: () => Promise<void> },
): Promise<Accepted> {
  const again = async (release: string): Promise<void> => {
    await check();
    await writeAgain(context, row, groups, actor, release, 'queue');
  };
  return acceptOnce(context, { request: { yield: row.id }, actor, key, write: again });
}

/** The same version and knobs again. */
async function writeAgain(
  context: ApiContext,
  { app, env, version }: OperationRow,
  groups: OperationRow[],
  actor: Actor,
  id: string,
  onBusy: NonNullable<ReleaseRequest['onBusy']> = 'reject',
): Promise<void> {
  const request = { app, env, version, groups: groups.map(({ group }) => group ?? ''), onBusy };
  const { config, joined } = groups[0]?.input as ReleaseGroupInput;
  await write(context, joined === undefined ? request : { ...request, joined: true }, config, actor, id);
}

async function write(
  context: ApiContext,
  request: ReleaseRequest,
  config: ReleaseConfig,
  actor: Actor,
  id: string,
  pinned: Record<string, string> = {},
): Promise<void> {
  const targets = await findTargets(context, request);
  await refuseDisabled(context, request);
  const refs = targets.map(({ ref }) => ref);
  const { onBusy = 'reject' } = request;
  const queued = onBusy !== 'reject';
  const passed = await admit(context, refs, id, { queued });

  const { groups: plans } = await plan(context, request, config, targets, pinned);
  const released = targets.flatMap((target) => {
    const found = plans.find(({ ref }) => ref.group === target.ref.group);
    // What is queued meets another version when its turn comes.
    const needed = found !== undefined && (queued || found.mode !== 'none');
    return needed ? [{ target, plan: found }] : [];
  });
  if (released.length === 0) {
    const names = targets.map(({ ref }) => ref.group).join(', ');
    throw new TransshipError('NOTHING_TO_DO', `${names} in ${request.env} already runs ${request.version}`);
  }

  const policy = context.policy === undefined ? {} : { policy: context.policy };
  const names = released.map(({ target }) => target.ref.group);
  const isJoined = request.joined === true && names.length > 1;
  const groups: ReleaseGroupInput[] = [];
  for (const { target, plan: groupPlan } of released) {
    groups.push({
      ...(await prepare(context, target, groupPlan)),
      operation: groupOperationId(id, target.ref.group),
      root: id,
      actor,
      config,
      ...(groupPlan.missing === undefined ? {} : { missing: groupPlan.missing }),
      ...(isJoined ? { joined: names } : {}),
      ...policy,
    });
  }
  const { app, env, version } = request;
  const { namespace } = context.temporal;
  const input = {
    operation: id,
    env,
    app,
    version,
    actor,
    groups,
    ...policy,
    ...(onBusy === 'reject' ? {} : { onBusy }),
  };
  const created = operationRows(input, { namespace });
  await context.catalogue.operations.create(created, queued ? { queued } : { passed });
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
export async function prepare(
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
  { app, env, version, onBusy = 'reject' }: ReleaseRequest,
  config: ReleaseConfig,
  targets: Target[],
  pinned: Record<string, string> = {},
): Promise<ReleasePlan> {
  // What is ahead may be creating it just now.
  const groups = targets.map((target) => ({ ...target, partial: onBusy !== 'reject' }));
  const wanted = targets.map(({ azSets, draft }) => ({
    azSets,
    images: Object.values(draft.repositories).map((repository) => ({ repository, tag: version })),
  }));
  const sources = await imageSources(context, wanted);
  return planRelease(context.temporal, { app, env, version, config, groups, pinned, sources });
}

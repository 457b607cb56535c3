import { createHash } from 'node:crypto';
import type { OperationRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import type { Actor } from '../../domain/types.ts';
import type { GroupPlan, ReleaseAppInput, ReleaseGroupInput, ReleasePlan } from '../../temporal/messages.ts';
import { groupWorkflowId, releaseWorkflowId } from '../../temporal/names.ts';
import type { ApiContext } from '../context.ts';
import { groupOperationId, newReleaseId } from '../ids.ts';
import type { Accepted, ReleaseRequest } from '../schemas/release.ts';
import { planRelease } from '../temporal/plan.ts';
import { admit } from './admission.ts';
import { beginRelease } from './begin.ts';
import { releaseConfig } from './config.ts';
import { findTargets, type Target } from './targets.ts';
import { links } from './view.ts';

/** The plan alone: checks nothing that may change by the time of the release, writes nothing. */
export async function dryRunRelease(context: ApiContext, request: ReleaseRequest): Promise<ReleasePlan> {
  const config = releaseConfig(context, request.env, request.config);
  return plan(context, request, config, await findTargets(context, request));
}

/**
 * Accepts a release: looks, plans, writes its rows, starts its workflow. Once the rows are there it is accepted: where
 * the API or Temporal dies before the start, it is started later (see beginUnstarted).
 *
 * With a key, the same request again finds the same release, finishes what is missing and answers the same. A refusal
 * gives the key back.
 * @throws TransshipError any refusal; IDEMPOTENCY_KEY_REUSED
 */
export async function acceptRelease(
  context: ApiContext,
  request: ReleaseRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  if (key === undefined) return accept(context, request, actor, newReleaseId());

  const { idempotency, operations } = context.catalogue;
  const body = createHash('sha256').update(canonical(request)).digest('hex');
  const reserved = await idempotency.reserve(actor.name, key, body, newReleaseId());
  if (!reserved.fresh && reserved.response !== null) return reserved.response as Accepted;
  try {
    const accepted = await accept(context, request, actor, reserved.operation);
    await idempotency.complete(actor.name, key, accepted);
    return accepted;
  } catch (error) {
    if ((await operations.get(reserved.operation)) === null) await idempotency.forget(actor.name, key);
    throw error;
  }
}

async function accept(context: ApiContext, request: ReleaseRequest, actor: Actor, id: string): Promise<Accepted> {
  const { operations } = context.catalogue;
  let row = await operations.get(id);
  if (row === null) {
    await write(context, request, actor, id);
    row = await operations.get(id);
  }
  if (row === null) throw new Error(`release ${id} was written and is not there`);
  if (row.startedAt === null) await beginRelease(context, row);
  return { id, state: row.state, links: links(context, id) };
}

async function write(context: ApiContext, request: ReleaseRequest, actor: Actor, id: string): Promise<void> {
  const config = releaseConfig(context, request.env, request.config);
  const targets = await findTargets(context, request);
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
  const created = rows({ operation: id, env, app, version, actor, groups, ...policy });
  await context.catalogue.operations.create(created, { passed });
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

type NewRow = Pick<
  OperationRow,
  'id' | 'kind' | 'root' | 'env' | 'app' | 'group' | 'version' | 'workflowId' | 'input' | 'actor'
>;

function rows(input: ReleaseAppInput): NewRow[] {
  const { operation: root, env, app, version, actor } = input;
  const shared = { root, env, app, version, actor };
  return [
    { ...shared, id: root, kind: 'releaseApp', group: null, workflowId: releaseWorkflowId(root), input },
    ...input.groups.map((group): NewRow => ({
      ...shared,
      id: group.operation,
      kind: 'releaseGroup',
      group: group.ref.group,
      workflowId: groupWorkflowId(group.ref),
      input: group,
    })),
  ];
}

async function plan(
  context: ApiContext,
  { app, env, version }: ReleaseRequest,
  config: ReturnType<typeof releaseConfig>,
  groups: Target[],
): Promise<ReleasePlan> {
  return planRelease(context.temporal, { app, env, version, config, groups });
}

/** The same text for the same request, whatever the order of its keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

import { resolveGates } from '../../domain/gates.ts';
import type { Actor, Flavor, ReleaseConfig, Spec } from '../../domain/types.ts';
import type { ReleaseGroupInput, ReleasePlan, SpecDraft } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import { groupOperationId } from '../ids.ts';
import { planRelease } from '../temporal/plan.ts';
import { admit } from './admission.ts';
import { operationRows } from './rows.ts';

/** A rollback or repair goes in batches of half the group: what runs is bad, and every minute counts. */
const BATCH_PERCENT = 50;

/** A group that is brought to a spec that is in the catalogue already. */
export type Recovering = Pick<
  ReleaseGroupInput,
  'ref' | 'azSets' | 'instances' | 'spec' | 'from' | 'over' | 'disables' | 'remove'
>;

/** A rollback or repair, of groups of one app in one environment. */
export interface Recovery {
  flavor: Exclude<Flavor, 'release'>;
  /** What it puts right. */
  corrects: string;
  env: string;
  app: string;
  groups: Recovering[];
}

/** What it would do. Nothing is written. */
export async function planRecovery(context: ApiContext, { env, app, groups }: Recovery): Promise<ReleasePlan> {
  const replaced = groups.filter(({ remove }) => remove !== true);
  const version = versionsOf(groups);
  if (replaced.length === 0) return { env, app, version, groups: [] };
  return planRelease(context.temporal, {
    env,
    app,
    version,
    config: recoveryConfig(context),
    groups: replaced.map(({ ref, azSets, instances, spec, from }) => ({
      ...{ ref, azSets, instances, spec, draft: draftOf(spec) },
      partial: from === null,
    })),
    bastion: false,
  });
}

/**
 * Admits, plans and writes it.
 * @throws TransshipError GROUP_BUSY, GROUP_DIRTY (by another operation than is put right); any of the plan
 */
export async function writeRecovery(
  context: ApiContext,
  recovery: Recovery,
  { id, actor }: { id: string; actor: Actor },
): Promise<void> {
  const { flavor, corrects, env, app } = recovery;
  const over = new Map(recovery.groups.map(({ ref, over: left }) => [ref.group, left]));
  const refs = recovery.groups.map(({ ref }) => ref);
  const passed = await admit(context, refs, id, { over });
  // What cannot be done is refused before anything moves.
  await planRecovery(context, recovery);

  const policy = context.policy === undefined ? {} : { policy: context.policy };
  const config = recoveryConfig(context);
  const groups = recovery.groups.map((group): ReleaseGroupInput => ({
    ...group,
    ...{ operation: groupOperationId(id, group.ref.group), root: id, actor, config, flavor },
    ...policy,
  }));
  const version = versionsOf(groups);
  const { namespace } = context.temporal;
  const rows = operationRows({ operation: id, env, app, version, actor, groups, ...policy }, { namespace, corrects });
  await context.catalogue.operations.create(rows, { passed });
}

function recoveryConfig({ fleet: { limits } }: ApiContext): ReleaseConfig {
  const { drainSeconds, gateHours, remindHours } = limits;
  const batchPercent = Math.min(BATCH_PERCENT, limits.maxBatchPercent);
  return { batchPercent, pauseSeconds: 0, drainSeconds, gateHours, remindHours, gates: resolveGates() };
}

/** Versions that the groups come to, named once each. */
function versionsOf(groups: Pick<ReleaseGroupInput, 'spec'>[]): string {
  return [...new Set(groups.map(({ spec }) => spec.version))].join(', ');
}

function draftOf({ version, template, health, ports, traffic, images }: Spec): SpecDraft {
  const repositories = Object.fromEntries(Object.entries(images).map(([name, { repository }]) => [name, repository]));
  return { version, template, health, ports, traffic, repositories };
}

import { TransshipError } from '../../domain/errors.ts';
import { isUndoable, type Actor, type Flavor, type ReleaseConfig, type Spec } from '../../domain/types.ts';
import type { ReleaseGroupInput, ReleasePlan, SpecDraft } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import { groupOperationId } from '../ids.ts';
import { planRelease } from '../temporal/plan.ts';
import { admit } from './admission.ts';
import { operationRows } from './rows.ts';
import { imageSources } from './sources.ts';

/** A group that is brought to a spec that is in the catalogue already. */
export type Maintained = Pick<
  ReleaseGroupInput,
  | 'ref'
  | 'azSets'
  | 'instances'
  | 'spec'
  | 'from'
  | 'over'
  | 'disables'
  | 'sizes'
  | 'takeover'
  | 'convert'
  | 'only'
  | 'remove'
>;

/** What brings no new version: a restart, scale, detachment, conversion, rollback or repair, of groups of one app in one environment. */
export interface Maintenance {
  flavor: Exclude<Flavor, 'release'>;
  /** What a rollback or repair puts right. */
  corrects: string | null;
  env: string;
  app: string;
  config: ReleaseConfig;
  groups: Maintained[];
}

/** What it would do. Nothing is written. */
export async function planMaintenance(
  context: ApiContext,
  { flavor, env, app, config, groups }: Maintenance,
): Promise<ReleasePlan> {
  const replaced = groups.filter(({ remove }) => remove !== true);
  const version = versionsOf(groups);
  if (replaced.length === 0) return { env, app, version, groups: [] };
  const wanted = replaced.map(({ azSets, spec }) => ({ azSets, images: Object.values(spec.images) }));
  const sources = await imageSources(context, wanted);
  return planRelease(context.temporal, {
    env,
    app,
    version,
    config,
    groups: replaced.map(({ ref, azSets, instances, spec, from, only, sizes, takeover, convert }) => ({
      ...{ ref, azSets, instances, spec, draft: draftOf(spec) },
      partial: from === null,
      ...(flavor === 'repair' ? { overwrite: true } : {}),
      ...(flavor === 'restart' ? { restart: only === undefined ? {} : { only } } : {}),
      ...(sizes === undefined ? {} : { scale: { sizes } }),
      ...(takeover === undefined ? {} : { takeover }),
      ...(convert === undefined ? {} : { convert }),
    })),
    bastion: isUndoable(flavor),
    sources,
  });
}

/**
 * Admits, plans and writes it.
 * @throws TransshipError GROUP_BUSY, GROUP_DIRTY (by another operation than is put right); any of the plan
 */
export async function writeMaintenance(
  context: ApiContext,
  maintenance: Maintenance,
  { id, actor }: { id: string; actor: Actor },
): Promise<void> {
  const { flavor, corrects, env, app, config } = maintenance;
  const over = new Map(maintenance.groups.map(({ ref, over: left }) => [ref.group, left]));
  const refs = maintenance.groups.map(({ ref }) => ref);
  const passed = await admit(context, refs, id, { over });
  // What cannot be done is refused before anything moves.
  const plan = await planMaintenance(context, maintenance);
  const needed = (group: string): boolean =>
    over.get(group) !== undefined || plan.groups.find(({ ref }) => ref.group === group)?.mode !== 'none';
  if (flavor === 'repair' && !refs.some(({ group }) => needed(group)))
    throw new TransshipError('NOT_DIRTY', `${env}/${app} is at rest, as it was released: there is nothing to repair`);

  const isNothing = plan.groups.every(({ mode }) => mode === 'none');
  if (flavor === 'scale' && isNothing)
    throw new TransshipError('NOTHING_TO_DO', `${env}/${app} has that many instances already`);
  if (flavor === 'convert' && isNothing)
    throw new TransshipError('NOTHING_TO_DO', `every set of ${env}/${app} is like that already`);

  const policy = context.policy === undefined ? {} : { policy: context.policy };
  const groups = maintenance.groups.map((group): ReleaseGroupInput => {
    const { missing } = plan.groups.find(({ ref }) => ref.group === group.ref.group) ?? {};
    return {
      ...group,
      ...{ operation: groupOperationId(id, group.ref.group), root: id, actor, config, flavor },
      ...(missing === undefined ? {} : { missing }),
      ...policy,
    };
  });
  const version = versionsOf(groups);
  const { namespace } = context.temporal;
  const rows = operationRows({ operation: id, env, app, version, actor, groups, ...policy }, { namespace, corrects });
  await context.catalogue.operations.create(rows, { passed });
}

/** Versions that the groups come to, named once each. */
function versionsOf(groups: Pick<ReleaseGroupInput, 'spec'>[]): string {
  return [...new Set(groups.map(({ spec }) => spec.version))].join(', ');
}

function draftOf({ version, template, health, ports, traffic, images }: Spec): SpecDraft {
  const repositories = Object.fromEntries(Object.entries(images).map(([name, { repository }]) => [name, repository]));
  return { version, template, health, ports, traffic, repositories };
}

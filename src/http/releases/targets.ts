import type { GroupRow } from '../../catalogue/types.ts';
import type { AppDefinition, GroupDefinition } from '../../domain/app.ts';
import { TransshipError } from '../../domain/errors.ts';
import { layoutGroup } from '../../domain/layout.ts';
import type { InstanceRef, Spec } from '../../domain/types.ts';
import type { GroupTarget, SpecDraft } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import type { ReleaseRequest } from '../schemas/release.ts';

/** A group that a release is asked for, with all that the catalogue and the fleet file say about it. */
export type Target = GroupTarget & { draft: SpecDraft };

/**
 * The groups asked for, in the order of the app file.
 * @throws TransshipError APP_UNKNOWN, ENVIRONMENT_UNKNOWN, GROUP_UNKNOWN
 */
export async function findTargets(context: ApiContext, request: ReleaseRequest): Promise<Target[]> {
  const { fleet, catalogue } = context;
  const { app, env, version } = request;
  const definition = await definitionIn(context, app, env);
  const rows = await catalogue.groups.ofApp(env, app);
  return choose(definition, request).map((group) => {
    // Where a group stands is what the catalogue says; the layout is for its first release.
    const row = rows.find(({ ref }) => ref.group === group.name);
    const { ref, azSets, instances } = row ?? layoutGroup(definition, group.name, env, fleet);
    return {
      ref,
      azSets,
      instances: instanceRefs(instances),
      draft: draftSpec(group, version),
    };
  });
}

/**
 * The groups of an app in an environment as they stand, in the order of the app file.
 * @throws TransshipError APP_UNKNOWN, ENVIRONMENT_UNKNOWN, GROUP_UNKNOWN; NOTHING_TO_DO where none was ever released
 */
export async function standingGroups(context: ApiContext, app: string, env: string): Promise<GroupRow[]> {
  const definition = await definitionIn(context, app, env);
  const rows = await context.catalogue.groups.ofApp(env, app);
  const standing = choose(definition, { env }).flatMap(({ name }) => rows.find(({ ref }) => ref.group === name) ?? []);
  if (standing.length > 0) return standing;
  throw new TransshipError('NOTHING_TO_DO', `${app} was never released in ${env}`);
}

/** A group that has been released, and what it runs. */
export type ReleasedGroup = GroupRow & { released: Spec };

/**
 * Those of them that have been released, and that were asked for.
 * @throws as standingGroups
 */
export async function releasedGroups(
  context: ApiContext,
  { app, env, groups: wanted }: { app: string; env: string; groups?: string[] | undefined },
): Promise<ReleasedGroup[]> {
  const rows = await standingGroups(context, app, env);
  const names = rows.map(({ ref }) => ref.group);
  const unknown = wanted?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) {
    const message = `${app} in ${env} has no ${unknown.join(', ')}; its groups are ${names.join(', ')}`;
    throw new TransshipError('GROUP_UNKNOWN', message);
  }
  const released = rows.flatMap((row): ReleasedGroup[] => {
    const { released: spec } = row;
    return spec === null || wanted?.includes(row.ref.group) === false ? [] : [{ ...row, released: spec }];
  });
  if (released.length > 0) return released;
  throw new TransshipError('NOTHING_TO_DO', `no group of ${app} in ${env} is released by Transship`);
}

/** @throws APP_UNKNOWN, ENVIRONMENT_UNKNOWN */
async function definitionIn({ fleet, catalogue }: ApiContext, app: string, env: string): Promise<AppDefinition> {
  const known = fleet.environments.map(({ name }) => name);
  if (!known.includes(env)) {
    throw new TransshipError(
      'ENVIRONMENT_UNKNOWN',
      `no environment ${env} in the fleet file, which has ${known.join(', ')}`,
    );
  }
  return appDefinition({ catalogue }, app);
}

/** @throws APP_UNKNOWN */
export async function appDefinition({ catalogue }: Pick<ApiContext, 'catalogue'>, app: string): Promise<AppDefinition> {
  const applied = await catalogue.apps.get(app);
  if (applied === null) throw new TransshipError('APP_UNKNOWN', `no app ${app} has been applied`);
  return applied.definition;
}

/** Instances without what they were last seen to hold. */
export function instanceRefs(instances: readonly InstanceRef[]): InstanceRef[] {
  return instances.map(({ index, name, azSet, member }) => ({ index, name, azSet, member }));
}

function choose(
  definition: AppDefinition,
  { env, groups: wanted }: Pick<ReleaseRequest, 'env' | 'groups'>,
): GroupDefinition[] {
  const here = definition.groups.filter(({ environment }) => environment === env);
  const names = here.map(({ name }) => name);
  if (here.length === 0) throw new TransshipError('GROUP_UNKNOWN', `app ${definition.app} has no group in ${env}`);
  const unknown = wanted?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) {
    throw new TransshipError(
      'GROUP_UNKNOWN',
      `app ${definition.app} has no group ${unknown.join(', ')} in ${env}; it has ${names.join(', ')}`,
      {
        places: unknown.map((name) => ({ path: `groups[${wanted?.indexOf(name) ?? 0}]`, message: `no group ${name}` })),
      },
    );
  }
  return wanted === undefined ? here : here.filter(({ name }) => wanted.includes(name));
}

function draftSpec({ template, images, health, ports, traffic }: GroupDefinition, version: string): SpecDraft {
  return { version, template, repositories: images, health, ports, traffic };
}

import type { GroupRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import { spread, type SizedSet } from '../../domain/size.ts';
import type { Actor } from '../../domain/types.ts';
import type { ReleasePlan } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import type { Accepted } from '../schemas/release.ts';
import type { ScaleRequest } from '../schemas/scale.ts';
import { scaleConfig } from './config.ts';
import { planMaintenance, writeMaintenance, type Maintenance } from './maintenance.ts';
import { acceptOnce } from './once.ts';
import { instanceRefs, standingGroups } from './targets.ts';

export async function dryRunScale(context: ApiContext, request: ScaleRequest): Promise<ReleasePlan> {
  return planMaintenance(context, await findScale(context, request));
}

/**
 * Changes how many instances a group has.
 * @throws TransshipError APP_UNKNOWN, ENVIRONMENT_UNKNOWN, GROUP_UNKNOWN, NOTHING_TO_DO, GROUP_BUSY, GROUP_DIRTY,
 * REQUEST_INVALID; SIZE_AUTOMATIC, SET_NOT_AT_REST of the plan
 */
export async function scale(
  context: ApiContext,
  request: ScaleRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const write = async (id: string): Promise<void> =>
    writeMaintenance(context, await findScale(context, request), { id, actor });
  return acceptOnce(context, { request: { scale: request }, actor, key, write });
}

async function findScale(context: ApiContext, request: ScaleRequest): Promise<Maintenance> {
  const { app, env, config } = request;
  const row = chosen(await standingGroups(context, app, env), request);
  const { ref, azSets, released: spec, instances } = row;
  if (spec === null) {
    throw new TransshipError('NOTHING_TO_DO', `${ref.group} in ${env} was never released: its app file says its size`);
  }
  const sized = sizesOf(row, request);
  if (sized.every(({ count }) => count === 0))
    throw new TransshipError('REQUEST_INVALID', `${ref.group} would be left without any instance`);
  const sizes = Object.fromEntries(sized.map(({ name, count }) => [name, count]));
  return {
    ...{ flavor: 'scale', corrects: null, env, app },
    config: scaleConfig(context, config),
    groups: [{ ref, azSets, spec, from: spec, instances: instanceRefs(instances), sizes }],
  };
}

/** @throws GROUP_UNKNOWN where none of that name stands, or several stand and none is named */
function chosen(rows: GroupRow[], { app, env, group }: ScaleRequest): GroupRow {
  const [first, ...others] = rows.filter(({ ref }) => group === undefined || ref.group === group);
  const names = rows.map(({ ref }) => ref.group).join(', ');
  if (first === undefined)
    throw new TransshipError('GROUP_UNKNOWN', `${app} in ${env} has no group ${group ?? ''}; its groups are ${names}`);
  if (others.length > 0)
    throw new TransshipError('GROUP_UNKNOWN', `${app} in ${env} has several groups, so say which: ${names}`);
  return first;
}

/** @throws REQUEST_INVALID where the group has no AzSet in a place */
function sizesOf({ ref, azSets }: GroupRow, { instances, places = [] }: ScaleRequest): SizedSet[] {
  if (instances !== undefined) return spread(azSets, instances);
  const unknown = places.find((place) => !azSets.some((set) => isAt(set, place)));
  if (unknown !== undefined) {
    const known = azSets.map(({ cluster, az }) => `${cluster}/${az}`).join(', ');
    const message = `${ref.group} has no AzSet at ${unknown.cluster}/${unknown.az}; it has ${known}`;
    const path = `places[${String(places.indexOf(unknown))}]`;
    throw new TransshipError('REQUEST_INVALID', message, { places: [{ path, message }] });
  }
  return azSets.map((set) => ({ ...set, count: places.find((place) => isAt(set, place))?.instances ?? set.count }));
}

function isAt(set: SizedSet, { cluster, az }: { cluster: string; az: string }): boolean {
  return set.cluster === cluster && set.az === az;
}

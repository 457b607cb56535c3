import type { AppDefinition } from './app.ts';
import { TransshipError } from './errors.ts';
import type { Fleet } from './fleet.ts';
import { memberName } from './member.ts';
import { MAX_SET_NAME, setName } from './set-name.ts';
import type { AzSetRef, GroupRef, InstanceRef } from './types.ts';

export interface GroupLayout {
  ref: GroupRef;
  azSets: (AzSetRef & { count: number })[];
  instances: InstanceRef[];
}

/**
 * Where the instances of a group live: AzSets named `<app>-<group>-<az>` (with `-<cluster>` where the group stands in
 * several clusters that have an AZ of that name, so that members' names are unique in the group), instances numbered
 * round robin over the AzSets in the order of the app file: 0 in the first, 1 in the next, …; an AzSet that is full is
 * passed over. `member` is `<set>-<ordinal>`.
 * Pure and stable: the same definition always gives the same layout, whatever else the fleet comes to hold.
 *
 * @throws TransshipError GROUP_UNKNOWN, ENVIRONMENT_UNKNOWN; APP_INVALID where a cluster or AZ is not in the fleet or a
 * name comes out too long
 */
export function layoutGroup(definition: AppDefinition, group: string, env: string, fleet: Fleet): GroupLayout {
  const found = definition.groups.find((candidate) => candidate.name === group && candidate.environment === env);
  if (found === undefined) {
    throw new TransshipError('GROUP_UNKNOWN', `app ${definition.app} has no group ${group} in ${env}`);
  }
  const namespace = namespaceOf(fleet, env);
  const azSets = found.placement.map((place) => {
    const name = setName(definition.app, found, place);
    const refuse = (fault: string): never => {
      throw new TransshipError('APP_INVALID', `group ${group} in ${env}: ${fault}`);
    };
    const idc = fleet.idcs.find(({ clusters }) => clusters.some((cluster) => cluster.name === place.cluster));
    const cluster = idc?.clusters.find((candidate) => candidate.name === place.cluster);
    if (idc === undefined || cluster === undefined) return refuse(`no cluster ${place.cluster} in the fleet file`);
    if (!cluster.azs.includes(place.az)) return refuse(`cluster ${place.cluster} has no AZ ${place.az}`);
    if (name.length > MAX_SET_NAME)
      return refuse(`the set name ${name} has ${name.length} characters, ${MAX_SET_NAME} fit`);
    return { idc: idc.name, az: place.az, cluster: place.cluster, namespace, name, count: place.instances };
  });
  return { ref: { env, app: definition.app, group }, azSets, instances: dealInstances(group, azSets) };
}

/**
 * Kubernetes namespace of an environment's sets, the same in every cluster.
 * @throws TransshipError ENVIRONMENT_UNKNOWN
 */
export function namespaceOf(fleet: Fleet, env: string): string {
  const found = fleet.environments.find(({ name }) => name === env);
  if (found === undefined) {
    const known = fleet.environments.map(({ name }) => name).join(', ');
    throw new TransshipError('ENVIRONMENT_UNKNOWN', `no environment ${env} in the fleet file, which has ${known}`);
  }
  return found.namespace;
}

function dealInstances(group: string, azSets: (AzSetRef & { count: number })[]): InstanceRef[] {
  const rounds = Math.max(0, ...azSets.map(({ count }) => count));
  const instances: InstanceRef[] = [];
  for (let ordinal = 0; ordinal < rounds; ordinal++) {
    for (const { count, ...azSet } of azSets) {
      if (ordinal >= count) continue;
      const index = instances.length;
      instances.push({ index, name: `${group}-${index}`, azSet, member: memberName(azSet.name, ordinal) });
    }
  }
  return instances;
}

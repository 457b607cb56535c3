import { TransshipError } from '../../domain/errors.ts';
import type { Actor, GroupRef } from '../../domain/types.ts';
import type { ReleaseGroupInput, ReleasePlan } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import type { RepairRequest } from '../schemas/recover.ts';
import type { Accepted } from '../schemas/release.ts';
import { acceptOnce } from './once.ts';
import { instanceRefs } from './targets.ts';
import { planRecovery, writeRecovery, type Recovery } from './recover.ts';

export async function dryRunRepair(context: ApiContext, request: RepairRequest): Promise<ReleasePlan> {
  return planRecovery(context, await findRepair(context, request));
}

/**
 * Brings a group that an operation left half done to rest, by looking at what runs: Temporal's history is not asked.
 * @throws TransshipError NOT_DIRTY, GROUP_UNKNOWN, GROUP_BUSY
 */
export async function repairGroup(
  context: ApiContext,
  request: RepairRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const write = async (id: string): Promise<void> =>
    writeRecovery(context, await findRepair(context, request), { id, actor });
  return acceptOnce(context, { request: { repair: request }, actor, key, write });
}

async function findRepair({ catalogue }: ApiContext, { app, env, group, to }: RepairRequest): Promise<Recovery> {
  const ref: GroupRef = { env, app, group };
  const [row, fence] = await Promise.all([catalogue.groups.get(ref), catalogue.fences.get(ref)]);
  const name = `${env}/${app}/${group}`;
  if (row === null) throw new TransshipError('GROUP_UNKNOWN', `there is no group ${name}`);
  const over = fence?.holder ?? null;
  if (over === null) throw new TransshipError('NOT_DIRTY', `no operation has left ${name} half done`);

  const operation = await catalogue.operations.get(over);
  const left = operation?.input as ReleaseGroupInput | undefined;
  // What a rollback or repair began is finished, and what is past its point of no return; what a release began is taken back.
  const undone = (left?.flavor ?? 'release') === 'release' && operation?.final !== true;
  const forward = (to ?? (undone ? 'before' : 'wanted')) === 'wanted';
  const spec = forward ? left?.spec : row.released;
  const { azSets, released: from } = row;
  const found = { ref, azSets, instances: instanceRefs(row.instances), from, over };
  const about = { flavor: 'repair', corrects: over, env, app } as const;
  if (spec !== undefined && spec !== null && left?.remove !== true) return { ...about, groups: [{ ...found, spec }] };
  // Nothing was released before: back to nothing.
  if (left === undefined)
    throw new TransshipError('OPERATION_UNKNOWN', `there is no row of ${over}, which left ${name}`);
  return { ...about, groups: [{ ...found, spec: left.spec, remove: true }] };
}

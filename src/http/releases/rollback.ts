import type { OperationRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import { isTerminal } from '../../domain/states.ts';
import type { Actor } from '../../domain/types.ts';
import type { ReleaseGroupInput, ReleasePlan } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import type { RollbackRequest } from '../schemas/recover.ts';
import type { Accepted } from '../schemas/release.ts';
import { recoveryConfig } from './config.ts';
import { getRelease, refusePromotion } from './find.ts';
import { acceptOnce } from './once.ts';
import { planMaintenance, writeMaintenance, type Maintained, type Maintenance } from './maintenance.ts';
import { instanceRefs } from './targets.ts';

export async function dryRunRollback(context: ApiContext, id: string, request: RollbackRequest): Promise<ReleasePlan> {
  return planMaintenance(context, await findRollback(context, id, request, 'nobody'));
}

/**
 * Brings the groups of a release that has ended back to what they ran before it, and disables its version.
 * @throws TransshipError NOTHING_TO_ROLL_BACK with the reason of each group; COMMAND_ILLEGAL while it runs
 */
export async function rollbackRelease(
  context: ApiContext,
  id: string,
  request: RollbackRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const write = async (rollback: string): Promise<void> => {
    const maintenance = await findRollback(context, id, request, actor.name);
    await writeMaintenance(context, maintenance, { id: rollback, actor });
  };
  return acceptOnce(context, { request: { rollback: id, ...request }, actor, key, write });
}

async function findRollback(
  context: ApiContext,
  id: string,
  { groups: asked, reason }: RollbackRequest,
  by: string,
): Promise<Maintenance> {
  const { row, children } = await getRelease(context, id);
  if (!isTerminal(row.state)) {
    const message = `${id} is ${row.state}: send it the command rollback, or abort`;
    throw new TransshipError('COMMAND_ILLEGAL', message);
  }
  refusePromotion(row, 'roll back its releases');
  const unknown = asked?.filter((name) => !children.some(({ group }) => group === name)) ?? [];
  if (unknown.length > 0) {
    const names = children.map(({ group }) => group).join(', ');
    throw new TransshipError('GROUP_UNKNOWN', `release ${id} has no group ${unknown.join(', ')}; it has ${names}`);
  }
  const wanted = children.filter(({ group }) => asked === undefined || asked.includes(group ?? ''));
  const judged = await Promise.all(wanted.map(async (child) => judge(context, child)));
  const why = `rolled back by ${by}${reason === undefined ? '' : `: ${reason}`}`;
  const groups = judged.flatMap((one) => (typeof one === 'string' ? [] : [{ ...one.back, ...disables(one.bad, why) }]));
  const refused = judged.filter((one) => typeof one === 'string');
  // Asked for by name, each of them is wanted.
  if (groups.length === 0 || (asked !== undefined && refused.length > 0)) {
    throw new TransshipError('NOTHING_TO_ROLL_BACK', `${id}: ${refused.join('; ')}`);
  }
  // The last that was released goes first.
  const { env, app } = row;
  return { flavor: 'rollback', corrects: id, env, app, config: recoveryConfig(context), groups: groups.reverse() };
}

function disables(version: string, reason: string): Pick<Maintained, 'disables'> {
  return { disables: { version, reason } };
}

/** The group with what it is brought back to; or why it is not. */
async function judge(
  { catalogue }: ApiContext,
  child: OperationRow,
): Promise<{ bad: string; back: Maintained } | string> {
  const input = child.input as ReleaseGroupInput;
  const { ref, from, spec, flavor = 'release' } = input;
  const [group, fence] = await Promise.all([catalogue.groups.get(ref), catalogue.fences.get(ref)]);
  if (group === null) return `${ref.group} is gone`;
  if (flavor !== 'release') return `${ref.group}: a ${flavor} is not rolled back; release the version that you want`;
  if (child.final)
    return `${ref.group}: ${spec.version} went past its point of no return; release the version that you want`;
  if (from === null) return `${ref.group}: this was its first release, there is nothing before it`;
  const left = fence?.holder === child.id;
  if (!left && child.state !== 'SUCCESS') return `${ref.group} ended as ${child.state}: what it did is undone already`;
  if (!left && group.released?.number !== spec.number)
    return `${ref.group} runs ${group.released?.version ?? 'nothing'} by now`;
  // Whoever scaled it since: what it consists of now.
  const { azSets } = group;
  const instances = instanceRefs(group.instances);
  return {
    bad: spec.version,
    back: { ref, azSets, instances, spec: from, from: spec, ...(left ? { over: child.id } : {}) },
  };
}

import type { GroupRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import { isUndoable, type Actor, type GroupRef, type SavedSet } from '../../domain/types.ts';
import type { ReleaseGroupInput, ReleasePlan } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import type { RepairRequest } from '../schemas/recover.ts';
import type { Accepted } from '../schemas/release.ts';
import { recoveryConfig } from './config.ts';
import { acceptOnce } from './once.ts';
import { instanceRefs } from './targets.ts';
import { planMaintenance, writeMaintenance, type Maintained, type Maintenance } from './maintenance.ts';

type Conversion = NonNullable<ReleaseGroupInput['convert']>;

export async function dryRunRepair(context: ApiContext, request: RepairRequest): Promise<ReleasePlan> {
  return planMaintenance(context, await findRepair(context, request));
}

/**
 * Brings a group that an operation left half done, or whose sets somebody else changed, to rest, by looking at what runs:
 * Temporal's history is not asked.
 * @throws TransshipError NOT_DIRTY, GROUP_UNKNOWN, GROUP_BUSY
 */
export async function repairGroup(
  context: ApiContext,
  request: RepairRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const write = async (id: string): Promise<void> =>
    writeMaintenance(context, await findRepair(context, request), { id, actor });
  return acceptOnce(context, { request: { repair: request }, actor, key, write });
}

async function findRepair(context: ApiContext, { app, env, group, to }: RepairRequest): Promise<Maintenance> {
  const { catalogue } = context;
  const ref: GroupRef = { env, app, group };
  const [row, fence] = await Promise.all([catalogue.groups.get(ref), catalogue.fences.get(ref)]);
  const name = `${env}/${app}/${group}`;
  if (row === null) throw new TransshipError('GROUP_UNKNOWN', `there is no group ${name}`);
  const over = fence?.holder ?? null;
  if (over === null) return asReleased(context, row, to);

  const operation = await catalogue.operations.get(over);
  const left = operation?.input as ReleaseGroupInput | undefined;
  // What a rollback or repair began is finished, and what is past its point of no return; what a release began is taken back.
  const undone = isUndoable(left?.flavor) && operation?.final !== true;
  const forward = (to ?? (undone ? 'before' : 'wanted')) === 'wanted';
  const about = { flavor: 'repair', corrects: over, env, app, config: recoveryConfig(context) } as const;
  if (left?.takeover !== undefined || left?.convert !== undefined) {
    const { ref: of, azSets, instances, spec, from } = left;
    const change = await changeLeft(context, left, forward);
    return { ...about, groups: [{ ref: of, azSets, instances, spec, from, over, ...change }] };
  }
  const spec = forward ? left?.spec : row.released;
  const { azSets, released: from } = row;
  const found = { ref, azSets, instances: instanceRefs(row.instances), from, over };
  if (spec !== undefined && spec !== null && left?.remove !== true) return { ...about, groups: [{ ...found, spec }] };
  // Nothing was released before: back to nothing.
  if (left === undefined)
    throw new TransshipError('OPERATION_UNKNOWN', `there is no row of ${over}, which left ${name}`);
  return { ...about, groups: [{ ...found, spec: left.spec, remove: true }] };
}

/** What an adoption, a detachment or a conversion was to do to the sets, or its opposite. */
async function changeLeft(
  context: ApiContext,
  left: ReleaseGroupInput,
  forward: boolean,
): Promise<Pick<Maintained, 'takeover' | 'convert'>> {
  const { takeover, convert } = left;
  if (convert !== undefined) return { convert: await conversionLeft(context, left, convert, forward) };
  const back = takeover === 'adopt' ? 'detach' : 'adopt';
  return takeover === undefined ? {} : { takeover: forward ? takeover : back };
}

/** An operation that writes more events than these in one group does not convert. */
const MOST_EVENTS = 10_000;

/** What a conversion, or the repair of one, had saved when it ended, by its events; but not of sets that it was to leave. */
async function conversionLeft(
  { catalogue }: ApiContext,
  { root, operation }: ReleaseGroupInput,
  { to, saved: known = {}, savedOnly = false }: Conversion,
  forward: boolean,
): Promise<Conversion> {
  const saved: Record<string, SavedSet> = { ...known };
  const events = await catalogue.events.list(root, 0, MOST_EVENTS);
  for (const event of events) {
    if (event.operation !== operation || event.step !== 'saveSet' || event.instance === null || event.data === null)
      continue;
    const now = event.data as SavedSet;
    // Saved again in the middle, it says what it had become by then.
    saved[event.instance] = { ...now, management: saved[event.instance]?.management ?? now.management };
  }
  const touched = Object.entries(saved).filter(([name, one]) => name in known || one.management !== to);
  const back = to === 'parallel' ? 'ordered' : 'parallel';
  return { to: forward ? to : back, saved: Object.fromEntries(touched), savedOnly: !forward || savedOnly };
}

/** No operation has left it: then somebody else may have changed its sets. */
function asReleased(context: ApiContext, row: GroupRow, to: RepairRequest['to']): Maintenance {
  const { ref, azSets, instances, released: spec } = row;
  const { env, app, group } = ref;
  if (spec === null || to === 'wanted')
    throw new TransshipError('NOT_DIRTY', `no operation has left ${env}/${app}/${group} half done`);
  return {
    ...{ flavor: 'repair', corrects: null, env, app, config: recoveryConfig(context) },
    groups: [{ ref, azSets, instances: instanceRefs(instances), spec, from: spec }],
  };
}

import { TransshipError } from '../../domain/errors.ts';
import type { GroupRef } from '../../domain/types.ts';
import { groupWorkflowId, releaseWorkflowId } from '../../temporal/names.ts';
import type { ApiContext } from '../context.ts';
import { describeOperation } from '../temporal/operations.ts';

/** Live releases of one app and environment looked at before a new one; there is rarely more than one. */
const LIVE_RELEASES = 100;

/**
 * Refuses what could not start anyway, with the name of who is in the way. Who comes meanwhile is refused where the
 * release is written; in the end the workflow id decides.
 * @param mine the release that asks; it is not in its own way
 * @param options.over group → the operation that left it half done, where this is to put it right
 * @param options.queued what another operation holds is waited for; only what was left half done is refused
 * @returns live releases of these groups that are not in the way: their workflows are gone
 * @throws TransshipError GROUP_DIRTY, GROUP_BUSY
 */
export async function admit(
  context: ApiContext,
  refs: GroupRef[],
  mine: string,
  options: { over?: ReadonlyMap<string, string | undefined>; queued?: boolean } = {},
): Promise<string[]> {
  const { over, queued = false } = options;
  for (const ref of refs) await refuseHeld(context, ref, mine, { over: over?.get(ref.group), queued });
  return queued ? [] : refusePlanned(context, refs, mine);
}

function label({ env, app, group }: GroupRef): string {
  return `${env}/${app}/${group}`;
}

/** A fence whose holder does not run any more was left behind, whether or not anybody noticed before. */
async function refuseHeld(
  context: ApiContext,
  ref: GroupRef,
  mine: string,
  { over, queued }: { over: string | undefined; queued: boolean },
): Promise<void> {
  const { fences } = context.catalogue;
  const before = await fences.get(ref);
  const holder = await holderOf(context, ref, mine);
  if (holder !== null && queued) return;
  if (holder !== null) throw new TransshipError('GROUP_BUSY', `${label(ref)} is held by ${holder}`);
  // Read again: who held it may just have ended in good order.
  const now = await fences.get(ref);
  const left = now !== null && now.holder !== null && now.holder === before?.holder && now.epoch === before.epoch;
  if ((now?.dirty !== true && !left) || (over !== undefined && now.holder === over)) return;
  throw new TransshipError(
    'GROUP_DIRTY',
    `${label(ref)} was left half done by ${now.holder ?? 'an unknown operation'}`,
  );
}

/** Another operation that runs on the group, with its version; null where none does. */
async function holderOf({ temporal }: ApiContext, ref: GroupRef, mine: string): Promise<string | null> {
  const found = await describeOperation(temporal, groupWorkflowId(ref));
  if (found?.running !== true) return null;
  const { operation, version } = found.memo;
  if (operation?.startsWith(`${mine}.`) === true) return null;
  return `${operation ?? 'an unknown operation'} (${version ?? 'no version'})`;
}

/** A live release that has not come to the group yet will: its workflow does not hold the group's id so far. */
async function refusePlanned({ catalogue, temporal }: ApiContext, refs: GroupRef[], mine: string): Promise<string[]> {
  const [first] = refs;
  if (first === undefined) return [];
  const passed: string[] = [];
  const { env, app } = first;
  const live = await catalogue.operations.list({ kind: 'releaseApp', app, env, live: true, limit: LIVE_RELEASES });
  for (const { id, version, startedAt } of live) {
    if (id === mine) continue;
    const waiting = (await catalogue.operations.children(id)).filter(({ endedAt }) => endedAt === null);
    const clash = refs.find((ref) => waiting.some(({ group }) => group === ref.group));
    if (clash === undefined) continue;
    // A row whose workflow is gone (history lost) holds nothing; what it left half done is in the fence.
    const gone = startedAt !== null && (await describeOperation(temporal, releaseWorkflowId(id)))?.running !== true;
    if (!gone) throw new TransshipError('GROUP_BUSY', `${label(clash)} is to be released by ${id} (${version})`);
    passed.push(id);
  }
  return passed;
}

import type { GroupRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import type { Actor } from '../../domain/types.ts';
import type { ReleasePlan } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import type { Accepted } from '../schemas/release.ts';
import type { RestartRequest } from '../schemas/restart.ts';
import { releaseConfig } from './config.ts';
import { planMaintenance, writeMaintenance, type Maintained, type Maintenance } from './maintenance.ts';
import { acceptOnce } from './once.ts';
import { instanceRefs, standingGroups } from './targets.ts';

export async function dryRunRestart(context: ApiContext, request: RestartRequest): Promise<ReleasePlan> {
  return planMaintenance(context, await findRestart(context, request));
}

/**
 * Makes instances anew on what they run, batch by batch, under the brake and the gates of a release.
 * @throws TransshipError APP_UNKNOWN, ENVIRONMENT_UNKNOWN, GROUP_UNKNOWN, NOTHING_TO_DO, GROUP_BUSY, GROUP_DIRTY
 */
export async function restart(
  context: ApiContext,
  request: RestartRequest,
  actor: Actor,
  key: string | undefined,
): Promise<Accepted> {
  const write = async (id: string): Promise<void> =>
    writeMaintenance(context, await findRestart(context, request), { id, actor });
  return acceptOnce(context, { request: { restart: request }, actor, key, write });
}

async function findRestart(context: ApiContext, { app, env, subjects, config }: RestartRequest): Promise<Maintenance> {
  const groups = chosen(await standingGroups(context, app, env), subjects, `${app} in ${env}`);
  return {
    ...{ flavor: 'restart', corrects: null, env, app },
    config: releaseConfig(context, env, config),
    groups: groups.map((one) => {
      const { ref, azSets, released: spec, instances } = one.row;
      if (spec === null) {
        throw new TransshipError(
          'NOTHING_TO_DO',
          `${ref.group} in ${env} was never released: there is nothing to restart`,
        );
      }
      const only = one.only === null ? {} : { only: one.only };
      return { ...{ ref, azSets, spec, from: spec }, instances: instanceRefs(instances), ...only } satisfies Maintained;
    }),
  };
}

/** A group, and the names of those of its instances that were asked for; null: all. */
interface Chosen {
  row: GroupRow;
  only: string[] | null;
}

/** @throws GROUP_UNKNOWN naming what is neither a group nor an instance of one */
function chosen(rows: GroupRow[], subjects: string[] | undefined, where: string): Chosen[] {
  if (subjects === undefined) {
    const released = rows.filter((row) => row.released !== null);
    return (released.length > 0 ? released : rows).map((row) => ({ row, only: null }));
  }
  const isIn = ({ ref, instances }: GroupRow, subject: string): boolean =>
    ref.group === subject || instances.some(({ name }) => name === subject);
  const unknown = subjects.filter((subject) => !rows.some((row) => isIn(row, subject)));
  if (unknown.length > 0) {
    const names = rows.map(({ ref }) => ref.group).join(', ');
    throw new TransshipError('GROUP_UNKNOWN', `${where} has no ${unknown.join(', ')}; its groups are ${names}`);
  }
  return rows.flatMap((row) => {
    const here = subjects.filter((subject) => isIn(row, subject));
    if (here.length === 0) return [];
    return [{ row, only: here.includes(row.ref.group) ? null : here }];
  });
}

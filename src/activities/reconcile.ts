import { Context } from '@temporalio/activity';
import type { Catalogue } from '../catalogue/types.ts';
import type { Fleet } from '../domain/fleet.ts';
import { registriesOf } from '../domain/registries.ts';
import { destinationsOf } from '../domain/sync/destinations.ts';
import type { Missing } from '../domain/sync/drift.ts';
import type { RegistryAt } from '../domain/sync/progress.ts';
import type { SyncRule } from '../domain/sync/rule.ts';
import { opensAt } from '../domain/window.ts';
import { atOnce } from '../drivers/at-once.ts';
import { pause } from '../drivers/alive.ts';
import { WORKFLOWS } from '../temporal/names.ts';
import { syncImageOptions } from '../temporal/sync-start.ts';
import type { SyncImageInput, SyncRequest } from '../temporal/sync.ts';
import { toFailure } from './failures.ts';
import { activityWaiting } from './waiting.ts';

/** How often the catalogue is looked at, in ms. */
const LOOK_MS = 500;

/** How long one image holds a place among those that are brought at once; then it goes on by itself. */
const PLACE_MS = 600_000;

/** A rule as it is in force, with the registries of it that the fleet has. */
export interface RuleInForce {
  rule: SyncRule;
  from: RegistryAt;
  to: RegistryAt[];
}

/** What the comparison of registries does on the control side. */
export function reconcileActivities(
  { syncRules, syncs }: Pick<Catalogue, 'syncRules' | 'syncs'>,
  fleet: Pick<Fleet, 'idcs'>,
) {
  const all = registriesOf(fleet).map(({ name, idc }): RegistryAt => ({ name, idc }));

  return {
    /** Null where there is no such rule any more, or no registry that it comes from. */
    readRule: async ({ name }: { name: string }): Promise<RuleInForce | null> => {
      try {
        const row = await syncRules.get(name);
        const from = all.find((registry) => registry.name === row?.rule.from);
        if (row === null || from === undefined) return null;
        return { rule: row.rule, from, to: all.filter((registry) => row.rule.to.includes(registry.name)) };
      } catch (error) {
        throw toFailure(error);
      }
    },

    /**
     * Asks for what is missing, so much at once as the rule says, and waits for each: one that takes long, or fails, keeps the others no
     * longer than ten minutes.
     * @returns how many were asked for, and have not got there by then
     */
    bringMissing: async ({
      rule,
      from,
      missing,
    }: {
      rule: SyncRule;
      from: RegistryAt;
      missing: Missing[];
    }): Promise<{ asked: number; late: number }> => {
      const waiting = activityWaiting();
      const { info } = Context.current();
      let [done, late] = [0, 0];
      const hasEnded = async ({ repository, digest, to }: Missing, since: number): Promise<boolean> => {
        const rows = await syncs.list({ repository, digest, limit: 1_000 });
        const ended = rows.filter(({ endedAt }) => endedAt !== null && Date.parse(endedAt) >= since);
        return to.every((name) => ended.some(({ registry }) => registry === name));
      };
      try {
        await atOnce(rule.parallel, missing, async (image) => {
          const request = requestFor(rule, image, all, `${info.workflowExecution?.runId ?? ''}/${image.tag}`);
          await ask({ repository: image.repository, digest: image.digest, from }, request);
          // Of before it was asked for does not count; clocks may differ by a little.
          const since = Date.parse(request.askedAt) - 1_000;
          // What waits for its window holds no place.
          const until = request.notBefore === undefined ? Date.now() + PLACE_MS : 0;
          while (Date.now() < until && !(await hasEnded(image, since))) {
            await pause(
              waiting,
              LOOK_MS,
              `${done} of ${missing.length} brought; ${image.repository}:${image.tag} is on its way`,
            );
          }
          done++;
          if (!(await hasEnded(image, since))) late++;
        });
        return { asked: missing.length, late };
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

export type ReconcileActivities = ReturnType<typeof reconcileActivities>;

/** By this rule alone: another one finds what it is missing itself. */
function requestFor(
  rule: SyncRule,
  { repository, tag, to }: Missing,
  all: readonly RegistryAt[],
  id: string,
): SyncRequest {
  const wanted = destinationsOf([rule], rule.from, repository, tag).filter(({ registry }) => to.includes(registry));
  const opens = rule.windows === undefined ? null : opensAt(rule.windows, new Date());
  return {
    id,
    tag,
    to: wanted.flatMap(({ registry, platforms, referrers }) =>
      all
        .filter(({ name }) => name === registry)
        .map((at) => ({ ...at, referrers, ...(platforms === undefined ? {} : { platforms }) })),
    ),
    priority: rule.priority,
    ...(opens === null || opens.getTime() <= Date.now() ? {} : { notBefore: opens.toISOString() }),
    wantedBy: `rule ${rule.name}`,
    askedAt: new Date().toISOString(),
  };
}

async function ask(image: Pick<SyncImageInput, 'repository' | 'digest' | 'from'>, request: SyncRequest): Promise<void> {
  await Context.current().client.workflow.signalWithStart<(input: SyncImageInput) => Promise<unknown>, [SyncRequest]>(
    WORKFLOWS.syncImage,
    syncImageOptions({ ...image, requests: [request] }),
  );
}

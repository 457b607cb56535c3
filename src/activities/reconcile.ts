import { Context } from '@temporalio/activity';
import type { Catalogue } from '../catalogue/types.ts';
import type { Fleet } from '../domain/fleet.ts';
import { registriesOf } from '../domain/registries.ts';
import { destinationsOf } from '../domain/sync/destinations.ts';
import type { Missing } from '../domain/sync/drift.ts';
import type { RegistryAt } from '../domain/sync/progress.ts';
import type { SyncRule } from '../domain/sync/rule.ts';
import { atOnce } from '../drivers/at-once.ts';
import { pause } from '../drivers/alive.ts';
import { requestsTo } from '../temporal/sync-request.ts';
import { askForImage } from '../temporal/sync-start.ts';
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
      const { info, client } = Context.current();
      let [done, late] = [0, 0];
      const hasEnded = async ({ repository, digest, to }: Missing, since: number): Promise<boolean> => {
        const rows = await syncs.list({ repository, digest, limit: 1_000 });
        const ended = rows.filter(({ endedAt }) => endedAt !== null && Date.parse(endedAt) >= since);
        return to.every((name) => ended.some(({ registry }) => registry === name));
      };
      try {
        await atOnce(rule.parallel, missing, async (image) => {
          const { repository, digest, tag } = image;
          // By this rule alone: another one finds what it is missing itself.
          const wanted = destinationsOf([rule], rule.from, repository, tag).filter(({ registry }) =>
            image.to.includes(registry),
          );
          const asked = { id: `${info.workflowExecution?.runId ?? ''}/${tag}`, tag, wantedBy: `rule ${rule.name}` };
          const requests = requestsTo(wanted, all, asked);
          // Of before it was asked for does not count; clocks may differ by a little.
          const since = Date.now() - 1_000;
          for (const request of requests) await askForImage(client, { repository, digest, from }, request);
          // What waits for its window holds no place.
          const waits = requests.some(({ notBefore }) => notBefore !== undefined);
          const until = waits ? 0 : Date.now() + PLACE_MS;
          let isThere = await hasEnded(image, since);
          while (!isThere && Date.now() < until) {
            await pause(waiting, LOOK_MS, `${done} of ${missing.length} brought; ${repository}:${tag} is on its way`);
            isThere = await hasEnded(image, since);
          }
          done++;
          if (!isThere) late++;
        });
        return { asked: missing.length, late };
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

export type ReconcileActivities = ReturnType<typeof reconcileActivities>;

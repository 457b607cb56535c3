import { Context } from '@temporalio/activity';
import type { Catalogue } from '../catalogue/types.ts';
import type { Fleet } from '../domain/fleet.ts';
import { registriesOf } from '../domain/registries.ts';
import { destinationsOf } from '../domain/sync/destinations.ts';
import { judgeDeletions, type Allowance } from '../domain/sync/deletions.ts';
import type { Comparison, Extra, Held, Missing, TagDrop } from '../domain/sync/drift.ts';
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
  revision: number;
  from: RegistryAt;
  to: RegistryAt[];
}

/** Within so long a rule deletes `most` tags. Minutes. */
const DELETIONS_MINUTES = 60;

/** What the comparison of registries does on the control side. */
export function reconcileActivities(
  { syncRules, syncs, syncTags, comparisons }: Pick<Catalogue, 'syncRules' | 'syncs' | 'syncTags' | 'comparisons'>,
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
        const { rule, revision } = row;
        return { rule, revision, from, to: all.filter((registry) => rule.to.includes(registry.name)) };
      } catch (error) {
        throw toFailure(error);
      }
    },

    /**
     * Which of the tags that the source has no more may go, by the rule as it is now.
     * @param byHand a person asks: registries that are known to delete no tags are tried again
     */
    judgeDeletions: async ({
      name,
      extra,
      allow,
      byHand,
    }: {
      name: string;
      extra: Extra[];
      allow: Allowance;
      byHand: boolean;
    }): Promise<{ allowed: Extra[]; held: Held[] }> => {
      try {
        const rows = await syncRules.list();
        const row = rows.find(({ rule }) => rule.name === name);
        if (row === undefined) return { allowed: [], held: [] };
        const [lately, last] = await Promise.all([
          syncTags.lately(name, DELETIONS_MINUTES),
          byHand ? null : comparisons.get(name),
        ]);
        const unsupported = last?.comparison.revision === row.revision ? last.comparison.unsupported : [];
        const others = rows.map(({ rule }) => rule);
        return judgeDeletions(row.rule, others, extra, { lately, unsupported }, allow);
      } catch (error) {
        throw toFailure(error);
      }
    },

    /** What became of tags that were to be deleted. The same again changes nothing. */
    recordDrops: async ({ name, drops }: { name: string; drops: TagDrop[] }): Promise<void> => {
      try {
        await syncTags.settle(name, drops);
      } catch (error) {
        throw toFailure(error);
      }
    },

    /** Keeps how a comparison ended. */
    recordComparison: async ({ name, comparison }: { name: string; comparison: Comparison }): Promise<void> => {
      try {
        await comparisons.put(name, comparison);
      } catch (error) {
        throw toFailure(error);
      }
    },

    /**
     * Asks for what is missing, so much at once as the rule says, and waits for each: one that takes long, or fails, keeps the others no
     * longer than ten minutes.
     * @returns how many were asked for, and have not got there by then, but for those that wait for the window of the rule
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
      const ended = async ({ repository, digest }: Missing): Promise<Map<string, string>> => {
        const rows = await syncs.list({ repository, digest, limit: 1_000 });
        return new Map(
          rows.flatMap(({ registry, askedAt, endedAt }) =>
            endedAt === null ? [] : [[registry, `${askedAt} ${endedAt}`]],
          ),
        );
      };
      try {
        await atOnce(rule.parallel, missing, async (image) => {
          const { repository, digest, tag } = image;
          // By this rule alone: another one finds what it is missing itself.
          const wanted = destinationsOf([rule], rule.from, repository, tag).filter(({ registry }) =>
            image.to.includes(registry),
          );
          const asked = {
            ...{
              id: `${info.workflowExecution?.runId ?? ''}/${info.attempt}/${tag}`,
              tag,
              wantedBy: `rule ${rule.name}`,
            },
            ...(image.isAttached === true ? { again: true as const } : {}),
          };
          const requests = requestsTo(wanted, all, asked);
          // What had ended before it was asked for does not count.
          const before = await ended(image);
          const hasEnded = async (): Promise<boolean> => {
            const now = await ended(image);
            return image.to.every((name) => now.has(name) && now.get(name) !== before.get(name));
          };
          for (const request of requests) await askForImage(client, { repository, digest, from }, request);
          // What waits for its window holds no place.
          const waits = requests.some(({ notBefore }) => notBefore !== undefined);
          const until = waits ? 0 : Date.now() + PLACE_MS;
          let isThere = await hasEnded();
          while (!isThere && Date.now() < until) {
            await pause(waiting, LOOK_MS, `${done} of ${missing.length} brought; ${repository}:${tag} is on its way`);
            isThere = await hasEnded();
          }
          done++;
          if (!isThere && !waits) late++;
        });
        return { asked: missing.length, late };
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

export type ReconcileActivities = ReturnType<typeof reconcileActivities>;

import { Context } from '@temporalio/activity';
import type { Catalogue } from '../catalogue/types.ts';
import type { Fleet } from '../domain/fleet.ts';
import { registriesOf } from '../domain/registries.ts';
import { destinationsOf, type SyncDestination } from '../domain/sync/destinations.ts';
import type { RegistryAt } from '../domain/sync/progress.ts';
import { requestsTo } from '../temporal/sync-request.ts';
import { askForImage } from '../temporal/sync-start.ts';
import { toFailure } from './failures.ts';

/** Brings what is attached to images that rules have brought, on the control side. */
export function attachedActivities(
  { syncRules, syncs, syncTags }: Pick<Catalogue, 'syncRules' | 'syncs' | 'syncTags'>,
  fleet: Pick<Fleet, 'idcs'>,
) {
  const all = registriesOf(fleet).map(({ name, idc }): RegistryAt => ({ name, idc }));

  return {
    /**
     * Asks for an image once more where rules with `referrers` and `onPush` have brought it, or are at it. Asked again it
     * changes nothing while it is on its way.
     * @returns registries
     */
    askAttached: async ({
      id,
      repository,
      subject,
      from,
    }: {
      id: string;
      repository: string;
      subject: string;
      from: RegistryAt;
    }): Promise<string[]> => {
      try {
        const [rows, tagged, open] = await Promise.all([
          syncRules.list(),
          syncTags.list({ repository, digest: subject, source: from.name, deleted: false }),
          syncs.list({ repository, digest: subject, limit: 1_000 }),
        ]);
        const rules = rows.map(({ rule }) => rule).filter(({ onPush, referrers }) => onPush && referrers);
        const places = [
          ...tagged.map(({ registry, tag }) => ({ registry, tag })),
          ...open
            .filter((sync) => sync.from === from.name && sync.state !== 'cancelled')
            .flatMap(({ registry, tags }) => Object.keys(tags).map((tag) => ({ registry, tag }))),
        ];
        const wanted = new Map<string, SyncDestination>();
        for (const { registry, tag } of places) {
          const there = destinationsOf(rules, from.name, repository, tag).find((one) => one.registry === registry);
          if (there !== undefined) wanted.set(registry, there);
        }
        const asked = { id, tag: null, wantedBy: `attached by push to ${from.name}`, again: true as const };
        const requests = requestsTo([...wanted.values()], all, asked);
        const { client } = Context.current();
        for (const request of requests) await askForImage(client, { repository, digest: subject, from }, request);
        return requests.flatMap(({ to }) => to.map(({ name }) => name));
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

export type AttachedActivities = ReturnType<typeof attachedActivities>;

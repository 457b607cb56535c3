import type { Catalogue } from '../catalogue/types.ts';
import type { Sync } from '../domain/sync/progress.ts';
import { toFailure } from './failures.ts';

/** What syncs write of themselves, on the control side. */
export function syncActivities({ syncs }: Pick<Catalogue, 'syncs'>) {
  return {
    /** How far an image is in one registry. The same again changes nothing. */
    recordSync: async (sync: Sync): Promise<void> => {
      try {
        await syncs.put(sync);
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

export type SyncActivities = ReturnType<typeof syncActivities>;

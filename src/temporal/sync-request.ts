import type { SyncDestination } from '../domain/sync/destinations.ts';
import { optionsOf } from '../domain/sync/missing.ts';
import type { RegistryAt } from '../domain/sync/progress.ts';
import { opensAt } from '../domain/window.ts';
import type { SyncRequest } from './sync.ts';

/**
 * Requests that bring an image to where sync rules want it: one for the destinations of one priority and the same windows.
 * @param registries of the fleet: a destination that it has no more is left out
 * @param asked `id` is continued for each request
 */
export function requestsTo(
  destinations: readonly SyncDestination[],
  registries: readonly RegistryAt[],
  { id, tag, wantedBy, again }: Pick<SyncRequest, 'id' | 'tag' | 'wantedBy' | 'again'>,
): SyncRequest[] {
  const groups = new Map<string, SyncDestination[]>();
  for (const destination of destinations) {
    if (!registries.some(({ name }) => name === destination.registry)) continue;
    const key = JSON.stringify([destination.priority, destination.windows]);
    groups.set(key, [...(groups.get(key) ?? []), destination]);
  }
  const now = new Date();
  return [...groups.values()].map((group, at) => {
    const [first] = group;
    const opens = opensAt(first?.windows, now);
    return {
      id: `${id}/${at}`,
      tag,
      to: group.flatMap((destination) =>
        registries
          .filter(({ name }) => name === destination.registry)
          .map(({ name, idc }) => ({ name, idc, ...optionsOf(destination) })),
      ),
      priority: first?.priority ?? 'normal',
      ...(opens > now ? { notBefore: opens.toISOString() } : {}),
      ...(again === undefined ? {} : { again }),
      wantedBy,
      askedAt: now.toISOString(),
    };
  });
}

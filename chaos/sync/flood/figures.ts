import type { Arrivals } from './arrivals.ts';
import type { Blows } from './blows.ts';
import type { Postman } from './postman.ts';
import type { Pushed } from './pushes.ts';
import { DESTINATIONS, DOWN } from './world.ts';

/** Why it took as long as it did. */
export type Kind = 'up' | 'down' | 'lost';

/** One push at one destination that its tag came to name. */
export interface Trip {
  registry: string;
  pushed: Pushed;
  seconds: number;
  /** Since its destination was back; null where it was up all the time. */
  afterDown: number | null;
  /** down: its destination was, between the push and the arrival; lost: its webhook was. */
  kind: Kind;
}

export interface Trips {
  all: Trip[];
  /** Pushed over by another image before it had arrived. */
  superseded: number;
  /** Never arrived, and not superseded. */
  absent: string[];
}

/** @param latest what each tag of the source names in the end, by `repository:tag` */
export function tripsOf(
  pushes: readonly Pushed[],
  latest: ReadonlyMap<string, Pushed>,
  { arrivals, postman, blows }: { arrivals: Arrivals; postman: Postman; blows: Blows },
): Trips {
  const trips: Trips = { all: [], superseded: 0, absent: [] };
  for (const pushed of pushes) {
    const { repository, tag, digest } = pushed;
    for (const registry of DESTINATIONS) {
      const at = arrivals.of(registry, repository, tag, digest);
      if (at === null) {
        if (latest.get(`${repository}:${tag}`)?.digest === digest)
          trips.absent.push(`${registry} ${repository}:${tag}`);
        else trips.superseded++;
        continue;
      }
      const { down } = blows;
      const isDown = registry === DOWN && down !== null && pushed.at < (down.to ?? Infinity) && at > down.from;
      const isLost = postman.fates.get(`${repository}:${tag}@${digest}`) === 'lost';
      const kind = isDown ? 'down' : isLost ? 'lost' : 'up';
      const afterDown = isDown && down.to !== null ? Math.max(0, at - down.to) / 1_000 : null;
      trips.all.push({ registry, pushed, seconds: Math.max(0, at - pushed.at) / 1_000, afterDown, kind });
    }
  }
  return trips;
}

export interface Spread {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

/** In seconds; zeros where there is none. */
export function spreadOf(seconds: readonly number[]): Spread {
  const sorted = seconds.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Of those of a kind. */
export function secondsOf(trips: readonly Trip[], kind: Kind): number[] {
  return trips.filter((trip) => trip.kind === kind).map(({ seconds }) => seconds);
}

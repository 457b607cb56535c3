import { isStatus } from '../../marathon/errors.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import type { StandingFolder } from '../../marathon/folder.ts';
import { appIdOf } from '../../marathon/labels.ts';
import { holdersOf } from '../../marathon/places.ts';
import type { Queued } from '../../marathon/resources.ts';
import type { Guard } from '../index.ts';

/** The queue of all of Marathon is asked at every so many looks. */
const LOOKS_A_QUEUE = 4;

/**
 * What Marathon has yet to launch of the apps that one wait is about. After failures Marathon delays the next launch of an
 * app, longer each time, up to minutes (`maxLaunchDelaySeconds`), and remembers that as long (RateLimiter.scala). What an
 * operation asks for now, as an old version that is brought back, is not to wait for failures of before: the delay that an
 * app is first seen with is dropped. What fails again is launched again in Marathon's own time.
 */
export class LaunchLine {
  readonly #cluster: MarathonCluster;
  readonly #guard: Guard;
  readonly #seen = new Set<string>();
  #looks = 0;

  constructor(cluster: MarathonCluster, guard: Guard) {
    this.#cluster = cluster;
    this.#guard = guard;
  }

  /**
   * Asked at every look of the wait.
   * @returns the entries of these apps; null where there are none, or the queue was not asked this time
   */
  async look(appIds: readonly string[], signal: AbortSignal): Promise<Queued[] | null> {
    if (appIds.length === 0 || this.#looks++ % LOOKS_A_QUEUE !== 0) return null;
    const entries: Queued[] = [];
    for (const entry of await this.#cluster.marathon.queue(signal)) {
      const id = entry.app?.id ?? '';
      if (!appIds.includes(id)) continue;
      const isDelayed = (entry.delay?.timeLeftSeconds ?? 0) > 0;
      const isOld = isDelayed && !this.#seen.has(id);
      this.#seen.add(id);
      if (isOld) await this.#drop(id);
      entries.push(isOld ? { ...entry, delay: undefined } : entry);
    }
    return entries;
  }

  async #drop(id: string): Promise<void> {
    try {
      await this.#cluster.marathon.dropDelay(id, this.#guard);
    } catch (error) {
      // Launched meanwhile: only what waits has a delay that can be dropped (QueueResource.scala).
      if (!isStatus(error, 404)) throw error;
    }
  }
}

/** Apps of the set of which a place waits for a task. */
export function vacantIn(folder: StandingFolder): string[] {
  const vacant = holdersOf(folder).filter(({ task, isUnproven }) => task === null && !isUnproven);
  return [...new Set(vacant.map(({ segment }) => appIdOf(folder.ref, segment)))];
}

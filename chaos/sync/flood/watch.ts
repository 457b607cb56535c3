import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrival } from './arrivals.ts';
import type { FloodWorld } from './world.ts';

const PAUSE_MS = 50;

/** Looks whether everything is there below tags that are seen: right after they moved, and over and over. */
export class Watch {
  readonly violations: string[] = [];
  looks = 0;
  readonly #looked: number;
  readonly #random: () => number;
  readonly #seen: Arrival[] = [];
  #world: FloodWorld | null = null;
  readonly #fresh: Arrival[] = [];

  /** @param looked share of the tags that moved at which it looks at once */
  constructor(looked: number, random: () => number) {
    this.#looked = looked;
    this.#random = random;
  }

  moved(arrival: Arrival): void {
    this.#seen.push(arrival);
    if (this.#random() < this.#looked) this.#fresh.push(arrival);
  }

  /** Until the signal. */
  async run(world: FloodWorld, signal: AbortSignal): Promise<void> {
    this.#world = world;
    while (!signal.aborted) {
      const arrival = this.#fresh.shift() ?? this.#seen[Math.floor(this.#random() * this.#seen.length)];
      if (arrival !== undefined) await this.#look(arrival);
      if (this.#fresh.length === 0) await sleep(PAUSE_MS);
    }
  }

  async #look({ registry, repository, tag }: Arrival): Promise<void> {
    this.looks++;
    const missing = (await this.#world?.eyes[registry]?.missing(repository, tag)) ?? [];
    this.violations.push(...missing.map((line) => `${registry}: ${line}`));
  }
}

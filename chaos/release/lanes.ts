import { Lane, type Topology } from './lane.ts';
import type { World } from './world.ts';

/** Lanes on one fleet, each lent to one case at a time. */
export class Lanes {
  readonly #world: World;
  readonly #count: number;
  readonly #note: (text: string) => void;
  readonly #waiting: ((lane: Lane) => void)[] = [];
  #topology: Topology | null = null;
  /** Lanes so far. */
  #opened = 0;
  #all: Lane[] = [];
  #free: Lane[] = [];

  constructor(world: World, { count, note }: { count: number; note: (text: string) => void }) {
    this.#world = world;
    this.#count = count;
    this.#note = note;
  }

  /** Opens lanes whose workers stand like that, in the place of others. No lane may be lent meanwhile. */
  async turnTo(topology: Topology): Promise<void> {
    if (this.#topology === topology) return;
    await this.close();
    this.#topology = topology;
    // Another name each time: what stood under the first ones is still there, in Temporal and in the fleet's folder.
    const count = topology === 'alone' ? 1 : this.#count;
    const names = Array.from({ length: count }, () => `${topology}-${++this.#opened}`);
    this.#all = await Promise.all(names.map((name) => Lane.open(this.#world, name, { topology, note: this.#note })));
    this.#free = [...this.#all];
  }

  /** Lends a lane; what a failure left in it is swept away before the next one gets it. */
  async with<T>(use: (lane: Lane) => Promise<T>): Promise<T> {
    const lane = this.#free.shift() ?? (await new Promise<Lane>((resolve) => this.#waiting.push(resolve)));
    try {
      return await use(lane);
    } finally {
      if (!lane.isWhole) await lane.sweep();
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(lane);
      else next(lane);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((lane) => lane.close()));
    this.#all = [];
    this.#free = [];
  }
}

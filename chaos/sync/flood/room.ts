import type { Pushed } from './pushes.ts';
import { DESTINATIONS, DOWN, type FloodWorld } from './world.ts';

/**
 * Counts the images that are on their way: on a machine that is busy the flood waits, so that seconds tell of what breaks and not
 * of a queue. Those that wait for the replica, or whose webhook was lost, do not count.
 */
export class Room {
  readonly #world: FloodWorld;
  readonly #most: number;
  readonly #open = new Map<string, Pushed>();

  constructor(world: FloodWorld, most: number) {
    this.#world = world;
    this.#most = most;
  }

  pushed(image: Pushed): void {
    this.#open.set(`${image.repository}:${image.tag}`, image);
  }

  get isThere(): boolean {
    for (const [key, image] of this.#open) if (!this.#isOnItsWay(image)) this.#open.delete(key);
    return this.#open.size < this.#most;
  }

  #isOnItsWay({ repository, tag, digest }: Pushed): boolean {
    const { postman, arrivals, meters } = this.#world;
    if (postman.fates.get(`${repository}:${tag}@${digest}`) === 'lost') return false;
    const isDown = meters[DOWN]?.isCut === true;
    return DESTINATIONS.some(
      (name) => !(isDown && name === DOWN) && arrivals.of(name, repository, tag, digest) === null,
    );
  }
}

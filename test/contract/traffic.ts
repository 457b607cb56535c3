import { afterAll, beforeAll, describe } from 'vitest';
import type { Abilities } from './abilities.ts';
import { pullInContract } from './traffic/pull-in.ts';
import { pullOutContract } from './traffic/pull-out.ts';
import type { World } from './world.ts';

/** The specification of TrafficDriver, whatever carries the traffic. */
export function trafficContract(name: string, can: Abilities, makeWorld: () => Promise<World>): void {
  describe(`traffic by ${name}`, () => {
    let made: World | undefined;
    beforeAll(async () => {
      made = await makeWorld();
    });
    afterAll(async () => made?.stop());
    const world = (): World => {
      if (made === undefined) throw new Error('there is no world yet');
      return made;
    };
    describe('serving, pull out', () => pullOutContract(world, can));
    describe('pull in', () => pullInContract(world, can));
  });
}

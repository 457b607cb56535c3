import { afterAll, beforeAll, describe } from 'vitest';
import { adoptContract } from './azset/adopt.ts';
import { createContract } from './azset/create.ts';
import { fenceContract } from './azset/fence.ts';
import { orderedContract } from './azset/ordered.ts';
import { recreateContract } from './azset/recreate.ts';
import { replaceContract } from './azset/replace.ts';
import { resizeContract } from './azset/resize.ts';
import { restartContract } from './azset/restart.ts';
import { settleContract } from './azset/settle.ts';
import { stageContract } from './azset/stage.ts';
import type { World } from './world.ts';

/** The specification of AzSetDriver, whatever the scheduler. */
export function azSetContract(name: string, makeWorld: () => Promise<World>): void {
  describe(`AzSets on ${name}`, () => {
    let made: World | undefined;
    beforeAll(async () => {
      made = await makeWorld();
    });
    afterAll(async () => made?.stop());
    const world = (): World => {
      if (made === undefined) throw new Error('there is no world yet');
      return made;
    };
    describe('create, observe, remove', () => createContract(world));
    describe('compare, stage, unstage', () => stageContract(world));
    describe('replace', () => replaceContract(world));
    describe('open, recreate, close', () => recreateContract(world));
    describe('restart', () => restartContract(world));
    describe('resize', () => resizeContract(world));
    describe('adopt, detach', () => adoptContract(world));
    describe('ordered sets', () => orderedContract(world));
    describe('fence: what is on its way comes to nothing', () => fenceContract(world));
    describe('settle', () => settleContract(world));
  });
}

import { afterAll, beforeAll, describe } from 'vitest';
import type { Abilities } from './abilities.ts';
import { adoptContract } from './azset/adopt.ts';
import { adoptOwnContract } from './azset/adopt-own.ts';
import { anewContract } from './azset/anew.ts';
import { budgetContract, unbudgetedContract } from './azset/budgets.ts';
import { createContract } from './azset/create.ts';
import { fenceContract } from './azset/fence.ts';
import { orderedContract } from './azset/ordered.ts';
import { recreateContract } from './azset/recreate.ts';
import { rebornByPlaceContract, rebornBySetContract } from './azset/reborn.ts';
import { replaceContract } from './azset/replace.ts';
import { resizeContract } from './azset/resize.ts';
import { restartContract } from './azset/restart.ts';
import { settleContract } from './azset/settle.ts';
import { stageAnewContract } from './azset/stage-anew.ts';
import { stageInPlaceContract } from './azset/stage-in-place.ts';
import { stageContract } from './azset/stage.ts';
import { unorderedContract } from './azset/unordered.ts';
import type { World } from './world.ts';

type Contract = (world: () => World, can: Abilities) => void;

// The specification of AzSetDriver, whatever the scheduler. In two halves that can run side by side: each takes minutes.

/** How a set comes to be, goes, and is released. */
export function azSetReleaseContract(name: string, can: Abilities, makeWorld: () => Promise<World>): void {
  contract(`AzSets on ${name}: released`, can, makeWorld, {
    'create, observe, remove': createContract,
    'compare, stage, unstage': stageContract,
    ...(can.inPlace ? { 'stage in place': stageInPlaceContract } : { 'stage what is made anew': stageAnewContract }),
    ...(can.inPlace ? { replace: replaceContract } : { 'nothing changes in place': anewContract }),
    'open, recreate, close': recreateContract,
    ...(can.rebornBySet ? { 'reborn by the set': rebornBySetContract } : { 'reborn as before': rebornByPlaceContract }),
    ...(can.budgets ? { budgets: budgetContract } : { 'no budgets': unbudgetedContract }),
  });
}

/** All else that is done to it. */
export function azSetChangeContract(name: string, can: Abilities, makeWorld: () => Promise<World>): void {
  contract(`AzSets on ${name}: changed`, can, makeWorld, {
    restart: restartContract,
    resize: resizeContract,
    ...(can.adopts ? { 'adopt, detach': adoptContract } : { 'adopt, detach: only our own': adoptOwnContract }),
    ...(can.ordered ? { 'ordered sets': orderedContract } : { 'no ordered sets': unorderedContract }),
    'fence: what is on its way comes to nothing': fenceContract,
    settle: settleContract,
  });
}

function contract(
  title: string,
  can: Abilities,
  makeWorld: () => Promise<World>,
  parts: Record<string, Contract>,
): void {
  describe(title, () => {
    let made: World | undefined;
    beforeAll(async () => {
      made = await makeWorld();
    });
    afterAll(async () => made?.stop());
    const world = (): World => {
      if (made === undefined) throw new Error('there is no world yet');
      return made;
    };
    for (const [part, specify] of Object.entries(parts)) describe(part, () => specify(world, can));
  });
}

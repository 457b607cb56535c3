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

type Contract = (world: () => World) => void;

// The specification of AzSetDriver, whatever the scheduler. In two halves that can run side by side: each takes minutes.

/** How a set comes to be, goes, and is released. */
export function azSetReleaseContract(name: string, makeWorld: () => Promise<World>): void {
  contract(`AzSets on ${name}: released`, makeWorld, {
    'create, observe, remove': createContract,
    'compare, stage, unstage': stageContract,
    replace: replaceContract,
    'open, recreate, close': recreateContract,
  });
}

/** All else that is done to it. */
export function azSetChangeContract(name: string, makeWorld: () => Promise<World>): void {
  contract(`AzSets on ${name}: changed`, makeWorld, {
    restart: restartContract,
    resize: resizeContract,
    'adopt, detach': adoptContract,
    'ordered sets': orderedContract,
    'fence: what is on its way comes to nothing': fenceContract,
    settle: settleContract,
  });
}

function contract(title: string, makeWorld: () => Promise<World>, parts: Record<string, Contract>): void {
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
    for (const [part, specify] of Object.entries(parts)) describe(part, () => specify(world));
  });
}

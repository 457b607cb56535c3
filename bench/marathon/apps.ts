import { setTimeout as sleep } from 'node:timers/promises';
import type { Marathon } from '../../src/drivers/marathon/client.ts';
import { isLocked } from '../../src/drivers/marathon/errors.ts';
import type { App, Task } from '../../src/drivers/marathon/resources.ts';

/** How often Marathon is asked whether something has come about. Short, so that asking adds nothing to a floor. */
const ASK_MS = 50;

/** @throws Error where there is no such app */
export async function appBy(marathon: Marathon, id: string): Promise<App> {
  const app = (await marathon.apps(id)).find((one) => one.id === id);
  if (app === undefined) throw new Error(`Marathon has no app ${id}`);
  return app;
}

export function runningIn({ tasks }: App): Task[] {
  return tasks.filter(({ state }) => state === 'TASK_RUNNING');
}

/** Asks until there is an answer. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(ASK_MS);
  }
}

/** Does it as soon as no other deployment holds the app. */
export async function unlocked(act: () => Promise<void>): Promise<void> {
  await until(async () => {
    try {
      await act();
      return true;
    } catch (error) {
      if (!isLocked(error)) throw error;
      return undefined;
    }
  });
}

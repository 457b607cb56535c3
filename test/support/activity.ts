import { asyncLocalStorage, Context } from '@temporalio/activity';

let activities = 0;

/** Whatever it tells its workflow goes nowhere. */
const client = { workflow: { getHandle: () => ({ signal: async () => Promise.resolve() }) } };

/**
 * Runs an activity as a worker does, but without a server that asks for it: with an id that counts up, as a workflow's do,
 * and a signal that nobody aborts.
 */
export async function asActivity<T>(act: () => Promise<T>): Promise<T> {
  const info = { activityId: String(++activities), attempt: 1 } as Context['info'];
  const nothing = {} as never;
  const { signal } = new AbortController();
  const context = new Context(
    info,
    new Promise(() => undefined),
    signal,
    () => undefined,
    client as never,
    nothing,
    nothing,
    nothing,
  );
  return asyncLocalStorage.run(context, act);
}

import { asyncLocalStorage, Context } from '@temporalio/activity';

let activities = 0;

/** Whatever it tells its workflow goes nowhere. */
const silent = { workflow: { getHandle: () => ({ signal: async () => Promise.resolve() }) } };

/**
 * Runs an activity as a worker does, but without a server that asks for it: with an id that counts up, as a workflow's do,
 * and a signal that nobody aborts.
 * @param change of what the activity is told of itself. Default: a first attempt
 * @param client of the worker. Default: a silent one
 * @param heartbeat gets the details of each heartbeat. Default: they go nowhere
 */
export async function asActivity<T>(
  act: () => Promise<T>,
  change: Partial<Context['info']> = {},
  client: Context['client'] = silent as never,
  heartbeat: (details: unknown) => void = () => undefined,
): Promise<T> {
  const info = { activityId: String(++activities), attempt: 1, ...change } as Context['info'];
  const nothing = {} as never;
  const { signal } = new AbortController();
  const context = new Context(info, new Promise(() => undefined), signal, heartbeat, client, nothing, nothing, nothing);
  return asyncLocalStorage.run(context, act);
}

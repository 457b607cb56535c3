import { pathToFileURL } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';

/** What a fault test may add to a worker. */
export interface TestHooks {
  options: Pick<WorkerOptions, 'interceptors' | 'sinks' | 'stickyQueueScheduleToStartTimeout'>;
}

/**
 * Loads the module that TRANSSHIP_TEST_HOOKS names (exports `options`), by which fault tests kill the worker at activity
 * boundaries. Refused in production.
 */
export async function testHooks(): Promise<TestHooks> {
  const path = process.env['TRANSSHIP_TEST_HOOKS'];
  if (path === undefined || path === '') return { options: {} };
  if (process.env['NODE_ENV'] === 'production')
    throw new Error('TRANSSHIP_TEST_HOOKS is for tests; refused in production');
  return (await import(pathToFileURL(path).href)) as TestHooks;
}

import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from 'pino';

/**
 * The workflows as one script, as Temporal's sandbox runs them. Building it takes about 2.5 s; with
 * TRANSSHIP_WORKFLOW_BUNDLE, the path of one that was built before, the worker starts without that.
 */
export async function workflowBundle(log: Logger): Promise<WorkflowBundleOption> {
  const codePath = process.env['TRANSSHIP_WORKFLOW_BUNDLE'];
  if (codePath !== undefined && codePath !== '') return { codePath };
  const started = Date.now();
  const bundle = await buildBundle();
  log.info({ ms: Date.now() - started }, 'workflows bundled');
  return bundle;
}

/** @param interceptors modules of workflow interceptors, for fault tests */
export async function buildBundle(interceptors: string[] = []): Promise<{ code: string }> {
  const silent = (): undefined => undefined;
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    workflowInterceptorModules: interceptors,
    logger: { log: silent, trace: silent, debug: silent, info: silent, warn: console.warn, error: console.error },
  });
}

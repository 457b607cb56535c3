import { fileURLToPath } from 'node:url';
import type { PolicyOverride } from '../../src/temporal/messages.ts';

const hooks = (file: string): string => fileURLToPath(new URL(`../hooks/${file}`, import.meta.url));

/** What a worker that can be hit is started with (TRANSSHIP_TEST_HOOKS), and what its workflows are built with. */
export const KILL_HOOKS = hooks('kill.ts');
export const WORKFLOW_HOOKS = hooks('workflow.ts');

/** A dead worker is noticed within seconds instead of tens of seconds. */
export const POLICY: PolicyOverride = {
  heartbeatSeconds: 1.5,
  bookkeepingSeconds: 3,
  retryInitialMs: 100,
  retryMaximumMs: 1_000,
  workflowTaskTimeoutMs: 1_000,
};

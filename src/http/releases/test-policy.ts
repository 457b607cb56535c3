import { z } from 'zod';
import type { PolicyOverride } from '../../temporal/messages.ts';

const policySchema = z.strictObject({
  heartbeatSeconds: z.number().positive().exactOptional(),
  bookkeepingSeconds: z.number().positive().exactOptional(),
  retryInitialMs: z.number().positive().exactOptional(),
  retryMaximumMs: z.number().positive().exactOptional(),
  workflowTaskTimeoutMs: z.number().positive().exactOptional(),
  historyEvents: z.number().positive().exactOptional(),
}) satisfies z.ZodType<PolicyOverride>;

/**
 * Timing that fault tests give to the releases they start (TRANSSHIP_TEST_POLICY, JSON), so that a dead worker is noticed
 * within a second; undefined, the defaults of temporal/policies.ts, for everybody else.
 * @throws Error in production, and where it is no policy
 */
export function testPolicy(env: NodeJS.ProcessEnv): PolicyOverride | undefined {
  const text = env['TRANSSHIP_TEST_POLICY'];
  if (text === undefined || text === '') return undefined;
  if (env['NODE_ENV'] === 'production') throw new Error('TRANSSHIP_TEST_POLICY is for tests; refused in production');
  return policySchema.parse(JSON.parse(text));
}

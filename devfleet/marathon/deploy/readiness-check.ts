import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadinessCheck } from '../app/types.ts';
import { endpointsOf } from '../health/address.ts';
import type { Instance } from '../types.ts';
import type { ReadinessResult, StepContext } from './around.ts';

/**
 * Asks until the task says that it is ready, or its deployment ends (ReadinessCheckExecutorImpl.scala). Every answer is
 * told; an exception counts as a 504.
 */
export async function untilReady(
  { app, agent, task }: Instance,
  check: ReadinessCheck,
  { around, signal }: StepContext,
  told: (result: ReadinessResult) => void,
): Promise<void> {
  if (agent === null || task === null) return;
  const endpoint = endpointsOf(app, agent, task).find(({ name }) => name === check.portName);
  if (endpoint === undefined || endpoint.host === null) return;
  const { second } = around.clocks;
  const url = `${check.protocol.toLowerCase()}://${around.dial(endpoint.host)}:${endpoint.port}${check.path}`;
  const over = () => signal.aborted;
  while (!over()) {
    const response = await query(url, Math.max(1, check.timeoutSeconds * second), signal);
    if (over()) return;
    const ready = check.httpStatusCodesForReady.includes(response.status);
    const lastResponse = check.preserveLastResponse ? response : null;
    told({ name: check.name, taskId: task.id, appId: app.id, ready, lastResponse });
    if (ready) return;
    await sleep(check.intervalSeconds * second, undefined, { signal }).catch(() => undefined);
  }
}

async function query(
  url: string,
  timeout: number,
  signal: AbortSignal,
): Promise<NonNullable<ReadinessResult['lastResponse']>> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]) });
    return {
      status: answer.status,
      contentType: answer.headers.get('content-type')?.split(';')[0] ?? '',
      body: await answer.text(),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { status: 504, contentType: 'text/plain', body: `Marathon could not query ${url}: ${message}` };
  }
}

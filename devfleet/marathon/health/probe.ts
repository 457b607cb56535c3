import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { connect } from 'node:net';
import type { HealthCheck } from '../app/types.ts';
import type { Instance } from '../types.ts';
import { addressOf, endpointsOf } from './address.ts';
import type { Verdict } from './health.ts';

/**
 * Asks a task how it is (HealthCheckWorker.scala): 200 to 399 is healthy, all else not, no answer in time neither.
 * @param second length of a second of `timeoutSeconds`, in milliseconds
 */
export async function probe(
  instance: Instance,
  check: HealthCheck,
  second: number,
  dial: (host: string) => string,
): Promise<Verdict> {
  const { app, agent, task } = instance;
  if (agent === null || task === null) return null;
  const host = addressOf(app, agent, task);
  // Without either, Marathon reads the stored check as one of the first port (PortReference.fromProto).
  const endpoint = endpointsOf(app, agent, task)[check.portIndex ?? 0];
  const port = check.port ?? endpoint?.port;
  if (host === null || port === undefined) {
    const what = host === null ? 'IP address' : 'Port';
    const cause = `UnsupportedOperationException: Health check failed: unable to get the task's effective${what}`;
    return { healthy: false, cause };
  }
  const signal = AbortSignal.timeout(Math.max(1, check.timeoutSeconds * second));
  try {
    if (check.protocol === 'TCP') {
      await tcp(dial(host), port, signal);
      return { healthy: true };
    }
    const path = check.path ?? '';
    const url = { protocol: check.protocol === 'HTTPS' ? 'https:' : 'http:', host: dial(host), port };
    const { statusCode = 0, statusMessage = '' } = await ask(url, path.startsWith('/') ? path : `/${path}`, signal);
    if (statusCode >= 200 && statusCode < 400) return { healthy: true };
    return { healthy: false, cause: `${statusCode} ${statusMessage}` };
  } catch (error) {
    return { healthy: false, cause: error instanceof Error ? error.message : String(error) };
  }
}

/** One GET; resolves with the head of the answer, its body is thrown away. */
async function ask(
  { protocol, host, port }: { protocol: string; host: string; port: number },
  path: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options = { host, port, path, signal, agent: false as const };
  const request = protocol === 'https:' ? getSecure({ ...options, rejectUnauthorized: false }) : get(options);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // The answer is here: that its connection breaks, or the time is over, changes nothing any more.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  response.resume();
  return response;
}

async function tcp(host: string, port: number, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal });
  } finally {
    socket.destroy();
  }
}

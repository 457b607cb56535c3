import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TrafficOptions } from './generator.ts';
import type { TrafficReport } from './report.ts';

export type { TrafficOptions } from './generator.ts';
export type { TrafficReport } from './report.ts';
export { reportLine } from './report.ts';

export interface Traffic {
  /** Ends the traffic and waits for the requests on their way. @throws Error when the client's process died */
  stop(): Promise<TrafficReport>;
  /** What was seen until now, not more than a tenth of a second old. */
  current(): TrafficReport;
}

/**
 * Starts a traffic client as a process of its own, so that work in this one delays no request. Resolves when the first
 * request is sent. The client ends with this process.
 */
export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const { url, rate, timeoutMs } = options;
  const args = [
    '--url',
    url,
    '--rate',
    String(rate),
    ...(timeoutMs === undefined ? [] : ['--timeout', `${timeoutMs}`]),
  ];
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  let latest: TrafficReport | undefined;
  child.on('message', (report: TrafficReport) => (latest = report));
  // Not the end of the process itself: the last report may still be on its way then.
  const ended = once(child, 'close');

  const died = ended.then(([code]) => {
    throw new Error(`the traffic client ended with ${String(code)} before its first report`);
  });
  await Promise.race([once(child, 'message'), died]);
  died.catch(() => undefined);

  const current = () => {
    if (latest === undefined) throw new Error('the traffic client has not reported');
    return latest;
  };
  return {
    current,
    stop: async () => {
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
      if (current().inFlight > 0 || child.signalCode !== null) throw new Error('the traffic client died');
      return current();
    },
  };
}

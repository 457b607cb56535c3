// Ends a fleet: a small process in a session of its own that holds the other end of a pipe to the process that started
// the fleet. Whatever ends that process (stop(), Ctrl-C, SIGKILL), the pipe closes; then this kills every part and
// removes the fleet's folder. It also holds the claims on octets, so that they last as long as the last part.
//   node reaper.ts FOLDER OCTETS    prints {"octets":[…]}, then reads one JSON message per line
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimOctets } from './octets.ts';
import {
  identify,
  lives,
  markedProcesses,
  npmAncestors,
  processTree,
  signalProcess,
  type ProcessId,
} from './process-table.ts';

/** What the starter tells: a part was started, and the signal that ends it at once; or the logs are to be kept. */
export type ReaperMessage = { part: ProcessId; endSignal: NodeJS.Signals } | { keepLogs: boolean };

const GRACE_MS = 3000;
const WATCH_MS = 500;
const LOGS = 'logs';

async function main(folder: string, octetCount: number): Promise<void> {
  const starter = identify(process.ppid);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
  process.stdout.on('error', () => undefined); // the starter is gone already: the pipe says so too
  if (starter !== null) endWithNpm(starter);
  const claims = await claimOctets(octetCount);
  process.stdout.write(`${JSON.stringify({ octets: claims.octets })}\n`);

  const parts: { part: ProcessId; endSignal: NodeJS.Signals }[] = [];
  let keepLogs = false;
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line) as ReaperMessage;
    if ('keepLogs' in message) keepLogs = message.keepLogs;
    else parts.push(message);
  }

  await endAll(parts, folder);
  const doomed = keepLogs ? (await readdir(folder)).filter((name) => name !== LOGS) : ['.'];
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };
  for (const name of doomed) await rm(join(folder, name), options);
  process.exit(0);
}

/** When npm or what it started on the way to the starter is killed, nobody tells the starter: this does. */
function endWithNpm(starter: ProcessId): void {
  const chain = npmAncestors(starter.pid);
  if (chain.length === 0) return;
  setInterval(() => {
    if (!chain.every(lives)) signalProcess(starter, 'SIGTERM');
  }, WATCH_MS);
}

async function endAll(parts: { part: ProcessId; endSignal: NodeJS.Signals }[], folder: string): Promise<void> {
  const running = parts.filter(({ part }) => lives(part));
  const all = running.flatMap(({ part }) => processTree(part.pid));
  for (const { part, endSignal } of running) signalProcess(part, endSignal);
  for (const id of all) signalProcess(id, 'SIGCONT'); // a stopped process acts on no other signal but SIGKILL
  const deadline = Date.now() + GRACE_MS;
  while (running.some(({ part }) => lives(part)) && Date.now() < deadline) await sleep(20);
  // The marked ones: what was started while this looked, or in the very moment in which the starter died.
  for (const id of [...all, ...markedProcesses(folder)]) if (id.pid !== process.pid) signalProcess(id, 'SIGKILL');
  while (all.some(lives)) await sleep(20);
}

const [folder, octetCount] = process.argv.slice(2);
if (folder === undefined || octetCount === undefined) throw new Error('usage: reaper.ts FOLDER OCTETS');
await main(folder, Number(octetCount));

import { readdirSync, readFileSync } from 'node:fs';

/** Environment variable that marks every process of a fleet, and what those start themselves, with the fleet's folder. */
export const MARKER = 'TRANSSHIP_DEVFLEET_DIR';

/** Names a process for good: pids are used again, but not with the same start time (clock ticks since boot). */
export interface ProcessId {
  pid: number;
  started: string;
}

/** Null where there is no such process, or only its zombie. */
export function identify(pid: number): ProcessId | null {
  const stat = readStat(pid);
  return stat === null || stat.state === 'Z' ? null : { pid, started: stat.started };
}

export function lives({ pid, started }: ProcessId): boolean {
  return identify(pid)?.started === started;
}

/** Sends a signal where the process is still the same. */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals): void {
  if (!lives(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch {
    // It ended this very moment.
  }
}

/** The process and all that descend from it, parents first. */
export function processTree(root: number): ProcessId[] {
  const children = Map.groupBy(allPids(), (pid) => readStat(pid)?.parent ?? 0);
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return identifyAll(tree);
}

/** Processes whose environment carries the marker of this fleet. */
export function markedProcesses(folder: string): ProcessId[] {
  return identifyAll(allPids().filter((pid) => environmentOf(pid).includes(`${MARKER}=${folder}`)));
}

/**
 * Where a process runs for an npm script: its ancestors up to that npm, nearest first. None otherwise.
 * Whoever kills npm means the script, but npm passes no SIGKILL on.
 */
export function npmAncestors(pid: number): ProcessId[] {
  const ancestors: number[] = [];
  for (let child = pid; runsForNpm(child);) {
    child = readStat(child)?.parent ?? 0;
    ancestors.push(child);
  }
  return identifyAll(ancestors);
}

function runsForNpm(pid: number): boolean {
  return environmentOf(pid).some((entry) => entry.startsWith('npm_lifecycle_event='));
}

function identifyAll(pids: number[]): ProcessId[] {
  return pids.map(identify).filter((id) => id !== null);
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Empty for processes of other users, and for those that overwrite theirs (PostgreSQL). */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

function readStat(pid: number): { state: string; parent: number; started: string } | null {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The name (field 2) may hold blanks and brackets: what follows the last bracket is regular.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', parent: Number(fields[1]), started: fields[19] ?? '' };
}

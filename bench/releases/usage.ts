import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { processTree } from '../../devfleet/supervision/process-table.ts';

/** Of /proc: fields after the name, which may hold blanks and brackets itself. */
function fieldsOf(text: string): string[] {
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU seconds of a process and all that it started, those that have ended included. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const { pid: each } of processTree(pid)) {
    const fields = read(`/proc/${each}/stat`);
    if (fields === null) continue;
    const [user, system, endedUser, endedSystem] = fieldsOf(fields).slice(11, 15).map(Number);
    ticks += (user ?? 0) + (system ?? 0) + (endedUser ?? 0) + (endedSystem ?? 0);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Memory of one process that is in RAM, in MiB. */
export function rssMiB(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} does not run`);
  return Number(kibibytes) / 1_024;
}

/** CPU seconds of the whole machine since it was started: at work, and in all. */
export function machineSeconds(): { busy: number; all: number } {
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, interrupts = 0, soft = 0] =
    readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  const busy = user + nice + system + interrupts + soft;
  return { busy: busy / TICKS_PER_SECOND, all: (busy + idle + wait) / TICKS_PER_SECOND };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './transship.ts';

/** A program with its arguments. */
export type Command = readonly [program: string, ...args: string[]];

export interface Run {
  /** From its start to its end. */
  seconds: number;
  /** The most memory that it had in RAM. */
  peakMiB: number;
}

/** How often a process is asked for the peak of its memory: what comes after the last time is not seen. In ms. */
const ASK_MS = 20;
const LAST_CHARACTERS = 2_000;

const TRANSSHIP = fileURLToPath(new URL('transship.ts', import.meta.url));
const NODE: Command = [process.execPath, '--disable-warning=ExperimentalWarning', TRANSSHIP];

/** Transship as a command. */
export function transshipCommand(order: Order): Command {
  return [...NODE, JSON.stringify(order)];
}

/** Runs a command to its end. @throws Error with the end of what it said, when it fails */
export async function timed([program, ...args]: Command): Promise<Run> {
  const began = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-LAST_CHARACTERS);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  let peakMiB = 0;
  const ticker = setInterval(() => (peakMiB = Math.max(peakMiB, peakOf(child))), ASK_MS);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    const seconds = (performance.now() - began) / 1_000;
    if (code === 0) return { seconds, peakMiB };
    throw new Error(`${program} ${args.join(' ')} ended with ${signal ?? `code ${code ?? '?'}`}:\n${said}`);
  } finally {
    clearInterval(ticker);
  }
}

/** Transship as a process that runs already when it is wanted. */
export class RunningTransship {
  readonly #child: ChildProcess;

  constructor() {
    const [program, ...args] = NODE;
    this.#child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  /** @returns seconds. @throws Error when it fails, or has ended */
  async carryOut(order: Order): Promise<number> {
    const began = performance.now();
    this.#child.send(order);
    const ended = once(this.#child, 'exit').then(() => [{ error: 'it has ended' }]);
    const [report] = (await Promise.race([once(this.#child, 'message'), ended])) as [Report];
    if (report.error !== null) throw new Error(`Transship, running: ${report.error}`);
    return (performance.now() - began) / 1_000;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

function peakOf({ pid }: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_024;
  } catch {
    return 0; // it has just ended
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { until } from '../wait.ts';
import { processTree, signalProcess } from './process-table.ts';

const READY_TIMEOUT_MS = 90_000;
const LAST_LINES = 12;

/** One process of the fleet: how it is started, and how one sees that it serves. */
export interface PartSpec {
  /** `north/etcd`, `temporal`. Its log is `logs/north-etcd.log`. */
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  user?: { uid: number; gid: number };
  /** Signal that ends it at once. SIGKILL, unless it leaves something behind in the kernel. */
  endSignal?: NodeJS.Signals;
  /** True once it serves. `newLog` is what it wrote since it was started. */
  ready: (newLog: () => string) => Promise<boolean>;
}

/** A part that did not start, with the place and the end of its log. */
export class PartFailed extends Error {
  constructor(name: string, why: string, log: string, tail: string) {
    const all = tail.trimEnd().split('\n');
    // A Go program that panics says why first, and then where, in many lines.
    const panic = all.slice(0, -LAST_LINES).filter((line) => /^(panic|fatal error): /.test(line));
    const lines = [...panic.slice(0, 1), ...all.slice(-LAST_LINES)];
    super([`${name} did not start: ${why}`, `log: ${log}`, ...lines.map((line) => `  | ${line}`)].join('\n'));
    this.name = 'PartFailed';
  }
}

/** Who ends the part. */
export interface PartOwner {
  /** Throws when it is too late to start anything. */
  allowStart(spec: PartSpec): void;
  /** Called in the same tick as the process is started. */
  started(child: ChildProcess, spec: PartSpec): void;
}

/** A supervised process. Ends with the fleet; may be stopped, resumed and restarted by tests. */
export class Part {
  readonly spec: PartSpec;
  readonly log: string;
  readonly #environment: Record<string, string>;
  readonly #owner: PartOwner;
  #child: ChildProcess | null = null;
  #exit: Promise<string> = Promise.resolve('it was not started');
  #logOffset = 0;
  /** Called with the reason when it ends and nobody asked for that. */
  onLost: (why: string) => void = () => undefined;

  constructor(spec: PartSpec, log: string, environment: Record<string, string>, owner: PartOwner) {
    this.spec = spec;
    this.log = log;
    this.#environment = environment;
    this.#owner = owner;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.spec.name} does not run`);
    return this.#child.pid;
  }

  /** Starts it and waits until it serves. @throws PartFailed */
  async start(): Promise<void> {
    const began = performance.now();
    const exit = this.#spawn();
    const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
    const serves = until(
      () => this.spec.ready(() => this.#newLog()),
      READY_TIMEOUT_MS,
      () => this.#child === null,
    );
    const why = await Promise.race([
      exit.then((ended) => `${ended} after ${seconds()}`),
      serves.then((yes) => (yes ? null : `it did not answer within ${seconds()}`)),
    ]);
    if (why !== null) throw new PartFailed(this.spec.name, why, this.log, this.#newLog());
  }

  /** Stops the process and all it started where they are (SIGSTOP). */
  pause(): void {
    // Twice: a child may be started while the first round looks.
    for (let round = 0; round < 2; round++) for (const id of processTree(this.pid)) signalProcess(id, 'SIGSTOP');
  }

  resume(): void {
    for (const id of processTree(this.pid)) signalProcess(id, 'SIGCONT');
  }

  /** Kills it and what it started, without a chance to tidy up, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null; // asked for: nobody has lost it
    if (child?.pid === undefined) return;
    const tree = processTree(child.pid);
    child.kill(this.spec.endSignal ?? 'SIGKILL');
    for (const id of tree) signalProcess(id, 'SIGCONT');
    await this.#exit;
    for (const id of tree) signalProcess(id, 'SIGKILL');
  }

  /** Kills it and starts it again with the same arguments, ports and data. Returns when it serves. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** @returns why it ended, when it has */
  #spawn(): Promise<string> {
    this.#owner.allowStart(this.spec);
    const { command, args, env, user } = this.spec;
    mkdirSync(dirname(this.log), { recursive: true });
    const output = openSync(this.log, 'a');
    this.#logOffset = statSync(this.log).size;
    // Its own session: the terminal's Ctrl-C must not reach it before the orderly stop does.
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...this.#environment, ...env },
      ...user,
    });
    closeSync(output);
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      child.once('error', (error) => resolve(`it could not be run (${error.message})`));
      child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code ?? '?'}`}`));
    });
    void this.#exit.then((why) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.onLost(why);
    });
    this.#owner.started(child, this.spec);
    return this.#exit;
  }

  #newLog(): string {
    return readFileSync(this.log).subarray(this.#logOffset).toString('utf8');
  }
}

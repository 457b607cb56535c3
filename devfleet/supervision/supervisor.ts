import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Part, type PartSpec } from './part.ts';
import { identify, MARKER } from './process-table.ts';
import type { ReaperMessage } from './reaper.ts';

/** Temporal, etcd and the Kubernetes programs collect garbage a quarter as often, each up to so much memory. */
const GO = { GOGC: '400', GOMEMLIMIT: '1GiB' };

/** Starts parts and ends them: all of them, together with the process that this runs in, however that ends. */
export class Supervisor {
  readonly folder: string;
  /** Claimed for the fleet, in order. */
  readonly octets: number[];
  readonly #reaper: ChildProcess;
  readonly #onLost: (part: Part, why: string) => void;
  readonly #reaperGone: Promise<unknown>;
  readonly #parts: Part[] = [];
  #stopping = false;

  private constructor(
    folder: string,
    octets: number[],
    reaper: ChildProcess,
    onLost: (part: Part, why: string) => void,
  ) {
    this.folder = folder;
    this.octets = octets;
    this.#reaper = reaper;
    this.#reaperGone = once(reaper, 'exit').then(() => (this.#stopping = true));
    reaper.stdin?.on('error', () => undefined); // closed with the reaper; stop() sees that
    this.#onLost = onLost;
  }

  /**
   * @param folder removed at the end
   * @param octetCount how many address octets to claim
   * @param onLost called when a part ends that nobody asked to end
   */
  static async start(
    folder: string,
    octetCount: number,
    onLost: (part: Part, why: string) => void,
  ): Promise<Supervisor> {
    const program = fileURLToPath(new URL('reaper.ts', import.meta.url));
    const reaper = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, folder, String(octetCount)],
      {
        detached: true,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    const lines = createInterface({ input: reaper.stdout });
    const [first] = (await Promise.race([once(lines, 'line'), once(reaper, 'exit').then(() => [''])])) as [string];
    if (first === '') throw new Error('the reaper of the fleet did not start');
    return new Supervisor(folder, (JSON.parse(first) as { octets: number[] }).octets, reaper, onLost);
  }

  /** Folder of the logs: `<part>.log` each, `/` in names becoming `-`. */
  get logs(): string {
    return join(this.folder, 'logs');
  }

  /** Starts a part and waits until it serves. @throws PartFailed */
  async start(spec: PartSpec): Promise<Part> {
    const compiled = process.env['NODE_COMPILE_CACHE'];
    const environment = {
      ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled }),
      ...GO,
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? this.folder,
      [MARKER]: this.folder,
    };
    const log = join(this.logs, `${spec.name.replaceAll('/', '-')}.log`);
    const part = new Part(spec, log, environment, {
      allowStart: ({ name }) => {
        if (this.#stopping) throw new Error(`${name} was not started: the fleet is ending`);
      },
      started: (child, { endSignal = 'SIGKILL' }) => {
        const id = child.pid === undefined ? null : identify(child.pid);
        if (id !== null) this.#tell({ part: id, endSignal });
      },
    });
    this.#parts.push(part);
    await part.start();
    part.onLost = (why) => {
      if (!this.#stopping) this.#onLost(part, why);
    };
    return part;
  }

  /** Ends all parts and removes the folder, but for the logs where they are wanted. */
  async stop(options: { keepLogs?: boolean } = {}): Promise<void> {
    this.#stopping = true;
    if (options.keepLogs === true) this.#tell({ keepLogs: true });
    this.#reaper.stdin?.end();
    await this.#reaperGone;
    if (!existsSync(this.folder) || options.keepLogs === true) return;
    // Somebody killed the reaper before: without it, by hand.
    await Promise.all(this.#parts.map((part) => part.kill()));
    await rm(this.folder, { recursive: true, force: true });
  }

  #tell(message: ReaperMessage): void {
    this.#reaper.stdin?.write(`${JSON.stringify(message)}\n`);
  }
}

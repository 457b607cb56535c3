import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { AgentInfo } from '../link/messages.ts';

/** As the maintenance calls name a machine. Both must match what an agent announces; hostnames without regard to case. */
export interface MachineId {
  hostname?: string;
  ip?: string;
}

/** Nanoseconds since 1970, and for how long; without a duration: for ever. */
export interface Unavailability {
  start: { nanoseconds: number };
  duration?: { nanoseconds: number };
}

export interface Schedule {
  windows: { machine_ids: MachineId[]; unavailability: Unavailability }[];
}

export interface Machine {
  id: MachineId;
  mode: 'UP' | 'DRAINING' | 'DOWN';
  unavailability: Unavailability | null;
}

/** DrainInfo, with the names that it has in JSON. */
export interface DrainInfo {
  state: 'DRAINING' | 'DRAINED';
  config: { max_grace_period?: { nanoseconds: number }; mark_gone: boolean };
}

interface Registered {
  /** Agents that were let in, by id, and not removed since. */
  admitted: Map<string, AgentInfo>;
  /** Agent → since when, ms since 1970. */
  unreachable: Map<string, number>;
  gone: Map<string, number>;
  deactivated: Set<string>;
  draining: Map<string, DrainInfo>;
  /** Machines that are not UP. */
  machines: Machine[];
  schedule: Schedule | null;
}

/** What survives a change of the leader: the replicated log of the real masters (src/master/registry.proto). */
export class Registry {
  readonly #file: string | null;
  readonly #state: Registered;

  /** @param file keeps it over a restart of the process; null: memory only */
  constructor(file: string | null) {
    this.#file = file;
    const written = file !== null && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Written) : null;
    this.#state = {
      admitted: new Map(written?.admitted),
      unreachable: new Map(written?.unreachable),
      gone: new Map(written?.gone),
      deactivated: new Set(written?.deactivated),
      draining: new Map(written?.draining),
      machines: written?.machines ?? [],
      schedule: written?.schedule ?? null,
    };
  }

  get state(): Readonly<Registered> {
    return this.#state;
  }

  /** Changes it; on file before this returns. */
  change(how: (state: Registered) => void): void {
    how(this.#state);
    if (this.#file === null) return;
    const asArray = (_: string, value: unknown): unknown =>
      value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value;
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#state, asArray));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

/** As it is on file: maps and sets as arrays. */
interface Written extends Pick<Registered, 'machines' | 'schedule'> {
  admitted: [string, AgentInfo][];
  unreachable: [string, number][];
  gone: [string, number][];
  deactivated: string[];
  draining: [string, DrainInfo][];
}

export function machineKey({ hostname = '', ip = '' }: MachineId): string {
  return `${hostname.toLowerCase()} ${ip}`;
}

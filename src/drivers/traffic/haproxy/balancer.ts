import type { HaproxyConfig } from '../../../domain/traffic.ts';
import { TransshipError } from '../../../domain/errors.ts';
import { fillPlaceholders } from '../../../domain/placeholders.ts';
import type { Place } from '../places.ts';
import type { HaproxyProcess, ServerName } from './process.ts';
import type { ServerState } from './state.ts';

/** What one process says of a server. */
export interface Said {
  process: HaproxyProcess;
  state: ServerState;
}

/** The HAProxy processes that carry one IDC's traffic, and how instances are named there. */
export class Balancer {
  readonly processes: readonly HaproxyProcess[];
  readonly #templates: Pick<HaproxyConfig, 'backend' | 'server'>;

  constructor(processes: readonly HaproxyProcess[], templates: Pick<HaproxyConfig, 'backend' | 'server'>) {
    this.processes = processes;
    this.#templates = templates;
  }

  /** Null while the instance has no address and its name needs one. */
  nameOf({ values }: Place): ServerName | null {
    const backend = fillPlaceholders(this.#templates.backend, values);
    const server = fillPlaceholders(this.#templates.server, values);
    return backend === null || server === null ? null : { backend, server };
  }

  /** @throws LOAD_BALANCER_TARGET_UNKNOWN while the instance has no address and its name needs one */
  mustName(place: Place): ServerName {
    const name = this.nameOf(place);
    if (name !== null) return name;
    throw new TransshipError('LOAD_BALANCER_TARGET_UNKNOWN', `${place.member} has no address yet to find it by`);
  }

  /** What every process says now. */
  async ask(name: ServerName): Promise<Said[]> {
    return Promise.all(this.processes.map(async (process) => ({ process, state: await process.server(name) })));
  }
}

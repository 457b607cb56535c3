import { TransshipError } from '../../../domain/errors.ts';
import { coalesce } from '../../kubernetes/coalesce.ts';
import { askHaproxy } from './cli.ts';
import { readStates, type ServerState } from './state.ts';

/** Where a server stands in the configuration of HAProxy. */
export interface ServerName {
  backend: string;
  server: string;
}

/** One HAProxy process, by its socket. It keeps what it is told in memory: a reload forgets it. */
export class HaproxyProcess {
  readonly socket: string;
  /** By backend. Those who ask at about the same time share one read. */
  readonly #reads = new Map<string, (backend: string) => Promise<Map<string, ServerState>>>();

  /** @param socket path of a Unix socket, or `host:port` */
  constructor(socket: string) {
    this.socket = socket;
  }

  /**
   * Servers of the backend by name; fresh.
   * @throws LOAD_BALANCER_TARGET_UNKNOWN when there is no such backend
   */
  async servers(backend: string): Promise<Map<string, ServerState>> {
    const read = this.#reads.get(backend) ?? coalesce(() => this.#load(backend));
    this.#reads.set(backend, read);
    return read(backend);
  }

  /** @throws LOAD_BALANCER_TARGET_UNKNOWN when there is no such backend or server */
  async server({ backend, server }: ServerName): Promise<ServerState> {
    const state = (await this.servers(backend)).get(server);
    if (state === undefined) throw this.#unknown(`backend ${backend} has no server ${server}`);
    return state;
  }

  async set({ backend, server }: ServerName, state: 'drain' | 'ready'): Promise<void> {
    const [answer = ''] = await askHaproxy(this.socket, `set server ${backend}/${server} state ${state}`);
    // Done is answered by nothing at all.
    if (answer !== '') throw this.#refusal(answer, `${backend}/${server}`);
  }

  async #load(backend: string): Promise<Map<string, ServerState>> {
    const line = `show servers state ${backend};show stat ${backend} 4 -1`;
    const [servers = '', stat = ''] = await askHaproxy(this.socket, line);
    try {
      if (servers.startsWith('1\n') && stat.startsWith('#')) return readStates(servers, stat);
    } catch (error) {
      throw this.#refusal(String(error), backend);
    }
    throw this.#refusal(servers.startsWith('1\n') ? stat : servers, backend);
  }

  #refusal(answer: string, asked: string): TransshipError {
    const [first = ''] = answer.split('\n');
    if (/^(?:Can't find backend|No such (?:backend|server|proxy))/.test(first)) {
      return this.#unknown(`${asked}: ${first}`);
    }
    const hint = first.startsWith('Permission denied') ? ': its "stats socket" line needs "level admin"' : '';
    return new TransshipError('LOAD_BALANCER_REFUSED', `HAProxy at ${this.socket}, ${asked}: ${first}${hint}`);
  }

  #unknown(what: string): TransshipError {
    return new TransshipError('LOAD_BALANCER_TARGET_UNKNOWN', `HAProxy at ${this.socket}: ${what}`);
  }
}

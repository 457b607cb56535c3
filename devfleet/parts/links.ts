import { Toxiproxy, type ICreateToxicBody, type ToxicDirection } from 'toxiproxy-node-client';
import { withFreshPorts } from '../ports.ts';
import { answers } from '../wait.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';

/** A network link that a test may disturb. Its effects last until they are taken back, or toxiproxy is restarted. */
export interface Link {
  /** Closes it: open connections are cut, new ones refused. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** Delays every answer by this many milliseconds, more or less by up to `jitterMs` (default 0); 0 ends that. */
  latency(ms: number, jitterMs?: number): Promise<void>;
  /** Of each connection, so many kilobytes (1,000 bytes) of answers a second; 0 ends that. */
  bandwidth(kilobytes: number): Promise<void>;
  /**
   * This share of the connections, 0 to 1, is reset as soon as a request comes; 0 ends that. As long as it is not 0 every other
   * connection that the link ends is reset, too.
   */
  refuse(share: number): Promise<void>;
  /** A connection ends after so many bytes, for each name by which it is said; null ends that. */
  limit(name: string, limit: DataLimit | null): Promise<void>;
}

/** How much a connection carries. */
export interface DataLimit {
  /** What counts. */
  of: 'requests' | 'answers';
  bytes: number;
  /** Which share of the connections it holds for, 0 to 1. Default: all. */
  share?: number;
}

/** All links of a fleet: TCP proxies of one toxiproxy. */
export class Links {
  readonly part: Part;
  readonly #api: Toxiproxy;
  readonly #nextPort: () => Promise<number>;
  readonly #proxies = new Map<string, { name: string; listen: string; upstream: string }>();

  private constructor(part: Part, api: Toxiproxy, nextPort: () => Promise<number>) {
    this.part = part;
    this.#api = api;
    this.#nextPort = nextPort;
  }

  static async start(supervisor: Supervisor, binary: string, nextPort: () => Promise<number>): Promise<Links> {
    return withFreshPorts(async () => {
      const port = await nextPort();
      const url = `http://127.0.0.1:${port}`;
      const part = await supervisor.start({
        name: 'toxiproxy',
        command: binary,
        args: ['-host', '127.0.0.1', '-port', String(port)],
        ready: async () => answers(`${url}/version`),
      });
      return new Links(part, new Toxiproxy(url), nextPort);
    });
  }

  /** Lays a link to a port of this machine. @returns the port it is to be used by */
  async lay(name: string, upstreamPort: number): Promise<number> {
    const port = await this.#nextPort();
    // Toxiproxy puts names into its paths as they are: no slash.
    const proxy = { name: name.replace('/', '.'), listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${upstreamPort}` };
    await this.#api.createProxy(proxy);
    this.#proxies.set(name, proxy);
    return port;
  }

  /** @param name `north/kubernetes`, `north/registry`, `catalogue`, `temporal` */
  link(name: string): Link {
    const wanted = this.#proxies.get(name);
    if (wanted === undefined)
      throw new Error(`there is no link ${name}; there are ${[...this.#proxies.keys()].join(', ')}`);
    const change = async (enabled: boolean) => {
      const proxy = await this.#api.get(wanted.name);
      await proxy.update({ enabled, listen: wanted.listen, upstream: wanted.upstream });
    };
    const toxic = async (name: string, wish: Omit<ICreateToxicBody<unknown>, 'name'> | null): Promise<void> => {
      const proxy = await this.#api.get(wanted.name);
      const before = await proxy.getToxic(name).catch(() => null); // 404 where there is none
      await before?.remove();
      if (wish !== null) await proxy.addToxic({ name, ...wish });
    };
    const whole = { stream: 'downstream', toxicity: 1 } as const;
    return {
      cut: () => change(false),
      restore: () => change(true),
      latency: (latency, jitter = 0) =>
        toxic('latency', latency === 0 ? null : { ...whole, type: 'latency', attributes: { latency, jitter } }),
      bandwidth: (rate) =>
        toxic('bandwidth', rate === 0 ? null : { ...whole, type: 'bandwidth', attributes: { rate } }),
      refuse: (toxicity) =>
        toxic(
          'reset_peer',
          toxicity === 0 ? null : { type: 'reset_peer', stream: 'upstream', toxicity, attributes: { timeout: 0 } },
        ),
      limit: (name, limit) =>
        toxic(
          name,
          limit === null
            ? null
            : {
                ...{ type: 'limit_data', stream: STREAMS[limit.of], toxicity: limit.share ?? 1 },
                attributes: { bytes: limit.bytes },
              },
        ),
    };
  }

  /** Kills toxiproxy, starts it again and lays all links as they were at first. */
  async restart(): Promise<void> {
    await this.part.restart();
    await this.#api.populate([...this.#proxies.values()]);
  }
}

const STREAMS: Record<DataLimit['of'], ToxicDirection> = { requests: 'upstream', answers: 'downstream' };

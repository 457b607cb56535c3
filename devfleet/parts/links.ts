import { Toxiproxy, type Bandwidth, type Latency, type Proxy as ToxiProxy } from 'toxiproxy-node-client';
import { withFreshPorts } from '../ports.ts';
import { answers } from '../wait.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';

/** A network link that a test may disturb. Its effects last until they are taken back, or toxiproxy is restarted. */
export interface Link {
  /** Closes it: open connections are cut, new ones refused. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** Delays every answer by this many milliseconds; 0 ends that. */
  latency(ms: number): Promise<void>;
  /** Of each connection, so many kilobytes (1,000 bytes) of answers a second; 0 ends that. */
  bandwidth(kilobytes: number): Promise<void>;
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
    return {
      cut: () => change(false),
      restore: () => change(true),
      latency: async (ms) => setToxic(await this.#api.get(wanted.name), 'latency', { latency: ms, jitter: 0 }, ms),
      bandwidth: async (rate) => setToxic(await this.#api.get(wanted.name), 'bandwidth', { rate }, rate),
    };
  }

  /** Kills toxiproxy, starts it again and lays all links as they were at first. */
  async restart(): Promise<void> {
    await this.part.restart();
    await this.#api.populate([...this.#proxies.values()]);
  }
}

async function setToxic(
  proxy: ToxiProxy,
  type: 'latency' | 'bandwidth',
  attributes: Latency | Bandwidth,
  amount: number,
): Promise<void> {
  const before = await proxy.getToxic(type).catch(() => null); // 404 where there is none
  await before?.remove();
  if (amount === 0) return;
  await proxy.addToxic({ name: type, type, stream: 'downstream', toxicity: 1, attributes });
}

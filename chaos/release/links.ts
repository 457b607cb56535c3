import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { openApiLink } from '../../test/support/api-link.ts';
import { openHttpLink, type HttpLink } from '../../test/support/http-link.ts';
import { startLink, type Link } from '../../test/support/link.ts';
import type { World } from './world.ts';

/**
 * What Transship's processes need and can lose: `north/kubernetes`, `north/marathon`, `north/mesos`, `north/registry`, `catalogue`, `temporal`.
 */
export type System = `${string}/${string}` | 'catalogue' | 'temporal';

/** Fields of the fleet file that say where systems are. */
interface FleetFile {
  idcs: {
    name: string;
    registry: { url: string };
    clusters: (
      { kind: 'kubernetes'; kubeconfig: string } | { kind: 'marathon'; urls: string[]; mesos: { urls: string[] } }
    )[];
  }[];
  catalogue: { url: string };
}

/** Environment of processes that reach every system as all do, and have a catalogue of their own. */
export async function catalogueEnv({ fleet }: World, folder: string, url: string): Promise<Record<string, string>> {
  return writeFleetFile(folder, { ...(await readFleetFile(fleet)), catalogue: { url } });
}

async function readFleetFile(fleet: World['fleet']): Promise<FleetFile> {
  return parse(await readFile(fleet.fleetFile, 'utf8')) as FleetFile;
}

async function writeFleetFile(folder: string, file: FleetFile): Promise<Record<string, string>> {
  const fleetFile = path.join(folder, 'fleet.yml');
  await writeFile(fleetFile, stringify(file));
  return { TRANSSHIP_FLEET: fleetFile };
}

/** The ways from one lane's processes to every system: what breaks there breaks for that lane only. */
export class LaneLinks {
  /** Environment by which processes take these ways. */
  readonly env: Record<string, string>;
  /** Those to API servers, and to every process of Marathons and Mesos masters, by system. */
  readonly clusters: Map<System, HttpLink[]>;
  readonly #others: Map<System, Link>;

  private constructor(env: Record<string, string>, clusters: Map<System, HttpLink[]>, others: Map<System, Link>) {
    this.env = env;
    this.clusters = clusters;
    this.#others = others;
  }

  /**
   * @param folder where the fleet file and the kubeconfigs are written
   * @param catalogue URL of the lane's catalogue
   */
  static async open({ fleet }: World, folder: string, catalogue: string): Promise<LaneLinks> {
    const clusters = new Map<System, HttpLink[]>();
    const others = new Map<System, Link>();
    const lay = async (system: System, port: string): Promise<string> => {
      const link = await startLink(Number(port));
      others.set(system, link);
      return String(link.port);
    };
    const through = async (system: System, address: string): Promise<string> => {
      const url = new URL(address);
      url.port = await lay(system, url.port);
      return url.href.replace(/\/$/, '');
    };
    const each = async (system: System, urls: string[]): Promise<string[]> => {
      // Masters are asked only, by POST.
      const mutates = ({ method, path: asked }: { method: string; path: string }) =>
        method !== 'GET' && asked !== '/api/v1';
      const links = await Promise.all(urls.map((url) => openHttpLink(new URL(url), { mutates })));
      clusters.set(system, links);
      return links.map(({ port }) => `http://127.0.0.1:${port}`);
    };
    const file = await readFleetFile(fleet);
    for (const idc of file.idcs) {
      const { kubeconfig, registry } = fleet.idcs[idc.name] ?? {};
      if (kubeconfig === undefined || registry === undefined) throw new Error(`the fleet has no IDC ${idc.name}`);
      for (const cluster of idc.clusters) {
        if (cluster.kind === 'marathon') {
          cluster.urls = await each(`${idc.name}/marathon`, cluster.urls);
          cluster.mesos.urls = await each(`${idc.name}/mesos`, cluster.mesos.urls);
        } else {
          const api = await openApiLink(kubeconfig, path.join(folder, `${idc.name}.kubeconfig`));
          clusters.set(`${idc.name}/kubernetes`, [api]);
          cluster.kubeconfig = api.kubeconfig;
        }
      }
      idc.registry.url = await through(`${idc.name}/registry`, registry.directUrl);
    }
    file.catalogue.url = await through('catalogue', catalogue);
    const [host = '', port = ''] = fleet.temporal.address.split(':');
    const temporal = `${host}:${await lay('temporal', port)}`;
    return new LaneLinks({ ...(await writeFleetFile(folder, file)), TEMPORAL_ADDRESS: temporal }, clusters, others);
  }

  /** The ways to an API server, or to every process of a Marathon or of Mesos masters. */
  cluster(system: System): HttpLink[] {
    const links = this.clusters.get(system);
    if (links === undefined)
      throw new Error(`the lane has no way to ${system}; it has ${[...this.clusters.keys()].join(', ')}`);
    return links;
  }

  /** IDCs whose API servers it reaches. */
  get idcs(): string[] {
    return [...this.clusters.keys()].flatMap((system) =>
      system.endsWith('/kubernetes') ? (system.split('/')[0] ?? '') : [],
    );
  }

  /** Closes every connection to the system, and each new one, until it is mended. */
  cut(system: System): void {
    if (this.clusters.has(system)) for (const link of this.cluster(system)) link.cut();
    else this.#other(system).cut(true);
  }

  mend(system: System): void {
    if (this.clusters.has(system)) for (const link of this.cluster(system)) link.mend();
    else this.#other(system).cut(false);
  }

  async close(): Promise<void> {
    for (const link of this.#others.values()) link.close();
    await Promise.all([...this.clusters.values()].flat().map((link) => link.close()));
  }

  #other(system: System): Link {
    const link = this.#others.get(system);
    if (link === undefined)
      throw new Error(`the lane has no link ${system}; it has ${[...this.#others.keys()].join(', ')}`);
    return link;
  }
}

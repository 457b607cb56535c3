import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { openApiLink, type ApiLink } from '../../test/support/api-link.ts';
import { startLink, type Link } from '../../test/support/link.ts';
import type { World } from './world.ts';

/** What Transship's processes need and can lose: `north/kubernetes`, `north/registry`, `catalogue`, `temporal`. */
export type System = `${string}/${'kubernetes' | 'registry'}` | 'catalogue' | 'temporal';

/** Fields of the fleet file that say where systems are. */
interface FleetFile {
  idcs: { name: string; registry: { url: string }; clusters: { kubeconfig: string }[] }[];
  catalogue: { url: string };
}

/** The ways from one lane's processes to every system: what breaks there breaks for that lane only. */
export class LaneLinks {
  /** Environment by which processes take these ways. */
  readonly env: Record<string, string>;
  readonly #apis: Map<string, ApiLink>;
  readonly #others: Map<System, Link>;

  private constructor(env: Record<string, string>, apis: Map<string, ApiLink>, others: Map<System, Link>) {
    this.env = env;
    this.#apis = apis;
    this.#others = others;
  }

  /** @param folder where the fleet file and the kubeconfigs are written */
  static async open({ fleet }: World, folder: string): Promise<LaneLinks> {
    const apis = new Map<string, ApiLink>();
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
    const file = parse(await readFile(fleet.fleetFile, 'utf8')) as FleetFile;
    for (const idc of file.idcs) {
      const { kubeconfig, registry } = fleet.idcs[idc.name] ?? {};
      if (kubeconfig === undefined || registry === undefined) throw new Error(`the fleet has no IDC ${idc.name}`);
      const api = await openApiLink(kubeconfig, path.join(folder, `${idc.name}.kubeconfig`));
      apis.set(idc.name, api);
      for (const cluster of idc.clusters) cluster.kubeconfig = api.kubeconfig;
      idc.registry.url = await through(`${idc.name}/registry`, registry.directUrl);
    }
    file.catalogue.url = await through('catalogue', fleet.catalogue.directUrl);
    const [host = '', port = ''] = fleet.temporal.address.split(':');
    const temporal = `${host}:${await lay('temporal', port)}`;
    const fleetFile = path.join(folder, 'fleet.yml');
    await writeFile(fleetFile, stringify(file));
    return new LaneLinks({ TRANSSHIP_FLEET: fleetFile, TEMPORAL_ADDRESS: temporal }, apis, others);
  }

  /** The way to the API server of an IDC. */
  api(idc: string): ApiLink {
    const api = this.#apis.get(idc);
    if (api === undefined) throw new Error(`the lane has no way to an API server of ${idc}`);
    return api;
  }

  get idcs(): string[] {
    return [...this.#apis.keys()];
  }

  /** Closes every connection to the system, and each new one, until it is mended. */
  cut(system: System): void {
    const [idc = '', what] = system.split('/');
    if (what === 'kubernetes') this.api(idc).cut();
    else this.#other(system).cut(true);
  }

  mend(system: System): void {
    const [idc = '', what] = system.split('/');
    if (what === 'kubernetes') this.api(idc).mend();
    else this.#other(system).cut(false);
  }

  async close(): Promise<void> {
    for (const link of this.#others.values()) link.close();
    await Promise.all([...this.#apis.values()].map((api) => api.close()));
  }

  #other(system: System): Link {
    const link = this.#others.get(system);
    if (link === undefined)
      throw new Error(`the lane has no link ${system}; it has ${[...this.#others.keys()].join(', ')}`);
    return link;
  }
}

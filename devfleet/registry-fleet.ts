import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { fleetSchema } from '../src/domain/fleet.ts';
import { resolveBinaries } from './binaries/resolve.ts';
import { presentHarbor, pullUrl, startRegistryOf } from './idc-registry.ts';
import { startLight } from './light.ts';
import { Links } from './parts/links.ts';
import { catalogueUrl, startPostgres } from './parts/postgres.ts';
import type { NotificationEndpoint, Registry } from './parts/registry.ts';
import { startTemporal } from './parts/temporal.ts';
import type { Devfleet, DevfleetHarbor } from './types.ts';

/** A registry of a registry fleet. */
export interface FleetRegistryHandle {
  /** Over the link `<name>/registry`, as Transship reaches it. */
  url: string;
  /** Past the link; of a Harbor with its user and password. */
  directUrl: string;
  /** Null where nothing stands before the registry. */
  harbor: DevfleetHarbor | null;
  part: Registry['part'];
}

/** IDCs that have registries and nothing else: what copies of images are tried on. */
export interface RegistryFleet extends Pick<
  Devfleet,
  'fleetFile' | 'env' | 'temporal' | 'catalogue' | 'link' | 'start' | 'freePort' | 'stop' | 'logs'
> {
  /** By the names that sync rules use. */
  registries: Record<string, FleetRegistryHandle>;
  /** Where the API is to listen: registries tell it of pushes. */
  apiPort: number;
  /** Temporal, PostgreSQL. */
  process(part: 'temporal' | 'postgres'): { pid: number; restart(): Promise<void> };
}

export interface RegistryFleetOptions {
  /** IDC → names of its replicas. */
  idcs: Record<string, string[]>;
  links?: z.input<typeof fleetSchema>['links'];
  /** What a registry, by its name, tells others of, given the port that the API is to listen on. */
  notified?: (registry: string, apiPort: number) => NotificationEndpoint[];
  /** Names of registries with a Harbor before them. Default: none. */
  harbors?: readonly string[];
  /** More of each registry in the fleet file. */
  settings?: (registry: string) => Partial<z.input<typeof fleetSchema>['idcs'][number]['registry']>;
  /** Without Temporal's web UI. Default: true. */
  headless?: boolean;
}

const NAMESPACE = 'transship';

/**
 * Starts Temporal, PostgreSQL, a link and a registry for each name, and writes a fleet file with clusters that do not exist.
 * @throws PartFailed
 */
export async function startRegistryFleet(options: RegistryFleetOptions): Promise<RegistryFleet> {
  const { idcs, headless = true, links: limits, settings = () => ({}), notified = () => [], harbors = [] } = options;
  const binaries = await resolveBinaries(['registry', 'temporal', 'toxiproxy'], () => undefined);
  return startLight(async ({ supervisor, nextPort }) => {
    const apiPort = await nextPort();
    const url = (port: number): string => `http://127.0.0.1:${port}`;
    const names = Object.entries(idcs).flatMap(([idc, replicas]) => [idc, ...replicas]);
    const [links, temporal, postgres, started] = await Promise.all([
      Links.start(supervisor, binaries.toxiproxy.path, nextPort),
      startTemporal(supervisor, binaries.temporal.path, nextPort, headless),
      startPostgres(supervisor, nextPort),
      Promise.all(
        names.map(async (name) => {
          const kind = harbors.includes(name) ? 'harbor' : 'distribution';
          const how = { idc: name, kind, harborClocks: {}, notified: notified(name, apiPort) } as const;
          return { name, ...(await startRegistryOf(supervisor, binaries.registry.path, how, nextPort)) };
        }),
      ),
    ]);
    const registries: Record<string, FleetRegistryHandle> = {};
    for (const { name, registry, harbor } of started) {
      registries[name] = {
        url: url(await links.lay(`${name}/registry`, harbor?.port ?? registry.port)),
        directUrl: pullUrl(registry, harbor),
        part: registry.part,
        harbor: harbor === null ? null : presentHarbor(harbor, registry),
      };
    }
    const cataloguePort = await links.lay('catalogue', postgres.port);
    const temporalPort = await links.lay('temporal', temporal.port);
    const of = (name: string) => {
      const { url: at = '', harbor = null } = registries[name] ?? {};
      const credential = harbor === null ? {} : { credential: { user: harbor.user, password: harbor.password } };
      return { url: at, ...(harbor === null ? {} : { kind: 'harbor' as const }), ...credential, ...settings(name) };
    };
    const file: z.input<typeof fleetSchema> = {
      fleet: 'registries',
      environments: [{ name: 'pro' }],
      idcs: Object.entries(idcs).map(([idc, replicas], at) => ({
        name: idc,
        azs: ['az-1'],
        registry: of(idc),
        replicas: replicas.map((name) => ({ name, ...of(name) })),
        clusters: [
          {
            name: `${idc}-none`,
            kind: 'marathon',
            urls: [`http://127.0.0.${at + 1}:9`],
            network: 'none',
            azs: ['az-1'],
          },
        ],
      })),
      ...(limits === undefined ? {} : { links: limits }),
      catalogue: { url: catalogueUrl(cataloguePort) },
      api: { listen: `127.0.0.1:${apiPort}` },
      ...(temporal.uiPort === null ? {} : { temporalUi: url(temporal.uiPort) }),
    };
    const fleetFile = join(supervisor.folder, 'fleet.yml');
    await writeFile(fleetFile, stringify(file));
    const address = `127.0.0.1:${temporalPort}`;
    const ui = temporal.uiPort === null ? '' : url(temporal.uiPort);
    const parts = { temporal: temporal.part, postgres: postgres.part };
    return {
      logs: supervisor.logs,
      fleetFile,
      env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: NAMESPACE, TRANSSHIP_FLEET: fleetFile },
      temporal: { address, ui, namespace: NAMESPACE },
      catalogue: { url: catalogueUrl(cataloguePort), directUrl: catalogueUrl(postgres.port) },
      registries,
      apiPort,
      link: (name) => links.link(name),
      process: (name) => parts[name],
      start: async (spec) => supervisor.start(spec),
      freePort: nextPort,
      stop: async () => supervisor.stop(),
    };
  });
}

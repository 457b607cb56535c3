import { join } from 'node:path';
import { writeFleetFile } from './fleet-file.ts';
import { presentIdc, presentMesos, startIdc, type Tools } from './idc.ts';
import type { ApiServer } from './kubernetes/api-server.ts';
import { Links } from './parts/links.ts';
import { catalogueUrl, startPostgres } from './parts/postgres.ts';
import { startFrontDoor, type Mesos } from './parts/programs.ts';
import { startTemporal } from './parts/temporal.ts';
import { portsOf } from './ports.ts';
import type { FleetShape } from './shape.ts';
import type { Supervisor } from './supervision/supervisor.ts';
import type { Devfleet, FleetOptions } from './types.ts';

const NAMESPACE = 'transship';

/** Starts all parts side by side, lays the links, writes the fleet file. */
export async function assemble(
  tools: Tools,
  shape: FleetShape,
  {
    headless = false,
    mesosClocks: clocks = {},
    harborClocks = {},
  }: Pick<FleetOptions, 'headless' | 'mesosClocks' | 'harborClocks'>,
): Promise<Devfleet> {
  const { supervisor, binaries, isUp } = tools;
  const nextPort = portsOf(octetAt(supervisor, 0));

  const startingIdcs = Object.entries(shape.idcs).map(([name, idc], index) => {
    const apis = Promise.withResolvers<{ name: string; api: ApiServer; mesos: Mesos | null }>();
    const octet = octetAt(supervisor, index);
    const at = { namespaces: shape.environments, octet, nextPort: portsOf(octet), clocks, harborClocks };
    const onApis = (api: ApiServer, mesos: Mesos | null): void => apis.resolve({ name, api, mesos });
    const whole = startIdc(tools, name, idc, { ...at, onApis });
    whole.catch((error: unknown) => apis.reject(error as Error));
    return { apis: apis.promise, whole };
  });
  const [links, temporal, postgres, frontDoor, idcParts] = await Promise.all([
    Links.start(supervisor, binaries.toxiproxy.path, nextPort),
    startTemporal(supervisor, binaries.temporal.path, nextPort, headless).finally(() => isUp('Temporal')),
    startPostgres(supervisor, nextPort).finally(() => isUp('PostgreSQL')),
    Promise.all(startingIdcs.map(({ apis }) => apis)).then(async (idcs) => {
      const kubeconfigs = Object.fromEntries(idcs.map(({ name, api }) => [name, api.adminKubeconfig]));
      const marathons = Object.fromEntries(
        idcs.flatMap(({ name, mesos }) => (mesos === null ? [] : [[name, presentMesos(mesos).marathon]])),
      );
      return startFrontDoor(supervisor, { kubeconfigs, marathons }, nextPort);
    }),
    Promise.all(startingIdcs.map(({ whole }) => whole)),
  ]);

  const idcs = await Promise.all(idcParts.map((idc) => presentIdc(idc, links)));
  const cataloguePort = await links.lay('catalogue', postgres.port);
  const temporalPort = await links.lay('temporal', temporal.port);
  const fleetFile = join(supervisor.folder, 'fleet.yml');
  const ui = temporal.uiPort === null ? '' : `http://127.0.0.1:${temporal.uiPort}`;
  const address = `127.0.0.1:${temporalPort}`;
  const catalogue = { url: catalogueUrl(cataloguePort), directUrl: catalogueUrl(postgres.port) };
  await writeFleetFile(fleetFile, {
    environments: shape.environments,
    idcs,
    catalogue: catalogue.url,
    temporalUi: ui,
    apiPort: await nextPort(),
  });

  const parts = { temporal: temporal.part, postgres: postgres.part, toxiproxy: links.part, frontdoor: frontDoor.part };
  return {
    dir: supervisor.folder,
    logs: supervisor.logs,
    fleetFile,
    env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: NAMESPACE, TRANSSHIP_FLEET: fleetFile },
    temporal: { address, ui, namespace: NAMESPACE },
    catalogue,
    frontDoor: { url: `http://127.0.0.1:${frontDoor.port}`, admin: `http://127.0.0.1:${frontDoor.adminPort}` },
    idcs: Object.fromEntries(idcs.map((idc) => [idc.name, idc])),
    link: (name) => links.link(name),
    process: (name) => (name === 'toxiproxy' ? restartable(links) : parts[name]),
    start: (spec) => supervisor.start(spec),
    freePort: nextPort,
    stop: () => supervisor.stop(),
  };
}

function octetAt(supervisor: Supervisor, index: number): number {
  const octet = supervisor.octets[index];
  if (octet === undefined) throw new Error(`the fleet has ${supervisor.octets.length} octets only`);
  return octet;
}

/** Toxiproxy as a process: after a restart its links are laid again. */
function restartable(links: Links): ReturnType<Devfleet['process']> {
  const { part } = links;
  return {
    get pid() {
      return part.pid;
    },
    pause: () => part.pause(),
    resume: () => part.resume(),
    restart: () => links.restart(),
  };
}

import { resolveBinaries } from './binaries/resolve.ts';
import { presentMesos } from './idc.ts';
import { startLight } from './light.ts';
import { startMesos, startSimHosts, type MesosClocks } from './parts/programs.ts';
import { startRegistry } from './parts/registry.ts';
import type { FleetShape } from './shape.ts';
import type { DevfleetIdc, DevfleetMesos } from './types.ts';

/** One IDC that runs nothing but Mesos: what schedules, and what it schedules on. */
export interface MesosFleet extends Pick<DevfleetIdc, 'probeProxy' | 'hostsAdmin'> {
  registry: Pick<DevfleetIdc['registry'], 'directUrl' | 'host'>;
  mesos: DevfleetMesos;
  /** Ends every part and removes the folder. */
  stop(): Promise<void>;
}

/**
 * Starts the registry, the sim hosts and the Mesos of one IDC, with the Marathon on it, and nothing else of a fleet.
 * @param azs AZ → how many hosts
 * @throws PartFailed
 */
export async function startMesosFleet(azs: Record<string, number>, clocks: MesosClocks = {}): Promise<MesosFleet> {
  const idc = 'north';
  const { registry: binary } = await resolveBinaries(['registry'], () => undefined);
  return startLight(async ({ supervisor, octet, nextPort }) => {
    const [registry, mesos] = await Promise.all([
      startRegistry(supervisor, binary.path, idc, nextPort),
      startMesos(supervisor, idc, nextPort, clocks),
    ]);
    const shape: FleetShape['idcs'][string]['azs'] = Object.fromEntries(
      Object.entries(azs).map(([az, hosts]) => [az, { hosts, runs: 'mesos' }]),
    );
    const directUrl = `http://127.0.0.1:${registry.port}`;
    const registryHosts = { [registry.host]: directUrl };
    const agents = { masterPort: mesos.agentPort };
    const hosts = await startSimHosts(supervisor, { idc, registryHosts, azs: shape, octet, mesos: agents }, nextPort);
    return {
      registry: { directUrl, host: registry.host },
      mesos: presentMesos(mesos),
      probeProxy: `http://127.0.0.1:${hosts.proxyPort}`,
      hostsAdmin: `http://127.0.0.1:${hosts.adminPort}`,
      stop: () => supervisor.stop(),
    };
  });
}

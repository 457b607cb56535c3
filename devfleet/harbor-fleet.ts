import { chmod, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveBinaries } from './binaries/resolve.ts';
import type { HarborClocks } from './harbor/config.ts';
import { presentHarbor } from './idc-registry.ts';
import { startHarbor } from './parts/harbor.ts';
import { startRegistry } from './parts/registry.ts';
import { portsOf } from './ports.ts';
import type { Part } from './supervision/part.ts';
import { Supervisor } from './supervision/supervisor.ts';
import type { DevfleetHarbor } from './types.ts';

/** One IDC that is nothing but its registry with a Harbor before it. */
export interface HarborFleet {
  /** As it stands in image names, and in the events of Harbor. */
  host: string;
  harbor: DevfleetHarbor;
  process(part: 'harbor' | 'registry'): Pick<Part, 'pause' | 'resume' | 'restart'>;
  /** Ends both and removes the folder. */
  stop(): Promise<void>;
}

/**
 * Starts a registry and a Harbor before it, and nothing else of a fleet.
 * @param idc names the host. Default north
 * @throws PartFailed
 */
export async function startHarborFleet({
  idc = 'north',
  clocks = {},
}: { idc?: string; clocks?: Partial<HarborClocks> } = {}): Promise<HarborFleet> {
  const { registry: binary } = await resolveBinaries(['registry'], () => undefined);
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'transship-fleet-')));
  await chmod(folder, 0o711);
  const supervisor = await Supervisor.start(folder, 1, () => undefined);
  try {
    const nextPort = portsOf(supervisor.octets[0] ?? 1);
    const registry = await startRegistry(supervisor, binary.path, idc, nextPort);
    const config = { idc, registryUrl: `http://127.0.0.1:${registry.port}`, hostname: registry.host, clocks };
    const harbor = await startHarbor(supervisor, config, nextPort);
    return {
      host: registry.host,
      harbor: presentHarbor(harbor, registry),
      process: (part) => (part === 'harbor' ? harbor.part : registry.part),
      stop: () => supervisor.stop(),
    };
  } catch (error) {
    await supervisor.stop({ keepLogs: true });
    throw error;
  }
}

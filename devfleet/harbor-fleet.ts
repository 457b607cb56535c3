import { resolveBinaries } from './binaries/resolve.ts';
import type { HarborClocks } from './harbor/config.ts';
import { presentHarbor, startRegistryOf } from './idc-registry.ts';
import { startLight } from './light.ts';
import type { Part } from './supervision/part.ts';
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
  return startLight(async ({ supervisor, nextPort }) => {
    const kind = 'harbor';
    const { registry, harbor } = await startRegistryOf(
      supervisor,
      binary.path,
      { idc, kind, harborClocks: clocks },
      nextPort,
    );
    if (harbor === null) throw new Error('no Harbor was started');
    return {
      host: registry.host,
      harbor: presentHarbor(harbor, registry),
      process: (part) => (part === 'harbor' ? harbor.part : registry.part),
      stop: () => supervisor.stop(),
    };
  });
}

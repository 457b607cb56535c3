import type { HarborClocks } from './harbor/config.ts';
import { startHarbor, type HarborPart } from './parts/harbor.ts';
import { startRegistry, type NotificationEndpoint, type Registry } from './parts/registry.ts';
import type { Supervisor } from './supervision/supervisor.ts';
import type { DevfleetHarbor } from './types.ts';

/** Starts an IDC's registry, and the Harbor before it where the shape wants one. */
export async function startRegistryOf(
  supervisor: Supervisor,
  binary: string,
  {
    idc,
    kind,
    harborClocks,
    notified = [],
  }: {
    idc: string;
    kind: 'distribution' | 'harbor';
    harborClocks: Partial<HarborClocks>;
    /** Whom the registry itself tells of what happens in it. Default: nobody. */
    notified?: NotificationEndpoint[];
  },
  nextPort: () => Promise<number>,
): Promise<{ registry: Registry; harbor: HarborPart | null }> {
  const registry = await startRegistry(supervisor, binary, idc, nextPort, notified);
  if (kind === 'distribution') return { registry, harbor: null };
  const registryUrl = `http://127.0.0.1:${registry.port}`;
  const config = { idc, registryUrl, hostname: registry.host, clocks: harborClocks };
  return { registry, harbor: await startHarbor(supervisor, config, nextPort) };
}

/** What users see of an IDC's Harbor. */
export function presentHarbor({ port, adminPort, password }: HarborPart, registry: Registry): DevfleetHarbor {
  const url = (at: number): string => `http://127.0.0.1:${at}`;
  return { url: url(port), user: 'admin', password, admin: url(adminPort), backend: url(registry.port) };
}

/** Where hosts pull from: Harbor lets nobody in who does not say who he is. */
export function pullUrl(registry: Registry, harbor: HarborPart | null): string {
  if (harbor === null) return `http://127.0.0.1:${registry.port}`;
  return `http://admin:${encodeURIComponent(harbor.password)}@127.0.0.1:${harbor.port}`;
}

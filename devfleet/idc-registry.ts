import type { HarborPart } from './parts/harbor.ts';
import type { Registry } from './parts/registry.ts';
import type { DevfleetHarbor } from './types.ts';

/** What users see of an IDC's Harbor. */
export function presentHarbor({ port, adminPort, password }: HarborPart, registry: Registry): DevfleetHarbor {
  const url = (at: number): string => `http://127.0.0.1:${at}`;
  return { url: url(port), user: 'admin', password, admin: url(adminPort), backend: url(registry.port) };
}

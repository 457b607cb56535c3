import { z } from 'zod';
import type { RegistryClient } from '../../registry/client.ts';
import { RegistryError } from '../../registry/errors.ts';
import { callHarbor } from './api.ts';

export interface HarborSystem {
  /** Null: who asks is nobody to it. A credential that is wrong is no error. */
  version: string | null;
  /** Nothing may be changed, as its administrator wants it. */
  readOnly: boolean;
}

const infoSchema = z.object({
  auth_mode: z.string(),
  harbor_version: z.string().optional(),
  read_only: z.boolean().default(false),
});

/**
 * What a Harbor says of itself to whoever the credential makes of us.
 * @throws REGISTRY_UNSUPPORTED where it is no Harbor, RegistryError
 */
export async function systemOf(client: RegistryClient, signal?: AbortSignal): Promise<HarborSystem> {
  const { json } = await callHarbor(client, { method: 'GET', path: '/systeminfo', accept: [200, 404], signal });
  const info = infoSchema.safeParse(json);
  if (!info.success) {
    const message = `${client.url.host} answers not as a Harbor does: it has no /api/v2.0/systeminfo`;
    throw new RegistryError('REGISTRY_UNSUPPORTED', message);
  }
  const { harbor_version: version = null, read_only: readOnly } = info.data;
  return { version, readOnly };
}

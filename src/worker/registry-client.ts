import type { FleetRegistry } from '../domain/registries.ts';
import { whyHarborDenied } from '../drivers/harbor/projects.ts';
import { deleteHarborTag } from '../drivers/harbor/tags.ts';
import { RegistryClient, type ClientOptions } from '../registry/client.ts';
import { staticCredentials, type Credentials } from '../registry/credentials.ts';
import { dockerCredentials } from '../registry/docker-config.ts';

/** A client of a registry as the fleet file describes it: whoever asks, asks with its credential. */
export function registryClient(
  { url, kind, credential }: Pick<FleetRegistry, 'url' | 'kind' | 'credential'>,
  limits: Omit<ClientOptions, 'credentials' | 'deleteTag' | 'whyDenied'>,
): RegistryClient {
  const ways = kind === 'harbor' ? { deleteTag: deleteHarborTag, whyDenied: whyHarborDenied } : {};
  return new RegistryClient({ url }, { ...limits, ...ways, credentials: credentialsOf(credential) });
}

function credentialsOf(credential: FleetRegistry['credential']): Credentials {
  if (credential === undefined) return staticCredentials(null);
  if ('dockerConfig' in credential) return dockerCredentials(credential.dockerConfig);
  return staticCredentials({ username: credential.user, password: credential.password });
}

import type { RawApp } from './schema.ts';
import { Violations } from './violations.ts';

/** Mixtures of old and new spellings (AppValidation.validateOldAppAPI). @throws Refusal 422 */
export function validateDeprecated(app: RawApp): void {
  const found = new Violations();
  const { container, ipAddress } = app;
  const networks = app.networks ?? [];
  const docker = container?.docker;
  if (docker?.credential) found.add('/container/docker/credential', 'must be empty');
  if (docker && container.type === 'MESOS') {
    found.require(!docker.network, '/container/docker/network', 'must be empty');
    found.require((docker.parameters ?? []).length === 0, '/container/docker/parameters', 'must be empty');
    found.require(!docker.portMappings, '/container/docker/portMappings', 'must be empty');
  }
  const onDocker = container && container.type !== 'MESOS';
  if (onDocker && ipAddress?.discovery) {
    found.add('/ipAddress', 'ipAddress/discovery is not allowed for Docker containers');
  }
  const uris = (app.uris ?? []).length > 0;
  found.require(!(uris && (app.fetch ?? []).length > 0), '/uris', 'may not be set in conjunction with fetch');
  found.require(
    !(docker?.network && networks.length > 0),
    '/',
    'must not specify both container.docker.network and networks',
  );
  found.require(!(ipAddress && networks.length > 0), '/', 'must not specify both networks and ipAddress');
  const ports = app.ports ?? [];
  const fixed = ports.filter((port) => port !== 0);
  found.require(new Set(fixed).size === fixed.length, '/', 'ports must be unique');
  const hasPorts = ports.length > 0 || (app.portDefinitions ?? []).length > 0;
  found.require(!(ipAddress && hasPorts), '/', 'cannot specify both an IP address and port');
  const both = app.ports && app.portDefinitions;
  const same = String(app.portDefinitions?.map(({ port }) => port ?? 0)) === String(app.ports);
  found.require(!both || same, '/', 'cannot specify both ports and port definitions');
  found.throwIfAny();
}

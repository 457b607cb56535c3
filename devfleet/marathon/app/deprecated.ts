import { internal } from '../errors.ts';
import type { RawApp, RawUpdate } from './schema.ts';

type Raw = RawApp | RawUpdate;
type RawContainer = NonNullable<Raw['container']>;
type RawNetwork = NonNullable<Raw['networks']>[number];

/**
 * The API of Marathon before 1.5 in the words of today: `docker.network`, `docker.portMappings`, `ipAddress`, `ports`,
 * `uris` (AppNormalization.forDeprecated). @throws Refusal 500 for mixtures that no validator catches
 */
export function withoutDeprecated<T extends Raw>(raw: T): T {
  const networks = networksOf(raw);
  const container = containerOf(raw);
  const portDefinitions = raw.portDefinitions ?? raw.ports?.map((port) => ({ port })) ?? undefined;
  const uris = raw.uris ?? [];
  if (uris.length > 0 && (raw.fetch ?? []).length > 0) throw internal('cannot specify both uris and fetch fields');
  const fetch = uris.length > 0 ? uris.map((uri) => ({ uri, extract: isArchive(uri) })) : raw.fetch;
  return { ...raw, networks, container, portDefinitions, fetch, uris: null, ports: null, ipAddress: null };
}

function networksOf(raw: Raw): RawNetwork[] | undefined {
  const { ipAddress } = raw;
  const docker = raw.container?.docker?.network ?? null;
  const labels = ipAddress?.labels;
  if (raw.networks && raw.networks.length > 0) {
    if (ipAddress || docker !== null) throw internal('cannot mix deprecated and canonical network APIs');
    return raw.networks;
  }
  switch (docker) {
    case 'HOST':
      return [{ mode: 'host' }];
    case 'BRIDGE':
      return [{ mode: 'container/bridge', labels }];
    case 'USER':
      return [{ mode: 'container', name: ipAddress?.networkName, labels }];
    case 'NONE':
      throw internal('unsupported docker network type None');
    case null:
      break;
  }
  if (!ipAddress) return raw.networks ?? undefined;
  return ipAddress.networkName === 'mesos-bridge'
    ? [{ mode: 'container/bridge', labels }]
    : [{ mode: 'container', name: ipAddress.networkName, labels }];
}

function containerOf(raw: Raw): RawContainer | undefined {
  const given = raw.container ?? (raw.ipAddress ? { type: 'MESOS' as const } : undefined);
  if (given === undefined) return undefined;
  const inner = given.docker?.portMappings ?? undefined;
  if (inner && inner.length > 0 && given.portMappings && given.portMappings.length > 0) {
    throw internal('cannot specify both portMappings and docker.portMappings');
  }
  const container: RawContainer = { ...given, portMappings: given.portMappings ?? inner };
  if (container.docker) container.docker = { ...container.docker, network: null, portMappings: null };

  const discovered = raw.ipAddress?.discovery?.ports ?? [];
  if (discovered.length === 0) return container;
  if (container.type !== 'MESOS') {
    throw internal('ipAddress.discovery.ports do not apply for container type Docker');
  }
  if (container.portMappings && container.portMappings.length > 0) {
    throw internal('container.portMappings and ipAddress.discovery.ports must not both be set');
  }
  return {
    ...container,
    portMappings: discovered.map(({ number, ...rest }) => ({ ...rest, containerPort: number ?? 0 })),
  };
}

// state/FetchUri.scala
function isArchive(uri: string): boolean {
  return /\.(tgz|tar\.gz|tbz2|tar\.bz2|txz|tar\.xz|zip)$/.test(uri);
}

import { internal } from '../errors.ts';
import { absolutePath } from '../paths.ts';
import { withoutDeprecated } from './deprecated.ts';
import type { RawApp } from './schema.ts';
import type { AppSpec, Container, HealthCheck, Network, PortDefinition, PortMapping, ReadinessCheck } from './types.ts';

/** What `--mesos_role` is when nobody sets it; the double knows no other. */
export const DEFAULT_ROLE = '*';

/**
 * An app with every default that Marathon fills in (AppNormalization.scala and the defaults of the RAML types).
 * `networks` may still be empty here: validation looks at what was asked for; {@link settled} makes it `host`.
 */
export function withDefaults(given: RawApp): AppSpec {
  const raw = withoutDeprecated(given);
  const networks = (raw.networks ?? []).map(networkOf);
  const onHost = networks.every(({ mode }) => mode === 'host');
  const container = raw.container ? containerOf(raw.container, networks, raw.portDefinitions?.length ?? 0) : undefined;
  const resident = container?.volumes.some(({ persistent }) => persistent !== undefined) ?? false;
  const external = container?.volumes.some((volume) => volume.external !== undefined) ?? false;
  // Only where ports were named: an app that takes the default port keeps its check without an index.
  const indexed = (given.portDefinitions?.length ?? 0) > 0 || container?.portMappings !== undefined;
  return {
    id: absolutePath(raw.id),
    ...defined('acceptedResourceRoles', raw.acceptedResourceRoles),
    args: raw.args ?? [],
    backoffFactor: raw.backoffFactor ?? 1.15,
    backoffSeconds: raw.backoffSeconds ?? 1,
    ...defined('cmd', raw.cmd),
    constraints: raw.constraints ?? [],
    ...defined('container', container),
    cpus: raw.cpus ?? 1,
    dependencies: (raw.dependencies ?? []).map((path) => absolutePath(path)),
    disk: raw.disk ?? 0,
    env: raw.env ?? {},
    executor: raw.executor ?? '',
    fetch: (raw.fetch ?? []).map(({ extract, executable, cache, ...rest }) => ({
      ...rest,
      extract: extract ?? true,
      executable: executable ?? false,
      cache: cache ?? false,
    })),
    healthChecks: (raw.healthChecks ?? []).map((check) => healthCheckOf(check, indexed)),
    instances: raw.instances ?? 1,
    labels: raw.labels ?? {},
    maxLaunchDelaySeconds: raw.maxLaunchDelaySeconds ?? 300,
    mem: raw.mem ?? 128,
    gpus: raw.gpus ?? 0,
    networks,
    ...(onHost ? { portDefinitions: (raw.portDefinitions ?? [{ name: 'default' }]).map(portDefinitionOf) } : {}),
    readinessChecks: (raw.readinessChecks ?? []).map(readinessCheckOf),
    requirePorts: raw.requirePorts ?? false,
    secrets: raw.secrets ?? {},
    ...defined('taskKillGracePeriodSeconds', raw.taskKillGracePeriodSeconds),
    upgradeStrategy:
      raw.upgradeStrategy ??
      (resident || external
        ? { maximumOverCapacity: 0, minimumHealthCapacity: 0.5 }
        : { maximumOverCapacity: 1, minimumHealthCapacity: 1 }),
    ...defined('user', raw.user),
    unreachableStrategy: unreachableOf(raw.unreachableStrategy, resident),
    killSelection: raw.killSelection ?? 'YOUNGEST_FIRST',
    ...defined('tty', raw.tty),
    role: raw.role ?? DEFAULT_ROLE,
  };
}

/** What is decided after validation (AppNormalization.forPostValidation). @throws Refusal 500 without a network name */
export function settled(app: AppSpec): AppSpec {
  const networks: Network[] = app.networks.length > 0 ? app.networks : [{ mode: 'host', labels: {} }];
  if (networks.some(({ mode, name }) => mode === 'container' && name === undefined)) {
    throw internal('container network name is not defined');
  }
  const onHost = networks.every(({ mode }) => mode === 'host');
  const bridged = networks.some(({ mode }) => mode === 'container/bridge');
  const container: Container | undefined =
    app.container ??
    (onHost ? undefined : { type: 'MESOS', volumes: [], portMappings: [mappingOf({ name: 'default' })] });
  if (bridged && container?.portMappings) {
    container.portMappings = container.portMappings.map((mapping) => ({ hostPort: 0, ...mapping }));
  }
  return { ...app, networks, ...defined('container', container), requirePorts: onHost && app.requirePorts };
}

export function isOnHost(app: AppSpec): boolean {
  return app.networks.every(({ mode }) => mode === 'host');
}

/** Has persistent volumes: its instances come back to where those are. */
export function isResident(app: AppSpec): boolean {
  return app.container?.volumes.some(({ persistent }) => persistent !== undefined) ?? false;
}

/** Absent fields stay absent: Marathon shows no null. */
function defined<K extends string, V>(key: K, value: V | null | undefined): { [P in K]?: V } {
  return value === null || value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

type Raw<K extends keyof RawApp> = NonNullable<RawApp[K]>;

function networkOf({ name, mode, labels }: Raw<'networks'>[number]): Network {
  return { ...defined('name', name), mode: mode ?? 'container', labels: labels ?? {} };
}

function portDefinitionOf({ port, labels, name, protocol }: Raw<'portDefinitions'>[number]): PortDefinition {
  return { port: port ?? 0, labels: labels ?? {}, ...defined('name', name), protocol: protocol ?? 'tcp' };
}

function mappingOf(raw: NonNullable<Raw<'container'>['portMappings']>[number]): PortMapping {
  return {
    containerPort: raw.containerPort ?? 0,
    ...defined('hostPort', raw.hostPort),
    labels: raw.labels ?? {},
    ...defined('name', raw.name),
    protocol: raw.protocol ?? 'tcp',
    servicePort: raw.servicePort ?? 0,
    networkNames: raw.networkNames ?? [],
  };
}

function containerOf(raw: Raw<'container'>, networks: Network[], definitions: number): Container {
  const { docker } = raw;
  return {
    type: raw.type ?? 'DOCKER',
    ...(docker
      ? {
          docker: {
            image: docker.image,
            forcePullImage: docker.forcePullImage ?? false,
            privileged: docker.privileged ?? false,
            parameters: docker.parameters ?? [],
            ...defined('pullConfig', docker.pullConfig),
          },
        }
      : {}),
    volumes: (raw.volumes ?? []).map(({ containerPath, hostPath, mode, persistent, external, secret }) => ({
      containerPath,
      ...defined('hostPath', hostPath),
      ...defined('mode', mode),
      ...(persistent ? { persistent: persistentOf(persistent) } : {}),
      ...defined('external', external),
      ...defined('secret', secret),
    })),
    ...defined('portMappings', mappingsOf(raw.portMappings ?? undefined, networks, definitions)),
  };
}

function persistentOf(raw: NonNullable<NonNullable<Raw<'container'>['volumes']>[number]['persistent']>) {
  const { size, type, maxSize, constraints } = raw;
  return { size, ...defined('type', type), ...defined('maxSize', maxSize), constraints: constraints ?? [] };
}

/** None on the host's network; elsewhere one named `default`, and as many as there are port definitions. */
function mappingsOf(
  raw: Raw<'container'>['portMappings'],
  networks: Network[],
  definitions: number,
): PortMapping[] | undefined {
  if (networks.length === 0 || networks.some(({ mode }) => mode === 'host')) return undefined;
  const mappings = (raw ?? [{ name: 'default' }]).map(mappingOf);
  while (mappings.length < definitions) mappings.push(mappingOf({}));
  return mappings;
}

function healthCheckOf(raw: Raw<'healthChecks'>[number], indexed: boolean): HealthCheck {
  const protocol = raw.protocol ?? 'HTTP';
  const byIndex = indexed && protocol !== 'COMMAND' && typeof raw.port !== 'number';
  return {
    protocol,
    ...defined('command', raw.command),
    ...defined('path', raw.path),
    ...defined('port', raw.port),
    ...defined('portIndex', raw.portIndex ?? (byIndex ? 0 : undefined)),
    // Read, and then forgotten: HealthCheckConversion.scala leaves it out.
    ...(protocol === 'HTTP' || protocol === 'HTTPS' ? { ignoreHttp1xx: false } : {}),
    ipProtocol: raw.ipProtocol ?? 'IPv4',
    gracePeriodSeconds: raw.gracePeriodSeconds ?? 300,
    intervalSeconds: raw.intervalSeconds ?? 60,
    timeoutSeconds: raw.timeoutSeconds ?? 20,
    delaySeconds: raw.delaySeconds ?? 15,
    maxConsecutiveFailures: raw.maxConsecutiveFailures ?? 3,
  };
}

function readinessCheckOf(raw: Raw<'readinessChecks'>[number]): ReadinessCheck {
  return {
    name: raw.name ?? 'readinessCheck',
    protocol: raw.protocol ?? 'HTTP',
    path: raw.path ?? '/',
    portName: raw.portName ?? 'http-api',
    intervalSeconds: raw.intervalSeconds ?? 30,
    timeoutSeconds: raw.timeoutSeconds ?? 10,
    httpStatusCodesForReady: raw.httpStatusCodesForReady ?? [200],
    preserveLastResponse: raw.preserveLastResponse ?? false,
  };
}

/** Code default 0 and 0; docs/configure-task-handling.md still tells other numbers. */
function unreachableOf(raw: RawApp['unreachableStrategy'], resident: boolean): AppSpec['unreachableStrategy'] {
  if (raw === 'disabled') return raw;
  if (!raw && resident) return 'disabled';
  return {
    inactiveAfterSeconds: raw?.inactiveAfterSeconds ?? 0,
    expungeAfterSeconds: raw?.expungeAfterSeconds ?? 0,
  };
}

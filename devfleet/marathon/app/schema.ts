import { z } from 'zod';

// The bounds that Marathon checks while it reads JSON (docs/docs/rest-api/public/api/v2/types/*.raml, from which its
// readers are generated). null is the same as absent; fields that are not named are ignored.

const PATH_ID =
  /^(\/?((\.\.)|(([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]))?($|\/))+$/;
const LEGACY_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const NETWORK_NAME = /^[a-z0-9]([-a-z0-9_]*[a-z0-9])?$/;

const maybe = <T extends z.ZodType>(type: T) => type.nullish();
/** Enumerations are read in any case (type-generator/src/main/resources/templates/enum.liquid). */
const oneOf = <const T extends string>(...values: T[]) =>
  z.preprocess(
    (value) => values.find((one) => one.toLowerCase() === String(value).toLowerCase()) ?? value,
    z.enum(values),
  );

const pathId = z.string().min(1).regex(PATH_ID);
const port = z.int().min(0).max(65_535);
const labels = z.record(z.string(), z.string());
const name = z.string().min(1).regex(LEGACY_NAME);
const protocol = oneOf('tcp', 'udp', 'udp,tcp');
const count = z.int().min(0);
const share = z.number().min(0).max(1);

const portDefinition = z.object({
  port: maybe(port),
  labels: maybe(labels),
  name: maybe(name),
  protocol: maybe(protocol),
});

const portMapping = z.object({
  containerPort: maybe(port),
  hostPort: maybe(port),
  labels: maybe(labels),
  name: maybe(name),
  protocol: maybe(protocol),
  servicePort: maybe(port),
  networkNames: maybe(z.array(z.string())),
});

const docker = z.object({
  credential: maybe(z.object({ principal: z.string(), secret: maybe(z.string()) })),
  pullConfig: maybe(z.object({ secret: z.string().min(1) })),
  forcePullImage: maybe(z.boolean()),
  image: z.string().min(1),
  network: maybe(oneOf('BRIDGE', 'HOST', 'NONE', 'USER')),
  parameters: maybe(z.array(z.object({ key: z.string().min(1), value: z.string() }))),
  portMappings: maybe(z.array(portMapping)),
  privileged: maybe(z.boolean()),
});

const volume = z.object({
  containerPath: z.string().min(1),
  hostPath: maybe(z.string().min(1)),
  mode: maybe(oneOf('RO', 'RW')),
  persistent: maybe(
    z.object({
      type: maybe(oneOf('root', 'path', 'mount')),
      size: count,
      maxSize: maybe(count),
      constraints: maybe(z.array(z.array(z.string()).min(2).max(3))),
    }),
  ),
  external: maybe(z.record(z.string(), z.unknown())),
  secret: maybe(z.string()),
});

const container = z.object({
  type: maybe(oneOf('MESOS', 'DOCKER')),
  docker: maybe(docker),
  volumes: maybe(z.array(volume)),
  portMappings: maybe(z.array(portMapping)),
});

const healthCheck = z.object({
  command: maybe(z.object({ value: z.string() })),
  gracePeriodSeconds: maybe(count),
  ignoreHttp1xx: maybe(z.boolean()),
  intervalSeconds: maybe(count),
  maxConsecutiveFailures: maybe(count),
  path: maybe(z.string()),
  port: maybe(port),
  portIndex: maybe(port),
  protocol: maybe(oneOf('HTTP', 'HTTPS', 'TCP', 'COMMAND', 'MESOS_TCP', 'MESOS_HTTP', 'MESOS_HTTPS')),
  ipProtocol: maybe(oneOf('IPv4', 'IPv6')),
  timeoutSeconds: maybe(z.int()),
  delaySeconds: maybe(count),
});

const readinessCheck = z.object({
  name: maybe(z.string().min(1)),
  protocol: maybe(oneOf('HTTP', 'HTTPS')),
  path: maybe(z.string().min(1).max(1024)),
  portName: maybe(name),
  intervalSeconds: maybe(count),
  timeoutSeconds: maybe(z.int().min(1)),
  httpStatusCodesForReady: maybe(z.array(z.int().min(100).max(999)).min(1)),
  preserveLastResponse: maybe(z.boolean()),
});

const network = z.object({
  name: maybe(z.string().min(1).max(63).regex(NETWORK_NAME)),
  mode: maybe(oneOf('container', 'container/bridge', 'host')),
  labels: maybe(labels),
});

const ipAddress = z.object({
  discovery: maybe(
    z.object({
      ports: maybe(z.array(z.object({ number: maybe(port), name, protocol: maybe(protocol), labels: maybe(labels) }))),
    }),
  ),
  groups: maybe(z.array(z.string())),
  labels: maybe(labels),
  networkName: maybe(z.string().min(1)),
});

const unreachableStrategy = z.union([
  z.object({ inactiveAfterSeconds: maybe(count), expungeAfterSeconds: maybe(count) }),
  z.literal('disabled'),
]);

const fields = {
  acceptedResourceRoles: maybe(z.array(z.string())),
  args: maybe(z.array(z.string())),
  backoffFactor: maybe(z.number().min(1)),
  backoffSeconds: maybe(count),
  cmd: maybe(z.string().min(1)),
  constraints: maybe(z.array(z.array(z.string()).min(2).max(3))),
  container: maybe(container),
  cpus: maybe(z.number().min(0.001)),
  dependencies: maybe(z.array(pathId)),
  disk: maybe(z.number().min(0)),
  env: maybe(z.record(z.string(), z.union([z.string(), z.object({ secret: z.string() })]))),
  executor: maybe(z.string().regex(/^(?:(\/\/cmd)|(\/?[^/]+(\/[^/]+)*)|)$/)),
  fetch: maybe(
    z.array(
      z.object({
        uri: z.string().min(1).max(1024),
        extract: maybe(z.boolean()),
        executable: maybe(z.boolean()),
        cache: maybe(z.boolean()),
        destPath: maybe(z.string().min(1).max(1024)),
      }),
    ),
  ),
  healthChecks: maybe(z.array(healthCheck)),
  instances: maybe(count),
  labels: maybe(labels),
  maxLaunchDelaySeconds: maybe(count),
  mem: maybe(z.number().min(0)),
  gpus: maybe(count),
  ipAddress: maybe(ipAddress),
  networks: maybe(z.array(network)),
  ports: maybe(z.array(port)),
  portDefinitions: maybe(z.array(portDefinition)),
  readinessChecks: maybe(z.array(readinessCheck)),
  residency: maybe(
    z.object({
      relaunchEscalationTimeoutSeconds: maybe(count),
      taskLostBehavior: maybe(oneOf('WAIT_FOREVER', 'RELAUNCH_AFTER_TIMEOUT')),
    }),
  ),
  requirePorts: maybe(z.boolean()),
  secrets: maybe(z.record(z.string(), z.object({ source: z.string().min(1) }))),
  taskKillGracePeriodSeconds: maybe(count),
  upgradeStrategy: maybe(z.object({ maximumOverCapacity: share, minimumHealthCapacity: share })),
  uris: maybe(z.array(z.string().min(1).max(1024))),
  user: maybe(z.string()),
  version: maybe(z.iso.datetime({ offset: true })),
  killSelection: maybe(oneOf('YOUNGEST_FIRST', 'OLDEST_FIRST')),
  unreachableStrategy: maybe(unreachableStrategy),
  tty: maybe(z.boolean()),
  role: maybe(z.string().min(1)),
};

/** A new app. */
export const appSchema = z.object({ id: pathId, ...fields });
/** A change to one: any part of it. */
export const updateSchema = z.object({ id: maybe(pathId), ...fields });

export type RawApp = z.infer<typeof appSchema>;
export type RawUpdate = z.infer<typeof updateSchema>;

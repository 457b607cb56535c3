// An app as Marathon keeps and shows it: every default filled in, old spellings translated (docs/…/v2/types/app.raml).

export interface PortDefinition {
  port: number;
  labels: Record<string, string>;
  name?: string;
  protocol: string;
}

export interface PortMapping {
  containerPort: number;
  hostPort?: number;
  labels: Record<string, string>;
  name?: string;
  protocol: string;
  servicePort: number;
  networkNames: string[];
}

export interface Volume {
  containerPath: string;
  hostPath?: string;
  mode?: string;
  persistent?: { size: number; type?: string; maxSize?: number; constraints: string[][] };
  external?: Record<string, unknown>;
  secret?: string;
}

export interface Container {
  type: 'MESOS' | 'DOCKER';
  docker?: {
    image: string;
    forcePullImage: boolean;
    privileged: boolean;
    parameters: { key: string; value: string }[];
    pullConfig?: { secret: string };
  };
  volumes: Volume[];
  portMappings?: PortMapping[];
}

export interface HealthCheck {
  protocol: 'HTTP' | 'HTTPS' | 'TCP' | 'COMMAND' | 'MESOS_TCP' | 'MESOS_HTTP' | 'MESOS_HTTPS';
  command?: { value: string };
  path?: string;
  port?: number;
  portIndex?: number;
  ignoreHttp1xx?: boolean;
  ipProtocol: 'IPv4' | 'IPv6';
  gracePeriodSeconds: number;
  intervalSeconds: number;
  timeoutSeconds: number;
  delaySeconds: number;
  maxConsecutiveFailures: number;
}

export interface ReadinessCheck {
  name: string;
  protocol: 'HTTP' | 'HTTPS';
  path: string;
  portName: string;
  intervalSeconds: number;
  timeoutSeconds: number;
  httpStatusCodesForReady: number[];
  preserveLastResponse: boolean;
}

export interface Network {
  name?: string;
  mode: 'container' | 'container/bridge' | 'host';
  labels: Record<string, string>;
}

export interface UpgradeStrategy {
  maximumOverCapacity: number;
  minimumHealthCapacity: number;
}

export type UnreachableStrategy = 'disabled' | { inactiveAfterSeconds: number; expungeAfterSeconds: number };

/** The part of an app that users define. */
export interface AppSpec {
  id: string;
  acceptedResourceRoles?: string[];
  args: string[];
  backoffFactor: number;
  backoffSeconds: number;
  cmd?: string;
  constraints: string[][];
  container?: Container;
  cpus: number;
  dependencies: string[];
  disk: number;
  env: Record<string, unknown>;
  executor: string;
  fetch: unknown[];
  healthChecks: HealthCheck[];
  instances: number;
  labels: Record<string, string>;
  maxLaunchDelaySeconds: number;
  mem: number;
  gpus: number;
  networks: Network[];
  portDefinitions?: PortDefinition[];
  readinessChecks: ReadinessCheck[];
  requirePorts: boolean;
  secrets: Record<string, unknown>;
  taskKillGracePeriodSeconds?: number;
  upgradeStrategy: UpgradeStrategy;
  user?: string;
  unreachableStrategy: UnreachableStrategy;
  killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST';
  tty?: boolean;
  role: string;
}

/**
 * When an app was last changed; milliseconds since 1970. `full` is false until the first deployment plan has it: the
 * answer to its creation shows a version, but no `versionInfo` (state/VersionInfo.scala).
 */
export interface VersionInfo {
  version: number;
  lastScalingAt: number;
  lastConfigChangeAt: number;
  full: boolean;
}

export interface App extends AppSpec {
  versionInfo: VersionInfo;
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { container, marathonApp } from './marathon-fixtures.ts';

/** A recorded document and where it is from. */
export interface Recorded {
  name: string;
  document: unknown;
}

const OURS = new URL('../../vectors/marathon/', import.meta.url);
/** All of what was recorded, where the folder is beside the project; TRANSSHIP_VECTORS names another. */
const SHARED = process.env['TRANSSHIP_VECTORS'] ?? new URL('../../../../shared/vectors', import.meta.url).pathname;

/** Those of the project, and those of the shared folder where it is there. */
export function recorded(): Recorded[] {
  const marathon = `${SHARED}/marathon`;
  const shared = existsSync(marathon)
    ? [`${marathon}/real-100-apps.json`, ...jsonIn(`${marathon}/apps`)].filter((file) => existsSync(file))
    : [];
  return [...jsonIn(OURS.pathname), ...shared].map((file) => ({
    name: file.split('/').slice(-2).join('/'),
    document: JSON.parse(readFileSync(file, 'utf8')) as unknown,
  }));
}

function jsonIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.map((name) => `${folder.replace(/\/$/, '')}/${name}`);
}

const port = (more: object): object => marathonApp({ container: container({ portMappings: [more] }) });
const onHost = (more: object): object =>
  marathonApp({ networks: [{ mode: 'host', labels: { a: 'b' } }], container: { docker: { image: 'a/b' } }, ...more });
const READINESS = {
  name: 'r',
  protocol: 'HTTP',
  path: '/',
  portName: 'http',
  intervalSeconds: 1,
  timeoutSeconds: 1,
  httpStatusCodesForReady: [200],
  preserveLastResponse: true,
};
const CHECK = {
  protocol: 'MESOS_HTTP',
  path: '/',
  port: 8080,
  portIndex: 0,
  gracePeriodSeconds: 1,
  intervalSeconds: 1,
  timeoutSeconds: 1,
  maxConsecutiveFailures: 1,
  delaySeconds: 1,
  ipProtocol: 'IPv4',
  ignoreHttp1xx: true,
};
const MAPPING = {
  containerPort: 8080,
  hostPort: 0,
  servicePort: 0,
  name: 'http',
  protocol: 'tcp',
  networkNames: ['n'],
};
const LABELS = { labels: { VIP_0: 'x' } };

/** Apps with every field there is, and with everything that may become of each. */
export const CORPUS: object[] = [
  marathonApp({
    labels: { owner: 'x', HAPROXY_0_VHOST: 'x', MARATHON_SINGLE_INSTANCE_APP: 'true', 'a b': 'x' },
    args: ['a'],
    cmd: 'b',
    env: { A: 'b', B: { secret: 's' }, C: { secret: 't' }, 'a=b': 'c' },
    secrets: { s: { source: '/s' }, unused: { source: '/u' } },
    user: 'root',
    tty: true,
    executor: '//cmd',
    disk: 1,
    gpus: 1,
    resourceLimits: { cpus: 2, mem: 256 },
    executorResources: { cpus: 1, mem: 1, disk: 1 },
    constraints: [
      ['hostname', 'UNIQUE'],
      ['rack', 'LIKE', 'x.*'],
    ],
    acceptedResourceRoles: ['*'],
    role: '*',
    fetch: [{ uri: 'u', extract: true, executable: true, cache: true, destPath: 'd' }],
    uris: ['u'],
    dependencies: ['/d'],
    backoffSeconds: 1,
    backoffFactor: 1,
    maxLaunchDelaySeconds: 1,
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
    taskKillGracePeriodSeconds: 1,
    killSelection: 'YOUNGEST_FIRST',
    unreachableStrategy: { inactiveAfterSeconds: 1, expungeAfterSeconds: 2 },
    residency: { relaunchEscalationTimeoutSeconds: 1, taskLostBehavior: 'WAIT_FOREVER' },
    readinessChecks: [READINESS, READINESS],
    healthChecks: [CHECK, { ...CHECK, command: { value: 'x' } }],
    check: { tcp: { port: 1 } },
    requirePorts: false,
    version: 'v',
    versionInfo: { lastScalingAt: 'v' },
    tasksStaged: 0,
    tasksRunning: 0,
    tasksHealthy: 0,
    tasksUnhealthy: 0,
    deployments: [{ id: 'd' }],
    tasks: [{ id: 't' }],
    taskStats: { x: 1 },
    tasksStats: { x: 1 },
    lastTaskFailure: { state: 'x' },
    readinessCheckResults: [{ ready: true }],
    container: container({
      docker: {
        image: 'shop/web',
        network: 'BRIDGE',
        forcePullImage: true,
        privileged: true,
        parameters: [
          { key: 'workdir', value: '/x' },
          { key: 'gpus', value: 'all' },
        ],
        pullConfig: { secret: 's' },
        credential: { principal: 'p', secret: 's' },
      },
      linuxInfo: { seccomp: { unconfined: true, profileName: 'p' }, ipcInfo: { mode: 'PRIVATE', shmSize: 1 } },
      volumes: [
        { containerPath: '/a', hostPath: '/a', mode: 'RO' },
        { containerPath: '/b', hostPath: 'b', mode: 'RW' },
        { containerPath: '/c', secret: 's', mode: 'RO' },
        { containerPath: '/d', secret: 't' },
        { containerPath: 'e', secret: 's' },
        { containerPath: '/f', persistent: { size: 1 } },
        { containerPath: '/g', external: { name: 'x' } },
      ],
    }),
  }),
  marathonApp({
    id: '/2048',
    instances: 0,
    cmd: 'ls $MESOS_SANDBOX',
    user: 'www',
    tty: false,
    executor: '/x',
    mem: 0,
    disk: 0,
    gpus: 0,
    resourceLimits: { cpus: 'unlimited', mem: 'unlimited' },
    acceptedResourceRoles: ['a'],
    role: 'a',
    killSelection: 'OLDEST_FIRST',
    unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    requirePorts: true,
    ports: [1],
    portDefinitions: [{ port: 1, name: 'a', protocol: 'tcp', ...LABELS }],
    networks: [
      { mode: 'container', name: 'n', labels: { ip: '1' } },
      { mode: 'container', name: 'm' },
    ],
    readinessChecks: [{ ...READINESS, protocol: 'HTTPS' }],
    healthChecks: [{ ...CHECK, protocol: 'COMMAND', command: { value: 'x' }, maxConsecutiveFailures: 0 }],
    container: container({
      docker: { image: 'A', privileged: false },
      linuxInfo: { seccomp: { unconfined: false }, ipcInfo: { mode: 'SHARE_PARENT' } },
      portMappings: [
        { ...MAPPING, hostPort: 1, protocol: 'udp', servicePort: 5, ...LABELS },
        { ...MAPPING, name: '9', servicePort: 7 },
      ],
    }),
  }),
  marathonApp({ args: ['$MESOS_SANDBOX'], unreachableStrategy: 'disabled', labels: { environment: 'fat' } }),
  marathonApp({ healthChecks: [{ ...CHECK, protocol: 'TCP', ipProtocol: 'IPv6' }] }),
  port({ ...MAPPING, servicePort: 80 }),
  { ...port(MAPPING), cmd: 'serve' },
  onHost({ ports: [1] }),
  onHost({ portDefinitions: [{ port: 1, name: '9', protocol: 'udp', ...LABELS }], requirePorts: true }),
  onHost({
    portDefinitions: [
      { port: 1, name: 'a', protocol: 'tcp' },
      { port: 2, name: '9' },
    ],
  }),
  onHost({
    container: {
      docker: { image: 'a', portMappings: [{ ...MAPPING, ...LABELS }] },
      portMappings: [{ ...MAPPING, ...LABELS }],
    },
  }),
  marathonApp({
    networks: [],
    container: {
      docker: {
        image: 'a',
        network: 'USER',
        portMappings: [
          { ...MAPPING, hostPort: 1, servicePort: 3, ...LABELS },
          { ...MAPPING, containerPort: 2, protocol: 'udp', servicePort: 4 },
          { ...MAPPING, containerPort: 9, name: '9' },
        ],
      },
    },
  }),
  marathonApp({
    networks: [{ mode: 'container' }, { mode: 'container' }],
    container: { docker: { image: 'a', network: 'HOST' } },
  }),
  marathonApp({
    networks: [{ mode: 'container' }, { mode: 'container' }],
    container: { docker: { image: 'a', portMappings: [MAPPING] } },
  }),
  marathonApp({
    networks: [],
    container: { docker: { image: 'a' } },
    ipAddress: {
      networkName: 'n',
      groups: ['g'],
      labels: { ip: '1' },
      discovery: {
        ports: [
          { number: 1, name: 'a', protocol: 'tcp', ...LABELS },
          { number: 2, name: '9' },
          { number: 3, name: 'c', protocol: 'udp' },
        ],
      },
    },
  }),
];

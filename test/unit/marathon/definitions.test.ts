import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { define } from '../../../devfleet/marathon/app/define.ts';
import { isOnlyScale, isUpgrade } from '../../../devfleet/marathon/app/change.ts';
import { Refusal } from '../../../devfleet/marathon/errors.ts';

const BASE = { id: '/web', cmd: 'serve', cpus: 0.1 };

/** What a definition is refused with; null when it is taken. */
function refusalOf(app: unknown): { status: number; body: unknown } | null {
  try {
    define(app);
    return null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, body: error.body };
  }
}

describe('JSON of the wrong types is 422 with the path and the reader’s words', () => {
  test.each([
    [{ ...BASE, id: 123 }, '/id', 'error.expected.jsstring'],
    [{ cmd: 'x y' }, '/id', 'error.path.missing'],
    [{ ...BASE, id: '/UPPER' }, '/id', 'error.pattern'],
    [{ ...BASE, cpus: '1' }, '/cpus', 'error.expected.jsnumber'],
    [{ ...BASE, cpus: 0 }, '/cpus', 'error.min'],
    [{ ...BASE, instances: -1 }, '/instances', 'error.min'],
    [{ ...BASE, instances: 1.5 }, '/instances', 'error.expected.int'],
    [{ ...BASE, labels: { a: 1 } }, '/labels/a', 'error.expected.jsstring'],
    [{ ...BASE, args: 'x' }, '/args', 'error.expected.jsarray'],
    [{ ...BASE, container: 'x' }, '/container', 'error.expected.jsobject'],
    [{ ...BASE, requirePorts: 1 }, '/requirePorts', 'error.expected.jsboolean'],
    [{ ...BASE, killSelection: 'ANY' }, '/killSelection', 'error.unknown.enum.literal'],
    [{ ...BASE, env: { A: 1 } }, '/env/A', 'error.expected.jsobject'],
    [{ ...BASE, cmd: '' }, '/cmd', 'error.minLength'],
    [{ ...BASE, executor: '/' }, '/executor', 'error.pattern'],
    [{ ...BASE, constraints: [['hostname']] }, '/constraints(0)', 'error.minLength'],
    [{ ...BASE, ports: [70_000] }, '/ports(0)', 'error.max'],
    // The documentation shows "is greater than 1" for this; the reader refuses it before the validator is asked.
    [
      { ...BASE, upgradeStrategy: { minimumHealthCapacity: 2, maximumOverCapacity: 1 } },
      '/upgradeStrategy/minimumHealthCapacity',
      'error.max',
    ],
    [
      { ...BASE, upgradeStrategy: { minimumHealthCapacity: 1 } },
      '/upgradeStrategy/maximumOverCapacity',
      'error.path.missing',
    ],
  ])('%j', (app, path, error) => {
    expect(refusalOf(app)).toEqual({
      status: 422,
      body: { message: 'Invalid JSON', details: [{ path, errors: [error] }] },
    });
  });

  test('every wrong field is named', () => {
    expect(refusalOf({ cpus: 'x', mem: -1 })).toMatchObject({
      body: { details: [{ path: '/id' }, { path: '/cpus' }, { path: '/mem' }] },
    });
  });
});

const CONTAINER = { type: 'DOCKER', docker: { image: 'nginx' } };
const PORT_INDEX = 'Health check port indices must address an element of the ports array or container port mappings.';

describe('what contradicts itself is 422 with the path and the rule', () => {
  test.each([
    [{ id: '/web' }, '/', "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."],
    [{ ...BASE, args: ['x'] }, '/', "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."],
    [
      { ...BASE, id: '/web/restart' },
      '/id',
      'must not end with any of the following reserved keywords: restart, tasks, versions, ., ..',
    ],
    [{ ...BASE, id: '/' }, '/id', 'Path must contain at least one path element'],
    [
      { ...BASE, constraints: [['hostname', 'NEAR', 'x']] },
      '/constraints(0)',
      'operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS',
    ],
    [{ ...BASE, constraints: [['hostname', 'UNIQUE', 'x']] }, '/constraints(0)', 'UNIQUE does not accept a value'],
    [{ ...BASE, constraints: [['hostname', 'MAX_PER']] }, '/constraints(0)', 'MAX_PER requires an integer value'],
    [
      { ...BASE, constraints: [['hostname', 'LIKE']] },
      '/constraints(0)',
      'LIKE and UNLIKE require a non-empty, regular expression value',
    ],
    [{ ...BASE, constraints: [['hostname', 'LIKE', '(']] }, '/constraints(0)', 'is not a valid regular expression'],
    [
      { ...BASE, constraints: [['hostname', 'GROUP_BY', 'x']] },
      '/constraints(0)',
      'GROUP BY must define an integer value or else no value at all',
    ],
    [{ ...BASE, constraints: [['', 'UNIQUE']] }, '/constraints(0)', 'illegal constraint specification'],
    [
      { ...BASE, constraints: [['rack', 'IS', '[1]']] },
      '/constraints(0)',
      'IS only supports Mesos text and float values (see http://mesos.apache.org/documentation/latest/attributes-resources/)',
    ],
    [{ ...BASE, portDefinitions: [{ name: 'a' }, { name: 'a' }] }, '/portDefinitions', 'Port names must be unique.'],
    [{ ...BASE, portDefinitions: [{ port: 1 }, { port: 1 }] }, '/portDefinitions', 'Ports must be unique.'],
    [{ ...BASE, healthChecks: [{ portIndex: 1 }] }, '/healthChecks(0)', PORT_INDEX],
    [{ ...BASE, portDefinitions: [], healthChecks: [{}] }, '/healthChecks(0)', PORT_INDEX],
    [
      { ...BASE, healthChecks: [{ protocol: 'MESOS_TCP' }, { protocol: 'MESOS_HTTP' }] },
      '/',
      'AppDefinition can contain at most one Mesos health check',
    ],
    [
      { ...BASE, healthChecks: [{ ipProtocol: 'IPv6' }] },
      '/healthChecks(0)',
      'IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks',
    ],
    [
      { ...BASE, readinessChecks: [{ portName: 'none' }] },
      '/readinessChecks(0)/portName',
      'No port definition reference for portName none',
    ],
    [
      { ...BASE, networks: [{ mode: 'container' }] },
      '/networks',
      'Network name must be specified when container network is selected.',
    ],
    [
      { ...BASE, networks: [{ mode: 'host' }, { mode: 'container/bridge' }] },
      '/networks',
      'May specify a single host network, single bridge network, or else 1-to-n container networks',
    ],
    [{ ...BASE, networks: [{ mode: 'host', name: 'x' }] }, '/networks', 'Host networks may not have names or labels'],
    [
      { ...BASE, networks: [{ mode: 'container/bridge', name: 'x' }] },
      '/networks',
      'Bridge networks may not have names',
    ],
    [{ ...BASE, networks: [{ name: 'x' }, { name: 'x' }] }, '/networks', 'Duplicate networks are not allowed'],
    [{ ...BASE, container: { type: 'DOCKER' } }, '/container/docker', 'not defined'],
    [
      {
        ...BASE,
        container: { ...CONTAINER, portMappings: [{ name: 'a' }, { name: 'a' }] },
        networks: [{ mode: 'container/bridge' }],
      },
      '/container/portMappings',
      'Port names must be unique.',
    ],
    [
      { ...BASE, container: { ...CONTAINER, docker: { image: 'x', network: 'BRIDGE' } }, networks: [{ mode: 'host' }] },
      '/',
      'must not specify both container.docker.network and networks',
    ],
    [
      { ...BASE, container: { type: 'MESOS', docker: { image: 'x', network: 'HOST' } } },
      '/container/docker/network',
      'must be empty',
    ],
    [{ ...BASE, ipAddress: {}, networks: [{ mode: 'host' }] }, '/', 'must not specify both networks and ipAddress'],
    [{ ...BASE, ipAddress: { networkName: 'x' }, ports: [0] }, '/', 'cannot specify both an IP address and port'],
    [{ ...BASE, ports: [1, 1] }, '/', 'ports must be unique'],
    [{ ...BASE, ports: [1], portDefinitions: [{ port: 2 }] }, '/', 'cannot specify both ports and port definitions'],
    [{ ...BASE, uris: ['a'], fetch: [{ uri: 'b' }] }, '/uris', 'may not be set in conjunction with fetch'],
    [
      { ...BASE, secrets: { s: { source: 'x' } } },
      '/secrets',
      'Feature secrets is not enabled. Enable with --enable_features secrets)',
    ],
    [
      { ...BASE, env: { A: { secret: 's' } } },
      '/env',
      'use of secret-references in the environment requires the secrets feature to be enabled',
    ],
    [{ ...BASE, gpus: 1 }, '/', 'Feature gpu_resources is not enabled. Enable with --enable_features gpu_resources)'],
    [
      {
        ...BASE,
        instances: 2,
        labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' },
        upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 },
      },
      '/',
      'Single instance app may only have one instance',
    ],
    [
      { ...BASE, unreachableStrategy: { inactiveAfterSeconds: 5, expungeAfterSeconds: 1 } },
      '/unreachableStrategy/inactiveAfterSeconds',
      'inactiveAfterSeconds (5) must be less or equal to expungeAfterSeconds, which is 1',
    ],
    [{ ...BASE, role: 'dev' }, '/role', 'got dev, expected one of: [*]'],
    [
      {
        ...BASE,
        labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' },
        upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 1 },
      },
      '/upgradeStrategy/maximumOverCapacity',
      'got 1.0, expected 0.0',
    ],
    [{ ...BASE, acceptedResourceRoles: [] }, '/acceptedResourceRoles', 'must not be empty'],
    [
      { ...BASE, acceptedResourceRoles: ['prod'] },
      '/acceptedResourceRoles',
      'acceptedResourceRoles can only contain *',
    ],
    [
      {
        ...BASE,
        container: { type: 'MESOS', volumes: [{ containerPath: 'data', mode: 'RW', persistent: { size: 1 } }] },
      },
      '/role',
      'Resident apps cannot have the role *',
    ],
  ])('%j: %s %s', (app, path, error) => {
    expect(refusalOf(app)).toEqual({
      status: 422,
      body: { message: 'Object is not valid', details: [{ path, errors: [error] }] },
    });
  });

  test('mixtures that no rule names are 500', () => {
    const both = { ...CONTAINER, docker: { image: 'x', portMappings: [{}] }, portMappings: [{}] };
    expect(refusalOf({ ...BASE, container: both })).toEqual({
      status: 500,
      body: { message: 'cannot specify both portMappings and docker.portMappings' },
    });
  });
});

describe('old spellings become the new', () => {
  test('docker.network and docker.portMappings', () => {
    const docker = { image: 'nginx', network: 'BRIDGE', portMappings: [{ containerPort: 80 }] };
    expect(define({ id: 'web', container: { docker } })).toMatchObject({
      id: '/web',
      networks: [{ mode: 'container/bridge' }],
      container: {
        type: 'DOCKER',
        docker: { image: 'nginx' },
        portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 0 }],
      },
    });
  });

  test('ipAddress with its labels, and its discovery ports', () => {
    const ipAddress = {
      networkName: 'dcos',
      labels: { ip: '10.1.0.7' },
      discovery: { ports: [{ name: 'http', number: 80 }] },
    };
    const app = define({ ...BASE, ipAddress });
    expect(app.networks).toEqual([{ mode: 'container', name: 'dcos', labels: { ip: '10.1.0.7' } }]);
    expect(app.container).toMatchObject({ type: 'MESOS', portMappings: [{ containerPort: 80, name: 'http' }] });
    expect(app).not.toHaveProperty('portDefinitions');
  });

  test('ports, uris', () => {
    const app = define({ ...BASE, ports: [0, 8080], uris: ['http://x/a.tgz', 'http://x/b'] });
    expect(app.portDefinitions?.map(({ port }) => port)).toEqual([0, 8080]);
    expect(app.fetch).toEqual([
      { uri: 'http://x/a.tgz', extract: true, executable: false, cache: false },
      { uri: 'http://x/b', extract: false, executable: false, cache: false },
    ]);
  });
});

describe('what restarts an app', () => {
  const app = define({
    ...BASE,
    constraints: [
      ['a', 'UNIQUE'],
      ['b', 'UNIQUE'],
    ],
  });

  test.each(['labels', 'env'])('%s', (field) => {
    expect(isUpgrade(app, { ...app, [field]: { a: '1' } })).toBe(true);
  });

  test('the number of instances does not, nor the order of constraints', () => {
    expect(isOnlyScale(app, { ...app, instances: 5 })).toBe(true);
    expect(isUpgrade(app, { ...app, constraints: app.constraints.toReversed() })).toBe(false);
  });
});

describe('apps of Marathon’s own tests and of real clusters', () => {
  const own: [string, object, string | null][] = [
    ['a command', { id: '/sleep', cmd: 'sleep 1000', cpus: 0.01, mem: 32, disk: 0, instances: 1 }, null],
    [
      'a fixed address',
      { id: '/web', networks: [{ mode: 'container', name: 'n', labels: { ip: '10.1.0.7' } }], container: CONTAINER },
      null,
    ],
    [
      'a volume of its own',
      {
        id: '/db',
        cmd: 'store',
        container: { type: 'MESOS', volumes: [{ containerPath: 'd', mode: 'RW', persistent: { size: 1 } }] },
      },
      '/role',
    ],
    ['a secret', { id: '/s', cmd: 'x y', secrets: { s: { source: 'x' } } }, '/secrets'],
  ];
  test.each([...own, ...recorded()])('%s', (_, app, refusedAt) => {
    const refusal = refusalOf(app);
    const paths =
      (refusal?.body as { details?: { path: string }[] } | undefined)?.details?.map(({ path }) => path) ?? [];
    if (refusedAt === null) expect(refusal).toBeNull();
    else expect(paths).toContain(refusedAt);
  });
});

/** Where the recorded examples lie beside the project, they are read too. Some need features that are off. */
function recorded(): [string, object, string | null][] {
  const folder = new URL('../../../../shared/vectors/marathon/', import.meta.url);
  if (!existsSync(folder)) return [];
  const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as object;
  const refused: Record<string, string> = {
    'external-volume-mesos-app.json': '/container/volumes(0)',
    'healthcheck-and-volume.json': '/role',
    'persistent-volume-app.json': '/role',
    'private-ucr-docker-app.json': '/secrets',
    'resident-docker-app.json': '/role',
  };
  const apps = readdirSync(new URL('apps/', folder)).map((name): [string, object, string | null] => {
    return [name, read(`apps/${name}`), refused[name] ?? null];
  });
  const { apps: real } = read('real-100-apps.json') as { apps: { id: string }[] };
  return [...apps, ...real.map((app): [string, object, null] => [app.id, app, null])];
}

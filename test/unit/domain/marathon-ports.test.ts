import { describe, expect, test } from 'vitest';
import {
  container,
  containerOf,
  findingOf,
  groupOf,
  leftTo,
  marathonApp,
  read,
  translate,
} from './marathon-fixtures.ts';

const mapped = (...portMappings: object[]): object => marathonApp({ container: container({ portMappings }) });

/** An app in the network of its host. */
function onHost(change: object): object {
  const { container: usual } = marathonApp() as { container: { docker: object } };
  return marathonApp({ networks: [{ mode: 'host' }], container: { docker: usual.docker }, ...change });
}

const HOST = 'networks[0].mode: network';
const env = (app: object): Record<string, unknown> =>
  Object.fromEntries(
    (containerOf(translate(app))['env'] as { name: string }[]).map(({ name, ...more }) => [name, more]),
  );

describe('port mappings', () => {
  test('clients use the service port, the app its own', () => {
    const translation = translate(
      mapped({ containerPort: 8080, servicePort: 10_019, hostPort: 0, name: 'http', protocol: 'tcp' }),
    );
    expect(groupOf(translation)['ports']).toEqual([{ name: 'http', port: 10_019, targetPort: 8080 }]);
    expect(containerOf(translation)['ports']).toEqual([{ containerPort: 8080 }]);
    expect(leftTo(translation)).toEqual([]);
  });

  test('the shape of before 1.5 is the same', () => {
    const docker = { image: 'shop/web:v7', network: 'BRIDGE', portMappings: [{ containerPort: 8080, hostPort: 0 }] };
    const translation = translate(marathonApp({ networks: undefined, container: { type: 'DOCKER', docker } }));
    expect(groupOf(translation)['ports']).toEqual([{ name: 'port-8080', port: 8080, targetPort: 8080 }]);
    expect(findingOf(translation, 'container.docker.network').reason).toBe('kubernetes');
  });

  test('a port that is any is given a number, which the environment says', () => {
    const app = mapped({ containerPort: 8080 }, { containerPort: 0, name: 'admin' });
    expect(groupOf(translate(app))['ports']).toContainEqual({ name: 'admin', port: 8081, targetPort: 8081 });
    expect(env(app)).toMatchObject({
      PORT: { value: '8080' },
      PORTS: { value: '8080,8081' },
      PORT0: { value: '8080' },
      PORT1: { value: '8081' },
      PORT_ADMIN: { value: '8081' },
      HOST: { valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      MARATHON_APP_ID: { value: '/shop/web' },
    });
  });

  test('a port of its host, UDP, a virtual address and several networks are a person’s', () => {
    const app = {
      ...mapped(
        { containerPort: 8080, hostPort: 31_080, labels: { VIP_0: '/shop:80' }, networkNames: ['a'] },
        { containerPort: 53, protocol: 'udp', name: 'dns' },
        { containerPort: 54, protocol: 'udp,tcp' },
      ),
      networks: [
        { mode: 'container', name: 'a' },
        { mode: 'container', name: 'b' },
      ],
    };
    const translation = translate(app);
    expect(leftTo(translation)).toEqual([
      'networks[1]: network',
      'container.portMappings[0].hostPort: port',
      'container.portMappings[0].labels.VIP_0: traffic',
      'container.portMappings[0].networkNames: network',
      'container.portMappings[1].protocol: port',
      'container.portMappings[1].name: port',
      'container.portMappings[2].protocol: port',
    ]);
    expect(containerOf(translation)['ports']).toContainEqual({ containerPort: 53, protocol: 'UDP' });
    expect(read(translation).groups[0]?.ports.map(({ targetPort }) => targetPort)).toEqual([8080, 54]);
  });

  test('no two ports of the Service are the same', () => {
    const translation = translate(
      mapped(
        { containerPort: 8080, servicePort: 80, name: 'a' },
        { containerPort: 8081, servicePort: 80, name: 'b' },
        { containerPort: 8082, name: '8082' },
      ),
    );
    expect(leftTo(translation)).toEqual([
      'container.portMappings[1].servicePort: port',
      'container.portMappings[1].name: port',
      'container.portMappings[2].name: name',
    ]);
    expect(read(translation).groups[0]?.ports.map(({ name }) => name)).toEqual(['a', 'port-8082']);
  });

  test('only UDP: a person says what the Service offers', () => {
    expect(leftTo(translate(mapped({ containerPort: 53, protocol: 'udp' })))).toContain('(ports): port');
  });

  test('ports of the other kind of network are dropped, as Marathon drops them', () => {
    const translation = translate(
      marathonApp({ portDefinitions: [{ port: 1, labels: {} }], ports: [1], requirePorts: true }),
    );
    expect(leftTo(translation)).toEqual([]);
    expect(findingOf(translation, 'portDefinitions').reason).toBe('ignored');
  });
});

describe("the host's network", () => {
  test('is a person’s; its ports are the instance’s own', () => {
    const app = onHost({
      portDefinitions: [{ port: 10_003, name: 'api', protocol: 'tcp' }, { port: 0 }],
      requirePorts: false,
    });
    const translation = translate(app);
    expect(leftTo(translation)).toEqual([HOST]);
    expect(groupOf(translation)['ports']).toEqual([
      { name: 'api', port: 10_003, targetPort: 10_003 },
      { name: 'port-8080', port: 8080, targetPort: 8080 },
    ]);
    expect(env(app)).toMatchObject({
      PORT0: { value: '10003' },
      PORT_API: { value: '10003' },
      PORT1: { value: '8080' },
    });
  });

  test('is what there is where nothing is said', () => {
    expect(leftTo(translate(onHost({ networks: [], ports: [1980] })))).toEqual(['(networks): network']);
    const docker = { image: 'a:v1', network: 'HOST' };
    expect(leftTo(translate(onHost({ networks: [], ports: [1980], container: { docker } })))).toEqual([
      'container.docker.network: network',
    ]);
    const none = { image: 'a:v1', network: 'NONE' };
    expect(
      leftTo(translate(onHost({ networks: [], container: { docker: none }, healthChecks: [{ port: 80 }] }))),
    ).toEqual(['container.docker.network: network']);
  });

  test('ports that were the host’s very own are a person’s; port mappings do not count', () => {
    const app = onHost({
      portDefinitions: [{ port: 8080, labels: { VIP_0: 'x' } }],
      requirePorts: true,
      container: container(),
    });
    expect(leftTo(translate(app))).toEqual([HOST, 'portDefinitions[0].labels.VIP_0: traffic', 'requirePorts: port']);
    expect(findingOf(translate(app), 'container.portMappings').reason).toBe('ignored');
  });

  test('without ports a person says which, but where the command or a check does', () => {
    expect(leftTo(translate(onHost({ healthChecks: [{ protocol: 'HTTP' }] })))).toEqual([HOST, '(ports): port']);
    expect(leftTo(translate(onHost({ cmd: 'serve -p $PORT0' })))).toEqual([HOST]);
    const checked = translate(onHost({ healthChecks: [{ port: 9000 }] }));
    expect(leftTo(checked)).toEqual([HOST]);
    expect(groupOf(checked)['ports']).toEqual([{ name: 'port-9000', port: 9000, targetPort: 9000 }]);
  });

  test('PORT_8080 is there for those who use it', () => {
    const app = onHost({ portDefinitions: [{ port: 9000 }], cmd: 'serve $PORT_9000 $PORT_1' });
    expect(env(app)).toHaveProperty('PORT_9000', { value: '9000' });
    expect(env(app)).not.toHaveProperty('PORT_1');
  });
});

describe('a network of containers', () => {
  test('an address of its own needs nobody', () => {
    const translation = translate(marathonApp({ networks: [{ mode: 'container', name: 'dcos' }] }));
    expect(leftTo(translation)).toEqual([]);
    expect(findingOf(translation, 'networks[0].name').reason).toBe('kubernetes');
  });

  test('what asks an address plugin is told with its value, in the new shape and the old', () => {
    const labels = { 'ip-request': '10.2.0.17', pool: 'pro' };
    const fresh = translate(marathonApp({ networks: [{ mode: 'container', name: 'dcos', labels }] }));
    expect(leftTo(fresh)).toEqual(['networks[0].labels["ip-request"]: address', 'networks[0].labels.pool: address']);
    expect(findingOf(fresh, 'networks[0].labels["ip-request"]').note).toContain('ip-request=10.2.0.17');
    const old = translate(
      marathonApp({ networks: undefined, ipAddress: { networkName: 'dcos', labels, groups: ['dev'] } }),
    );
    expect(leftTo(old)).toEqual(['ipAddress.labels["ip-request"]: address', 'ipAddress.labels.pool: address']);
    expect(findingOf(old, 'ipAddress.groups').reason).toBe('ignored');
    const none = translate(onHost({ networks: [{ mode: 'host', labels }], portDefinitions: [{ port: 0 }] }));
    expect(leftTo(none)).toEqual([HOST]);
  });

  test('ports of the old discovery', () => {
    const ports = [{ number: 7777, name: 'my-port', protocol: 'tcp', labels: { x: 'y' } }];
    const app = {
      ...marathonApp({ ipAddress: { discovery: { ports } } }),
      container: { docker: { image: 'a:v1' } },
      networks: [],
    };
    const translation = translate(app);
    expect(groupOf(translation)['ports']).toEqual([{ name: 'my-port', port: 7777, targetPort: 7777 }]);
    expect(leftTo(translation)).toEqual(['ipAddress.discovery.ports[0].labels.x: traffic']);
  });
});

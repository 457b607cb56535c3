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

const checked = (...healthChecks: object[]): object => marathonApp({ healthChecks });
const ready = (check: object, more: object = {}): object =>
  marathonApp({ readinessChecks: [check], healthChecks: [], ...more });

describe('HTTP', () => {
  test.each(['HTTP', 'MESOS_HTTP'])('%s is the health page and the probes', (protocol) => {
    const check = {
      protocol,
      path: 'ping',
      portIndex: 0,
      gracePeriodSeconds: 30,
      intervalSeconds: 5,
      timeoutSeconds: 2,
      maxConsecutiveFailures: 4,
      delaySeconds: 7,
      ipProtocol: 'IPv4',
      ignoreHttp1xx: false,
    };
    const translation = translate(checked(check));
    expect(leftTo(translation)).toEqual([]);
    const httpGet = { path: '/ping', port: 8080 };
    expect(containerOf(translation)).toMatchObject({
      readinessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 2 },
      livenessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 4 },
      // Grace, and then as many failures as kill: 30 + 4 · 5 seconds.
      startupProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 10 },
    });
    const [group] = read(translation).groups;
    expect(group?.health).toMatchObject({ path: '/ping', port: 8080, timeoutSeconds: 50 });
    // Marathon takes every status of 200–399 for healthy.
    expect(group?.health.codes.ignited).toEqual(expect.arrayContaining([200, 204, 302]));
    expect(findingOf(translation, 'healthChecks[0].delaySeconds').outcome).toBe(
      protocol === 'HTTP' ? 'not needed' : 'translated',
    );
  });

  test('what is not said is what Marathon takes then', () => {
    const translation = translate(checked({}));
    expect(containerOf(translation)).toMatchObject({
      readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 10, timeoutSeconds: 20 },
      livenessProbe: { periodSeconds: 60, failureThreshold: 3 },
      startupProbe: { periodSeconds: 10, failureThreshold: 48 },
    });
    expect(groupOf(translation)['health']).toMatchObject({ path: '/', timeoutSeconds: 480 });
  });

  test('0 failures never kill', () => {
    const translation = translate(checked({ maxConsecutiveFailures: 0, gracePeriodSeconds: 10, intervalSeconds: 2 }));
    expect(containerOf(translation)).toHaveProperty('readinessProbe');
    expect(containerOf(translation)).not.toHaveProperty('livenessProbe');
    expect(containerOf(translation)).not.toHaveProperty('startupProbe');
    expect(groupOf(translation)['health']).toMatchObject({ timeoutSeconds: 10 });
    expect(leftTo(translation)).toEqual([]);
  });

  test('a port that no mapping has is one of the container’s', () => {
    const translation = translate(checked({ port: 9090 }));
    expect(containerOf(translation)['ports']).toEqual([{ containerPort: 8080 }, { containerPort: 9090 }]);
    expect(read(translation).groups[0]?.health.port).toBe(9090);
  });

  test('IPv6 is a person’s', () => {
    expect(leftTo(translate(checked({ protocol: 'MESOS_HTTP', ipProtocol: 'IPv6' })))).toEqual([
      'healthChecks[0].ipProtocol: network',
    ]);
  });
});

describe('other protocols are probes, and leave the health page to a person', () => {
  test.each([
    ['HTTPS', { path: '/x' }, { httpGet: { path: '/x', port: 8080, scheme: 'HTTPS' } }],
    ['MESOS_HTTPS', {}, { httpGet: { path: '/', port: 8080, scheme: 'HTTPS' } }],
    ['TCP', { portIndex: 0, path: '/not/asked' }, { tcpSocket: { port: 8080 } }],
    ['MESOS_TCP', { port: 8080 }, { tcpSocket: { port: 8080 } }],
    [
      'COMMAND',
      { command: { value: 'test -e /up $(id)' }, portIndex: 0 },
      { exec: { command: ['/bin/sh', '-c', 'test -e /up $(id)'] } },
    ],
  ])('%s', (protocol, more, ask) => {
    const translation = translate(checked({ protocol, ...more }));
    expect(containerOf(translation)).toMatchObject({ readinessProbe: ask, livenessProbe: ask, startupProbe: ask });
    expect(leftTo(translation)).toEqual(['(health): health']);
    expect(read(translation).groups[0]?.health.port).toBe(8080);
  });

  test('none at all, one that is unknown, and a command that is missing', () => {
    expect(leftTo(translate(checked()))).toEqual(['(health): health']);
    expect(leftTo(translate(checked({ protocol: 'GOPHER' })))).toEqual([
      'healthChecks[0].protocol: malformed',
      '(health): health',
    ]);
    expect(leftTo(translate(checked({ protocol: 'COMMAND', command: {} })))).toContain('(health): health');
  });

  test('the first over HTTP is taken, the others are a person’s', () => {
    const translation = translate(
      checked(
        { protocol: 'TCP', portIndex: 0 },
        { protocol: 'HTTP', path: '/up' },
        { protocol: 'COMMAND', command: { value: 'x' } },
      ),
    );
    expect(groupOf(translation)['health']).toMatchObject({ path: '/up' });
    expect(leftTo(translation)).toEqual([
      'healthChecks[0]: health',
      'healthChecks[2]: health',
      'healthChecks[2].command: health',
    ]);
  });

  test('a check whose result is only shown', () => {
    const translation = translate(marathonApp({ check: { http: { path: '/' }, intervalSeconds: 5 } }));
    expect(leftTo(translation)).toEqual(['check: health']);
  });
});

describe('readiness', () => {
  test('what a deployment waits for is the health page of a release', () => {
    const check = {
      name: 'plan',
      protocol: 'HTTP',
      path: '/v1/plan',
      portName: 'http',
      intervalSeconds: 10,
      timeoutSeconds: 3,
      httpStatusCodesForReady: [200, 526, 527, 530],
      preserveLastResponse: true,
    };
    const translation = translate(
      ready(check, { healthChecks: [{ protocol: 'TCP', gracePeriodSeconds: 60, portIndex: 0 }] }),
    );
    expect(leftTo(translation)).toEqual([]);
    expect(read(translation).groups[0]?.health).toMatchObject({
      path: '/v1/plan',
      port: 8080,
      timeoutSeconds: 240,
      codes: { ignited: [200, 526, 527, 530], waiting: [528], failed: [], markedDown: [] },
    });
    expect(containerOf(translation)['readinessProbe']).toMatchObject({ tcpSocket: { port: 8080 } });
  });

  test('alone it is the readiness probe, too', () => {
    const translation = translate(ready({}));
    expect(leftTo(translation)).toEqual([]);
    expect(containerOf(translation)['readinessProbe']).toEqual({
      httpGet: { path: '/', port: 8080 },
      periodSeconds: 10,
    });
    expect(groupOf(translation)['health']).toEqual({ path: '/', port: 8080, codes: { ignited: [200] } });
  });

  test.each([{ protocol: 'HTTPS' }, { portName: 'nix' }])('%j is a person’s', (check) => {
    expect(leftTo(translate(ready(check)))).toEqual(['readinessChecks[0]: health', '(health): health']);
  });

  test('a second one is a person’s', () => {
    const portMappings = [{ containerPort: 1, name: 'http-api' }, { containerPort: 2 }];
    const app = ready({}, { readinessChecks: [{ path: '/' }, { path: '/2' }], container: container({ portMappings }) });
    expect(leftTo(translate(app))).toEqual(['readinessChecks[1]: health']);
  });
});

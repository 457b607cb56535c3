// What of a pod template becomes an app of Marathon, and what is refused.
import { expect, test } from 'vitest';
import { TransshipError } from '../../../src/domain/errors.ts';
import { foreignIn } from '../../../src/drivers/azset/marathon/difference.ts';
import { quantity } from '../../../src/drivers/azset/marathon/quantity.ts';
import { appOf, imagesOf, renderApp, revisionOf } from '../../../src/drivers/azset/marathon/render.ts';
import { openMarathonCluster } from '../../../src/drivers/marathon/cluster.ts';
import type { App } from '../../../src/drivers/marathon/resources.ts';
import type { Definition } from '../../../src/drivers/marathon/state.ts';
import { GROUP, SET, specOf } from './marathon-world.ts';

const cluster = openMarathonCluster({ name: 'north-m', urls: ['http://127.0.0.1:9'], network: 'routable' });
const render = (container: object = {}, pod: object = {}, version = 'v1'): Definition =>
  renderApp(cluster, SET, specOf(version, 1, container, pod), 'registry.north:5000');
const faults = (container: object, pod: object = {}): string => {
  try {
    render(container, pod);
  } catch (error) {
    if (error instanceof TransshipError && error.code === 'APP_INVALID') return error.message;
    throw error;
  }
  throw new Error('it should have been refused');
};

test('a whole template', () => {
  const { app, container } = render(
    {
      command: ['/bin/serve', "it's"],
      args: ['--port', '8080'],
      env: [{ name: 'A', value: '1' }, { name: 'B' }],
      ports: [{ name: 'http', containerPort: 8080 }],
      resources: { requests: { cpu: '250m', memory: '1Gi' }, limits: { memory: '1536Mi' } },
      volumeMounts: [{ name: 'logs', mountPath: '/logs', readOnly: true }],
      imagePullPolicy: 'Always',
      readinessProbe: { httpGet: { path: '/', port: 8080 } },
    },
    {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 20,
      nodeSelector: { disk: 'ssd' },
      topologySpreadConstraints: [{ topologyKey: 'kubernetes.io/hostname', maxSkew: 1 }],
      volumes: [{ name: 'logs', hostPath: { path: '/var/log/web' } }],
    },
  );
  expect(container).toBe('web');
  expect(app).toEqual({
    cmd: `/bin/serve 'it'\\''s' --port 8080`,
    cpus: 0.25,
    mem: 1536,
    env: { A: '1', B: '' },
    labels: { tier: 'front' },
    constraints: [
      ['@zone', 'IS', 'az-1'],
      ['disk', 'IS', 'ssd'],
      ['@hostname', 'GROUP_BY'],
    ],
    networks: [{ mode: 'container', name: 'routable' }],
    container: {
      type: 'DOCKER',
      docker: { image: 'registry.north:5000/shop/web@sha256:v1', forcePullImage: true },
      portMappings: [{ name: 'http', containerPort: 8080, protocol: 'tcp' }],
      volumes: [{ containerPath: '/logs', hostPath: '/var/log/web', mode: 'RO' }],
    },
    taskKillGracePeriodSeconds: 20,
  });
});

test('what is left out is what Marathon takes for granted; arguments leave the entrypoint', () => {
  expect(render({ args: ['-v'] }).app).toMatchObject({ args: ['-v'], cpus: 1, mem: 128, env: {} });
  expect(render().app).not.toHaveProperty('cmd');
});

test('the revision is of the definition, whatever spec it comes from; the labels of the spec make no other one', () => {
  expect(revisionOf(render())).toBe(revisionOf(render()));
  expect(revisionOf(render())).not.toBe(revisionOf(render({}, {}, 'v2')));
  expect(revisionOf(render({ livenessProbe: {} }))).toBe(revisionOf(render()));
  const app = appOf(SET, { group: GROUP, spec: { version: 'v1', number: '3' } }, 'r1', render(), 2);
  expect(app).toMatchObject({ id: '/pro/shop-web-az-1/r1', instances: 2 });
  expect(app['labels']).toEqual({
    tier: 'front',
    'transship.dev/app': 'shop',
    'transship.dev/group': 'web',
    'transship.dev/env': 'pro',
    'transship.dev/az-set': 'shop-web-az-1',
    'transship.dev/version': 'v1',
    'transship.dev/spec': '3',
  });
  expect(imagesOf(render())).toEqual({ web: 'registry.north:5000/shop/web@sha256:v1' });
});

test.each<[string, object, object?]>([
  ['spec.containers[web].securityContext: Marathon has no such thing', { securityContext: {} }],
  ['spec.affinity: Marathon has no such thing', {}, { affinity: {} }],
  ['spec.initContainers: Marathon has no such thing', {}, { initContainers: [] }],
  ['spec.containers: there must be one', {}, { containers: [{ name: 'web' }, { name: 'log' }] }],
  ['env[A].valueFrom: Marathon has no such thing', { env: [{ name: 'A', valueFrom: {} }] }],
  ['resources.cpu: "much" is no quantity', { resources: { limits: { cpu: 'much' } } }],
  ['spec.volumes[x]: only hostPath', { volumeMounts: [{ name: 'x', mountPath: '/x' }] }, { volumes: [{ name: 'x' }] }],
  [
    'does not spread over topology.kubernetes.io/zone',
    {},
    { topologySpreadConstraints: [{ topologyKey: 'topology.kubernetes.io/zone' }] },
  ],
])('refused: %s', (fault, container, pod) => {
  expect(faults(container, pod)).toContain(fault);
});

test.each([
  ['250m', 0.25],
  [2, 2],
  ['1.5', 1.5],
  ['1Ki', 1024],
  ['2M', 2e6],
  ['1X', null],
  ['', null],
  [null, null],
])('quantity %j', (text, number) => {
  expect(quantity(text)).toBe(number);
});

test('an app as Marathon gives it back is ours, with all that it fills in; a change is named', () => {
  const own = render({ env: [{ name: 'A', value: '1' }] });
  const back = {
    ...own.app,
    ...{
      id: '/x',
      instances: 1,
      tasks: [],
      deployments: [],
      healthChecks: [],
      args: null,
      cmd: null,
      disk: 0,
      gpus: 0,
    },
    labels: { tier: 'front', 'transship.dev/app': 'shop' },
    container: { ...(own.app['container'] as object), volumes: [] },
    networks: [{ mode: 'container', name: 'routable', labels: {} }],
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
  } as unknown as App;
  expect(foreignIn(own, back)).toEqual([]);
  expect(foreignIn(own, { ...back, cmd: 'sleep 1' })).toEqual(['cmd']);
  expect(foreignIn(own, { ...back, env: { A: '1', B: '2' } })).toEqual(['env']);
  expect(foreignIn(own, { ...back, labels: { tier: 'front', HAPROXY: '0' } })).toEqual(['labels']);
  expect(foreignIn(own, { ...back, mem: 256, constraints: [] })).toEqual(['mem', 'constraints']);
});

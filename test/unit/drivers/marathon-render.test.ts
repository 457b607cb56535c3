// What of a pod template becomes an app of Marathon, and what is refused.
import { expect, test } from 'vitest';
import { TransshipError } from '../../../src/domain/errors.ts';
import { foreignIn } from '../../../src/drivers/azset/marathon/difference.ts';
import { quantity } from '../../../src/domain/marathon/render/quantity.ts';
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

test('variables are replaced as Kubernetes does it: those that stand before, and no others', () => {
  const env = [
    { name: 'HOST', value: 'db' },
    { name: 'URL', value: 'pg://$(HOST)/$(LATER)' },
    { name: 'LATER', value: '$$(HOST) $HOST' },
  ];
  const { app } = render({ env, args: ['--url=$(URL)', '$(NONE)', '$$'] });
  expect(app['env']).toEqual({ HOST: 'db', URL: 'pg://db/$(LATER)', LATER: '$(HOST) $HOST' });
  expect(app['args']).toEqual(['--url=pg://db/$(LATER)', '$(NONE)', '$']);
});

test('disk is asked for as ephemeral storage', () => {
  const resources = { requests: { 'ephemeral-storage': '1Gi' } };
  expect(render({ resources }).app).toMatchObject({ cpus: 1, mem: 128, disk: 1024 });
});

test.each<[string, object, object?]>([
  ['template.spec.containers[0].securityContext is nothing that Marathon has', { securityContext: {} }],
  ['template.spec.affinity is nothing that Marathon has', {}, { affinity: {} }],
  ['template.spec.initContainers is nothing that Marathon has', {}, { initContainers: [] }],
  ['template.spec.containers must be one', {}, { containers: [{ name: 'web' }, { name: 'log' }] }],
  ['env[0].valueFrom is nothing that Marathon has', { env: [{ name: 'A', valueFrom: {} }] }],
  ['env[0].value must be a text', { env: [{ name: 'A', value: 1 }] }],
  ['args[0] must be a text', { args: [1] }],
  ['nodeSelector.disk must be a text', {}, { nodeSelector: { disk: 1 } }],
  ['terminationGracePeriodSeconds must be a number', {}, { terminationGracePeriodSeconds: '20s' }],
  ['resources.limits.cpu "much" is no quantity', { resources: { limits: { cpu: 'much' } } }],
  ['limits["nvidia.com/gpu"] is nothing that Marathon has', { resources: { limits: { 'nvidia.com/gpu': 1 } } }],
  ['resources.claims is nothing that Marathon has', { resources: { claims: [] } }],
  ['ports[0].hostPort is nothing that Marathon has', { ports: [{ containerPort: 80, hostPort: 80 }] }],
  ['ports[0].protocol must be TCP or UDP', { ports: [{ containerPort: 80, protocol: 'SCTP' }] }],
  [
    'template.spec.volumes[0] must be a hostPath',
    { volumeMounts: [{ name: 'x', mountPath: '/x' }] },
    { volumes: [{ name: 'x', emptyDir: {} }] },
  ],
  [
    'volumeMounts[0].subPath is nothing that Marathon has',
    { volumeMounts: [{ name: 'x', mountPath: '/x', subPath: 'y' }] },
    { volumes: [{ name: 'x', hostPath: { path: '/x' } }] },
  ],
  [
    'topologyKey must be kubernetes.io/hostname: Marathon spreads over no topology.kubernetes.io/zone',
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

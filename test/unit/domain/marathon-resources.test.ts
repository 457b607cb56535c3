import { expect, test } from 'vitest';
import { containerOf, findingOf, groupOf, leftTo, marathonApp, translate } from './marathon-fixtures.ts';

const resources = (change: object): unknown => containerOf(translate(marathonApp(change)))['resources'];

test('what Mesos guarantees is requested; memory is the limit, too', () => {
  expect(resources({ cpus: 0.25, mem: 64 })).toEqual({
    requests: { cpu: '250m', memory: '64Mi' },
    limits: { memory: '64Mi' },
  });
  expect(resources({ cpus: 2, mem: 0.5 })).toMatchObject({ requests: { cpu: '2', memory: '512Ki' } });
});

test('what is not said is what Marathon takes then', () => {
  expect(resources({ cpus: undefined, mem: undefined })).toEqual({
    requests: { cpu: '1', memory: '128Mi' },
    limits: { memory: '128Mi' },
  });
});

test('disk and GPUs', () => {
  expect(resources({ disk: 100, gpus: 1 })).toMatchObject({
    requests: { 'ephemeral-storage': '100Mi' },
    limits: { 'nvidia.com/gpu': '1' },
  });
  const none = translate(marathonApp({ disk: 0, gpus: 0, mem: 0 }));
  expect(['disk', 'gpus', 'mem'].map((field) => findingOf(none, field).reason)).toEqual([
    'default',
    'default',
    'kubernetes',
  ]);
});

test('limits of their own', () => {
  expect(resources({ cpus: 1, mem: 64, resourceLimits: { cpus: 2, mem: 128 } })).toEqual({
    requests: { cpu: '1', memory: '64Mi' },
    limits: { cpu: '2', memory: '128Mi' },
  });
  expect(resources({ cpus: 1, mem: 64, resourceLimits: { cpus: 'unlimited', mem: 'unlimited' } })).toEqual({
    requests: { cpu: '1', memory: '64Mi' },
  });
});

test('an executor’s are not needed; nonsense is a person’s', () => {
  expect(
    findingOf(translate(marathonApp({ executorResources: { cpus: 0.1, mem: 32, disk: 10 } })), 'executorResources')
      .reason,
  ).toBe('kubernetes');
  const odd = translate(marathonApp({ cpus: '1', mem: -1, disk: -5, gpus: true }));
  expect(leftTo(odd)).toEqual(['cpus: malformed', 'mem: malformed', 'disk: malformed', 'gpus: malformed']);
});

test('instances are shared out over the places, the first ones get what is over', () => {
  const places = [1, 2, 3].map((at) => ({ cluster: 'north-1', az: `az-${at}` }));
  const translation = translate(marathonApp({ instances: 8 }), { places });
  expect((groupOf(translation)['placement'] as { instances: number }[]).map(({ instances }) => instances)).toEqual([
    3, 3, 2,
  ]);
});

test.each([
  [0, 'instances: instances'],
  [6000, 'instances: instances'],
  [-1, 'instances: malformed'],
  [1.5, 'instances: malformed'],
  ['3', 'instances: malformed'],
])('%j instances are a person’s', (instances, told) => {
  expect(leftTo(translate(marathonApp({ instances })))).toEqual([told]);
});

test('without a place a person says where', () => {
  const translation = translate(marathonApp(), { places: [] });
  expect(leftTo(translation)).toEqual(['(placement): placement']);
  expect(groupOf(translation)['placement']).toEqual([{ cluster: 'CLUSTER', az: 'AZ', instances: 3 }]);
});

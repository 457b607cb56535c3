import { expect, test } from 'vitest';
import { findingOf, leftTo, marathonApp, podOf, translate } from './marathon-fixtures.ts';

test('what Kubernetes and Transship do anyhow, and what only tells of the past', () => {
  const translation = translate(
    marathonApp({
      backoffSeconds: 1,
      backoffFactor: 1.15,
      maxLaunchDelaySeconds: 3600,
      upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
      killSelection: 'YOUNGEST_FIRST',
      residency: { relaunchEscalationTimeoutSeconds: 3600, taskLostBehavior: 'WAIT_FOREVER' },
      unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
      acceptedResourceRoles: ['*'],
      role: '*',
      executor: '',
      tty: false,
      requirePorts: false,
      dependencies: [],
      args: null,
      user: null,
      version: '2018-01-11T06:25:26.501Z',
      versionInfo: { lastScalingAt: 'x', lastConfigChangeAt: 'y' },
      tasks: [{ id: 'a', ports: [1, 2] }],
      tasksRunning: 3,
      deployments: [],
      lastTaskFailure: { state: 'TASK_FAILED' },
    }),
  );
  expect(leftTo(translation)).toEqual([]);
  const reasons = [
    'backoffFactor',
    'upgradeStrategy.maximumOverCapacity',
    'role',
    'args',
    'tasks',
    'residency.taskLostBehavior',
  ];
  expect(reasons.map((field) => findingOf(translation, field).reason)).toEqual([
    'kubernetes',
    'transship',
    'default',
    'empty',
    'state',
    'ignored',
  ]);
});

test('the grace of a kill', () => {
  expect(podOf(translate(marathonApp({ taskKillGracePeriodSeconds: 45 })))['terminationGracePeriodSeconds']).toBe(45);
  expect(leftTo(translate(marathonApp({ taskKillGracePeriodSeconds: -1 })))).toEqual([
    'taskKillGracePeriodSeconds: malformed',
  ]);
});

test('how long an instance stays on a node that does not answer', () => {
  const tolerations = (unreachableStrategy: unknown): unknown =>
    podOf(translate(marathonApp({ unreachableStrategy })))['tolerations'];
  const both = (more: object): object[] =>
    ['unreachable', 'not-ready'].map((state) => ({
      key: `node.kubernetes.io/${state}`,
      operator: 'Exists',
      effect: 'NoExecute',
      ...more,
    }));
  expect(tolerations('disabled')).toEqual(both({}));
  expect(tolerations({ inactiveAfterSeconds: 600, expungeAfterSeconds: 1200 })).toEqual(
    both({ tolerationSeconds: 600 }),
  );
  expect(tolerations({ inactiveAfterSeconds: 0, expungeAfterSeconds: 0 })).toBeUndefined();
});

test('what needs a person', () => {
  const app = marathonApp({
    killSelection: 'OLDEST_FIRST',
    acceptedResourceRoles: ['*', 'public'],
    role: 'dev',
    executor: '/opt/executor',
    dependencies: ['/db', '../cache'],
  });
  expect(leftTo(translate(app))).toEqual([
    'killSelection: order',
    'acceptedResourceRoles: hosts',
    'role: hosts',
    'executor: command',
    'dependencies[0]: order',
    'dependencies[1]: order',
  ]);
});

test('a field that no app of Marathon has is told, however deep, and whatever is in it', () => {
  const app = marathonApp({
    madeUp: { a: [1, {}] },
    cpu: null,
    upgradeStrategy: { maximum: 1 },
    healthChecks: [{ paht: '/' }],
  });
  expect(leftTo(translate(app))).toEqual([
    'healthChecks[0].paht: unknown',
    'madeUp.a[0]: unknown',
    'madeUp.a[1]: unknown',
    'cpu: unknown',
    'upgradeStrategy.maximum: unknown',
  ]);
});

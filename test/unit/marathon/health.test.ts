import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Setting } from './support.ts';
import { anyText, textLike, poll, start } from './support.ts';

let server: Server | undefined;
let answer = 200;
let asked: string[] = [];

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  answer = 200;
  asked = [];
});

/** An app whose task answers at its own address, as a container with a fixed address does. */
async function webApp(fields: Record<string, unknown>): Promise<Record<string, unknown>> {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(answer).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    id: '/web',
    cmd: 'serve',
    cpus: 0.1,
    mem: 16,
    container: { docker: { image: 'web' }, portMappings: [{ containerPort: port, name: 'http' }] },
    networks: [{ mode: 'container', name: 'fixed' }],
    ...fields,
  };
}

const CHECK = { path: '/health', gracePeriodSeconds: 0, intervalSeconds: 1, timeoutSeconds: 500 };

async function startDialled(clocks = {}): Promise<Setting> {
  const setting = await start({ dial: (host) => host.replace(/^10\./, '127.'), clocks });
  const { mesos } = setting;
  mesos.onLaunch = ({ taskId }) => mesos.say(taskId, 'TASK_RUNNING', { addresses: ['10.0.0.1'] });
  return setting;
}

async function healthOf({ call }: Setting): Promise<Record<string, unknown> | undefined> {
  const { tasks } = (await call('GET', '/v2/apps/web/tasks')).body;
  return tasks[0]?.healthCheckResults[0];
}

test('a deployment waits until its instances are healthy; the check asks the task’s own address', async () => {
  const setting = await startDialled();
  const { deploying, call, settled } = setting;
  answer = 503;
  await call('POST', '/v2/apps', await webApp({ healthChecks: [{ ...CHECK, maxConsecutiveFailures: 0 }] }));
  await poll(async () => (await healthOf(setting))?.['consecutiveFailures'] as number).toBeGreaterThan(1);
  expect(await healthOf(setting)).toMatchObject({
    alive: false,
    lastFailureCause: '503 Service Unavailable',
    instanceId: textLike(/^web\.instance-/),
  });
  expect(await deploying()).toHaveLength(1);
  expect((await call('GET', '/v2/apps/web')).body.app).toMatchObject({ tasksUnhealthy: 1, tasksHealthy: 0 });
  answer = 302;
  await settled();
  expect(await healthOf(setting)).toMatchObject({
    alive: true,
    consecutiveFailures: 0,
    firstSuccess: anyText,
  });
  expect((await call('GET', '/v2/apps/web')).body.app).toMatchObject({ tasksUnhealthy: 0, tasksHealthy: 1 });
  expect(new Set(asked)).toEqual(new Set(['/health']));
});

test('after more failures in a row than allowed the task is killed, and another started', async () => {
  const setting = await startDialled();
  const { call, settled, mesos } = setting;
  await call('POST', '/v2/apps', await webApp({ healthChecks: [{ ...CHECK, maxConsecutiveFailures: 2 }] }));
  await settled();
  const [task = ''] = mesos.running('web');
  answer = 500;
  await poll(() => mesos.calls).toContain(`kill ${task}`);
  await poll(() => mesos.running('web')).toEqual([task.replace(/1$/, '2')]);
  expect((await call('GET', '/v2/apps/web')).body.app.lastTaskFailure).toMatchObject({
    state: 'TASK_KILLED',
    message: 'Task was killed since health check failed. Reason: 500 Internal Server Error',
  });
});

test('failures in the grace period do not count', async () => {
  const setting = await startDialled();
  answer = 503;
  const check = { ...CHECK, gracePeriodSeconds: 1000, maxConsecutiveFailures: 1 };
  await setting.call('POST', '/v2/apps', await webApp({ healthChecks: [check] }));
  await poll(() => asked.length).toBeGreaterThan(5);
  expect(await healthOf(setting)).toMatchObject({ alive: false, consecutiveFailures: 0 });
  expect(setting.mesos.running('web')).toHaveLength(1);
});

test('a connection is enough for a TCP check; none is a failure', async () => {
  const setting = await startDialled();
  const { protocol, ...check } = { ...CHECK, protocol: 'TCP', maxConsecutiveFailures: 0 };
  await setting.call('POST', '/v2/apps', await webApp({ healthChecks: [{ ...check, protocol, path: null }] }));
  await setting.settled();
  server?.close();
  await poll(async () => (await healthOf(setting))?.['lastFailureCause']).toMatch(/ECONNREFUSED/);
});

test('a check that the agent runs passes when the task runs', async () => {
  const setting = await startDialled();
  await setting.call('POST', '/v2/apps', await webApp({ healthChecks: [{ protocol: 'MESOS_HTTP' }] }));
  await setting.settled();
  expect(await healthOf(setting)).toMatchObject({ alive: true });
  expect(asked).toEqual([]);
});

test('a restart waits for the new instances’ health before it kills the next old one', async () => {
  const setting = await startDialled();
  const { deploying, call, settled, mesos } = setting;
  const app = await webApp({ instances: 2, healthChecks: [{ ...CHECK, maxConsecutiveFailures: 0 }] });
  await call('POST', '/v2/apps', app);
  await settled();
  const old = mesos.running('web');
  answer = 503;
  await call('PATCH', '/v2/apps/web', { labels: { version: '2' } });
  await poll(() => mesos.running('web')).toHaveLength(4);
  expect((await deploying())[0]?.currentActions[0]?.action).toBe('RestartApplication');
  expect(mesos.running('web')).toEqual(expect.arrayContaining(old));
  answer = 200;
  await settled();
  expect(mesos.running('web').filter((id) => old.includes(id))).toEqual([]);
});

test('a deployment waits for readiness, and shows the last answer', async () => {
  const setting = await startDialled();
  const { call, deploying, settled } = setting;
  answer = 500;
  const readinessChecks = [
    {
      name: 'ready',
      path: '/ready',
      portName: 'http',
      intervalSeconds: 20,
      timeoutSeconds: 19,
      preserveLastResponse: true,
    },
  ];
  await call('POST', '/v2/apps', await webApp({ readinessChecks, gpus: 0 }));
  const results = async () => (await deploying())[0]?.currentActions[0]?.readinessCheckResults;
  await poll(results).toEqual([
    {
      name: 'ready',
      taskId: textLike(/^web\.instance-/),
      ready: false,
      lastResponse: { status: 500, contentType: '', body: '' },
    },
  ]);
  expect((await call('GET', '/v2/apps?embed=apps.readiness')).body.apps[0]?.readinessCheckResults).toHaveLength(1);
  answer = 200;
  await settled();
  expect(new Set(asked)).toEqual(new Set(['/ready']));
});

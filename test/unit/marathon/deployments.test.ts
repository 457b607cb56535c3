import { expect, test } from 'vitest';
import { anyText, poll, start } from './support.ts';

const WEB = { id: '/web', cmd: 'serve', cpus: 0.1, mem: 16 };

test('a deployment shows its steps, and where it is, until it is done', async () => {
  const { deploying, call, settled, mesos } = await start();
  mesos.onLaunch = () => undefined;
  const { deployments } = (await call('POST', '/v2/apps', { ...WEB, instances: 2 })).body;
  const [running] = await deploying();
  expect(running).toEqual({
    id: deployments[0]?.id,
    version: anyText,
    affectedApps: ['/web'],
    affectedPods: [],
    steps: [
      { actions: [{ action: 'StartApplication', app: '/web' }] },
      { actions: [{ action: 'ScaleApplication', app: '/web' }] },
    ],
    currentActions: [{ action: 'ScaleApplication', app: '/web', readinessCheckResults: [] }],
    currentStep: 2,
    totalSteps: 2,
  });
  expect((await call('GET', '/v2/apps/web')).body.app.deployments).toEqual(deployments);
  await poll(() => mesos.running('web')).toHaveLength(2);
  const [first = '', second = ''] = mesos.running('web');
  mesos.say(first, 'TASK_RUNNING');
  mesos.say(second, 'TASK_STAGING');
  await poll(async () => (await call('GET', '/v2/apps/web')).body.app.tasksStaged).toBe(1);
  expect(await deploying()).toHaveLength(1);
  mesos.say(second, 'TASK_RUNNING');
  await settled();
});

test('turned back: a new deployment, and the number as it was', async () => {
  const { call, run, settled, mesos } = await start();
  await run(WEB);
  mesos.onLaunch = () => undefined;
  const { deploymentId } = (await call('PATCH', '/v2/apps/web', { instances: 4 })).body;
  const turned = await call('DELETE', `/v2/deployments/${deploymentId}`);
  expect(turned.status).toBe(200);
  expect(turned.body.deploymentId).not.toBe(deploymentId);
  await settled();
  expect((await call('GET', '/v2/apps/web')).body.app.instances).toBe(1);
  expect(mesos.running('web')).toHaveLength(1);
});

test('turned back, a new app and its new group are gone again, and what others did meanwhile stays', async () => {
  const { call, run, settled, mesos } = await start();
  mesos.onLaunch = (task) => (task.name === 'web.new' ? undefined : mesos.say(task.taskId, 'TASK_RUNNING'));
  const { deployments } = (await call('POST', '/v2/apps', { ...WEB, id: '/new/web' })).body;
  const other = await call('POST', '/v2/apps', { ...WEB, id: '/other' });
  expect(other.status).toBe(201);
  expect((await call('DELETE', `/v2/deployments/${deployments[0]?.id}`)).status).toBe(200);
  await settled();
  const root = (await call('GET', '/v2/groups')).body;
  expect(root.groups).toEqual([]);
  expect(root.apps.map(({ id }) => id)).toEqual(['/other']);
  await run({ id: '/new/web2' });
});

test('abandoned by force: 202 without a body, and everything half way as it is', async () => {
  const { deploying, call, run, mesos } = await start();
  await run(WEB);
  mesos.onLaunch = () => undefined;
  const { deploymentId } = (await call('PATCH', '/v2/apps/web', { instances: 3 })).body;
  await poll(() => mesos.running('web')).toHaveLength(3);
  const abandoned = await call('DELETE', `/v2/deployments/${deploymentId}?force=true`);
  expect([abandoned.status, abandoned.text]).toEqual([202, '']);
  await poll(deploying).toEqual([]);
  expect((await call('GET', '/v2/apps/web')).body.app.instances).toBe(3);
  expect(mesos.running('web')).toHaveLength(3);
});

test('a forced change cancels the one that runs', async () => {
  const { call, run, settled, mesos } = await start();
  await run(WEB);
  mesos.onLaunch = () => undefined;
  await call('PATCH', '/v2/apps/web', { instances: 3 });
  const forced = await call('PATCH', '/v2/apps/web?force=true', { instances: 1 });
  expect(forced.status).toBe(200);
  await settled();
  expect(mesos.running('web')).toHaveLength(1);
});

test('deleting an app that is being deployed: refused when asked not to force, else done', async () => {
  const { call, settled, mesos } = await start();
  mesos.onLaunch = () => undefined;
  await call('POST', '/v2/apps', WEB);
  expect((await call('DELETE', '/v2/apps/web?force=false')).status).toBe(409);
  expect((await call('DELETE', '/v2/apps/web')).status).toBe(200);
  await settled();
  expect((await call('GET', '/v2/apps')).body).toEqual({ apps: [] });
});

test('scaling in kills unreachable, staging, starting, then the youngest running ones', async () => {
  const { call, run, settled, mesos } = await start();
  await run({ ...WEB, instances: 2 });
  const before = mesos.running('web');
  mesos.onLaunch = ({ taskId }) => mesos.say(taskId, 'TASK_STAGING');
  await call('PATCH', '/v2/apps/web', { instances: 3 });
  await poll(() => mesos.running('web')).toHaveLength(3);
  await call('PATCH', '/v2/apps/web?force=true', { instances: 2 });
  await settled();
  expect(mesos.running('web')).toEqual(before);
});

test('a rolling restart keeps as many as the strategy asks, and starts no more than it allows', async () => {
  const { call, run, settled, mesos } = await start();
  await run({ ...WEB, instances: 4, upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.25 } });
  const old = mesos.running('web');
  let least = 4;
  let most = 4;
  const count = () => {
    least = Math.min(least, mesos.tasks.size);
    most = Math.max(most, mesos.tasks.size);
  };
  const { onLaunch, onKill } = mesos;
  mesos.onLaunch = (task) => {
    count();
    onLaunch(task);
  };
  mesos.onKill = (id) => {
    onKill(id);
    count();
  };
  await call('PATCH', '/v2/apps/web', { env: { A: '1' } });
  await settled();
  expect(mesos.running('web').filter((id) => old.includes(id))).toEqual([]);
  expect(mesos.tasks.size).toBe(4);
  expect(least).toBeGreaterThanOrEqual(2);
  expect(most).toBeLessThanOrEqual(5);
});

test('with all healthy and none over, one more may run for the while', async () => {
  const { call, run, settled, mesos } = await start();
  await run({ ...WEB, instances: 2, upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 0 } });
  let most = 0;
  const { onLaunch } = mesos;
  mesos.onLaunch = (task) => {
    most = Math.max(most, mesos.tasks.size);
    onLaunch(task);
  };
  await call('POST', '/v2/apps/web/restart');
  await settled();
  expect(most).toBe(3);
});

test('what an app depends on is deployed before it', async () => {
  const { deploying, call, mesos } = await start();
  mesos.onLaunch = () => undefined;
  await call('PUT', '/v2/apps', [
    { ...WEB, id: '/web', dependencies: ['/db'] },
    { ...WEB, id: '/db' },
  ]);
  const [running] = await deploying();
  expect(running?.steps.slice(1)).toEqual([
    { actions: [{ action: 'ScaleApplication', app: '/db' }] },
    { actions: [{ action: 'ScaleApplication', app: '/web' }] },
  ]);
  await poll(() => mesos.running('db')).toHaveLength(1);
  expect(mesos.running('web')).toEqual([]);
});

test('a kill that Mesos does not answer is sent again, and the deployment waits for it', async () => {
  const { deploying, call, run, settled, mesos } = await start({ clocks: { killRetry: 10 } });
  await run(WEB);
  const [task = ''] = mesos.running('web');
  mesos.onKill = () => undefined;
  await call('PATCH', '/v2/apps/web', { instances: 0 });
  const kills = () => mesos.calls.filter((call) => call === `kill ${task}`).length;
  await poll(kills).toBeGreaterThan(2);
  expect(await deploying()).toHaveLength(1);
  mesos.say(task, 'TASK_KILLED');
  await settled();
});

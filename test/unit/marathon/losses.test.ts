import { expect, test } from 'vitest';
import { poll, start } from './support.ts';

const WEB = { id: '/web', cmd: 'serve', cpus: 0.1, mem: 16 };

test('a task that ends is started again: at once when it was killed, after a while when it failed', async () => {
  const { run, mesos } = await start({ clocks: { second: 1000 } });
  await run({ ...WEB, backoffSeconds: 60 });
  const [task = ''] = mesos.running('web');
  mesos.say(task, 'TASK_KILLED');
  await poll(() => mesos.running('web')).toEqual([task.replace(/1$/, '2')]);
});

test('by default an unreachable task is forgotten and replaced at once, and killed when it comes back', async () => {
  const { call, run, mesos } = await start();
  await run(WEB);
  const [lost = ''] = mesos.running('web');
  mesos.say(lost, 'TASK_UNREACHABLE');
  await poll(() => mesos.running('web')).toHaveLength(2);
  const { tasks } = (await call('GET', '/v2/apps/web/tasks')).body;
  expect(tasks.map(({ id }) => id)).not.toContain(lost);
  mesos.say(lost, 'TASK_RUNNING');
  await poll(() => mesos.calls).toContain(`kill ${lost}`);
});

test('with an unreachable strategy it is waited for, then replaced, but not forgotten yet', async () => {
  const { call, run, mesos } = await start({ clocks: { expungeDelay: 1, expungeInterval: 1 } });
  await run({ ...WEB, unreachableStrategy: { inactiveAfterSeconds: 2, expungeAfterSeconds: 10_000 } });
  const [lost = ''] = mesos.running('web');
  const timestamp = Date.now() / 1000;
  mesos.say(lost, 'TASK_UNREACHABLE', { timestamp });
  // It becomes inactive when that is said again after the time, as reconciliation makes the master do.
  const sayAgain = async () => {
    mesos.say(lost, 'TASK_UNREACHABLE', { timestamp });
    const { tasks } = (await call('GET', '/v2/apps/web/tasks')).body;
    return tasks.map(({ state }) => state).sort();
  };
  await poll(sayAgain).toEqual(['TASK_RUNNING', 'TASK_UNREACHABLE']);
  // Back again, it is one too many, which the next look at the number of instances puts right.
  mesos.say(lost, 'TASK_RUNNING');
  await poll(async () => (await call('GET', '/v2/apps/web')).body.app.tasksRunning).toBe(2);
});

test('an inactive task is forgotten after the second time', async () => {
  const { call, run, mesos } = await start({ clocks: { expungeDelay: 5, expungeInterval: 5 } });
  await run({ ...WEB, unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 10 } });
  const [lost = ''] = mesos.running('web');
  mesos.say(lost, 'TASK_UNREACHABLE');
  await poll(() => mesos.running('web')).toHaveLength(2);
  const ids = async () => (await call('GET', '/v2/apps/web/tasks')).body.tasks.map(({ id }) => id);
  await poll(ids).not.toContain(lost);
  expect(await ids()).toHaveLength(1);
});

test('disabled, it is waited for as long as it takes', async () => {
  const { call, run, mesos } = await start({ clocks: { expungeDelay: 5, expungeInterval: 5 } });
  await run({ ...WEB, unreachableStrategy: 'disabled' });
  const [lost = ''] = mesos.running('web');
  mesos.say(lost, 'TASK_UNREACHABLE', { timestamp: 1 });
  await poll(async () => (await call('GET', '/v2/apps/web/tasks')).text).toContain('TASK_UNREACHABLE');
  mesos.say(lost, 'TASK_RUNNING');
  await poll(async () => (await call('GET', '/v2/apps/web/tasks')).text).toContain('TASK_RUNNING');
  expect(mesos.running('web')).toEqual([lost]);
});

test.each(['TASK_GONE', 'TASK_DROPPED', 'TASK_ERROR', 'TASK_LOST', 'TASK_FINISHED'] as const)(
  'after %s its app gets another',
  async (state) => {
    const { run, mesos } = await start();
    await run({ ...WEB, backoffSeconds: 0 });
    const [lost = ''] = mesos.running('web');
    mesos.say(lost, state);
    await poll(() => mesos.running('web')).toEqual([lost.replace(/1$/, '2')]);
  },
);

test('TASK_LOST for an agent that went is no end: the task may come back', async () => {
  const { call, run, mesos } = await start();
  await run({ ...WEB, unreachableStrategy: 'disabled' });
  mesos.say(mesos.running('web')[0] ?? '', 'TASK_LOST', { reason: 'REASON_SLAVE_DISCONNECTED' });
  await poll(async () => (await call('GET', '/v2/apps/web/tasks')).text).toContain('TASK_UNREACHABLE');
});

test('a task that does not start in time is killed, staging or unheard of', async () => {
  const { call, run, mesos } = await start({
    clocks: { overdueDelay: 5, overdueInterval: 5, launchTimeout: 40, confirmTimeout: 40 },
  });
  await run({ ...WEB, id: '/fine' });
  mesos.onLaunch = (task) => (task.name === 'staging' ? mesos.say(task.taskId, 'TASK_STAGING') : undefined);
  mesos.onKill = () => undefined;
  await call('POST', '/v2/apps', { ...WEB, id: '/staging' });
  await call('POST', '/v2/apps', { ...WEB, id: '/silent' });
  await poll(() => mesos.running('staging').length + mesos.running('silent').length).toBe(2);
  const [staging = ''] = mesos.running('staging');
  const [silent = ''] = mesos.running('silent');
  await poll(() => mesos.calls).toContain(`kill ${staging}`);
  await poll(() => mesos.calls).toContain(`kill ${silent}`);
  expect(mesos.calls).not.toContain(`kill ${mesos.running('fine')[0] ?? ''}`);
});

test('every update is acknowledged once, but not what the master says of its own', async () => {
  const { run, mesos } = await start();
  await run(WEB);
  const [task = ''] = mesos.running('web');
  expect(mesos.calls.filter((call) => call === `acknowledge ${task} TASK_RUNNING`)).toHaveLength(1);
  mesos.say(task, 'TASK_RUNNING', { uuid: null });
  mesos.say(task, 'TASK_RUNNING');
  await poll(() => mesos.calls.filter((call) => call.startsWith(`acknowledge ${task}`))).toHaveLength(2);
});

test('an unknown task that runs is killed; its end is only told', async () => {
  const { run, mesos } = await start();
  await run(WEB);
  const unknown = 'web.instance-00000000-0000-1000-8000-000000000000._app.1';
  mesos.say(unknown, 'TASK_RUNNING');
  await poll(() => mesos.calls).toContain(`kill ${unknown}`);
});

test('what Mesos knows is asked for from time to time: of known tasks, then of all', async () => {
  const { run, mesos } = await start({ clocks: { reconcileDelay: 5, reconcileInterval: 5 } });
  await run({ ...WEB, instances: 2 });
  await poll(() => mesos.calls).toContain('reconcile 2');
  const at = mesos.calls.indexOf('reconcile 2');
  expect(mesos.calls[at + 1]).toBe('reconcile 0');
});

test('too many, or too few, instances are put right from time to time', async () => {
  const { call, run, mesos } = await start({ clocks: { scaleDelay: 10, scaleInterval: 10 } });
  await run({ ...WEB, instances: 2 });
  mesos.onLaunch = () => undefined;
  const { deploymentId } = (await call('PATCH', '/v2/apps/web', { instances: 3 })).body;
  await poll(() => mesos.running('web')).toHaveLength(3);
  await call('DELETE', `/v2/deployments/${deploymentId}?force=true`);
  const before = mesos.running('web');
  mesos.onLaunch = ({ taskId }) => mesos.say(taskId, 'TASK_RUNNING');
  mesos.say(before[2] ?? '', 'TASK_RUNNING');
  // The abandoned change of the number stands: checks keep to it.
  await call('PATCH', '/v2/apps/web', { instances: 1 });
  await poll(() => mesos.running('web')).toHaveLength(1);
});

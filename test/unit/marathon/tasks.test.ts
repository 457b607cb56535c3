import { expect, test } from 'vitest';
import { anyText, poll, start, type Setting } from './support.ts';

const WEB = { id: '/web', instances: 3 };

async function instances({ call }: Setting): Promise<number> {
  return (await call('GET', '/v2/apps/web')).body.app.instances;
}

test('a killed task is started again on its instance; the app keeps its number', async () => {
  const setting = await start();
  const { call, run, mesos } = setting;
  await run(WEB);
  const [first = ''] = mesos.running('web');
  const { status, body } = await call('DELETE', `/v2/apps/web/tasks/${first}`);
  expect([status, body.task.id]).toEqual([200, first]);
  await poll(() => mesos.running('web')).toHaveLength(3);
  // The same instance, its second run: no wait, since nothing failed.
  await poll(() => mesos.running('web')).toContain(first.replace(/\.1$/, '.2'));
  expect(await instances(setting)).toBe(3);
});

test('kill with scale takes exactly the task that is named, and lowers the number by one', async () => {
  const setting = await start();
  const { call, run, settled, mesos } = setting;
  await run(WEB);
  const [, second = '', third = ''] = mesos.running('web');
  const { status, body } = await call('DELETE', `/v2/apps/web/tasks/${second}?scale=true&force=false`);
  expect([status, body]).toEqual([200, { version: anyText, deploymentId: anyText }]);
  await settled();
  expect(mesos.running('web')).toHaveLength(2);
  expect(mesos.running('web')).not.toContain(second);
  expect(mesos.running('web')).toContain(third);
  expect(await instances(setting)).toBe(2);
});

test('repeated, for a task that is gone, it is an empty deployment; so is an id that is none', async () => {
  const setting = await start();
  const { call, run, settled, mesos } = setting;
  await run(WEB);
  const [first = ''] = mesos.running('web');
  await call('DELETE', `/v2/apps/web/tasks/${first}?scale=true`);
  await settled();
  for (const id of [first, 'none', 'web.instance-00000000-0000-1000-8000-000000000000._app.1']) {
    expect((await call('DELETE', `/v2/apps/web/tasks/${id}?scale=true`)).status).toBe(200);
    await settled();
  }
  expect(await instances(setting)).toBe(2);
  const unknown = await call('DELETE', `/v2/apps/web/tasks/${first}`);
  expect([unknown.status, unknown.body]).toEqual([404, { message: `Task '${first}' does not exist`, details: [] }]);
});

test('while it is being killed, a second kill with scale lowers nothing; for another task the app is locked', async () => {
  const setting = await start();
  const { call, run, settled, mesos } = setting;
  await run(WEB);
  mesos.onKill = (id) => mesos.say(id, 'TASK_KILLING');
  const [first = '', second = ''] = mesos.running('web');
  await call('DELETE', `/v2/apps/web/tasks/${first}?scale=true`);
  await poll(async () => (await call('GET', '/v2/apps/web/tasks')).text).toContain('TASK_KILLING');
  expect((await call('DELETE', `/v2/apps/web/tasks/${first}?scale=true`)).status).toBe(200);
  expect(await instances(setting)).toBe(2);
  expect((await call('DELETE', `/v2/apps/web/tasks/${second}?scale=true`)).status).toBe(409);
  mesos.say(first, 'TASK_KILLED');
  await settled();
  expect(mesos.running('web')).toHaveLength(2);
});

test('by host: exactly that name, or *', async () => {
  const setting = await start();
  const { call, run, settled, mesos } = setting;
  mesos.agent('host-10');
  await run({ ...WEB, instances: 4, constraints: [['hostname', 'MAX_PER', '2']] });
  const none = await call('DELETE', '/v2/apps/web/tasks?host=host&scale=true');
  expect(none.status).toBe(200);
  await settled();
  expect(await instances(setting)).toBe(4);
  await call('DELETE', '/v2/apps/web/tasks?host=host-1&scale=true');
  await settled();
  expect(await instances(setting)).toBe(2);
  const hosts = [...mesos.tasks.values()].map(({ agentId }) => agentId);
  expect(new Set(hosts)).toEqual(new Set(['agent-host-10']));
  await call('DELETE', '/v2/apps/web/tasks?host=*&scale=true');
  await settled();
  expect([await instances(setting), mesos.tasks.size]).toEqual([0, 0]);
});

test('an app scaled to nothing has no path to kill by', async () => {
  const { call, run } = await start();
  await run({ ...WEB, instances: 0 });
  const reply = await call('DELETE', '/v2/apps/web/tasks?scale=true');
  expect([reply.status, reply.body]).toEqual([404, { message: "Path '/web' does not exist" }]);
});

test('wiped tasks are forgotten at once, whatever Mesos says of them later', async () => {
  const { call, run, mesos } = await start();
  await run(WEB);
  mesos.onKill = () => undefined;
  const [first = ''] = mesos.running('web');
  const { status, body } = await call('DELETE', `/v2/apps/web/tasks/${first}?wipe=true`);
  expect([status, body.task.id]).toEqual([200, first]);
  expect(mesos.calls).toContain(`kill ${first}`);
  await poll(() => mesos.running('web')).toHaveLength(4);
  const { tasks } = (await call('GET', '/v2/apps/web/tasks')).body;
  expect(tasks.map(({ id }) => id)).not.toContain(first);
  expect(tasks).toHaveLength(3);
});

test('several tasks of several apps at once: unknown ids are passed over, unreadable ones refused', async () => {
  const setting = await start();
  const { call, run, settled, mesos } = setting;
  await run(WEB);
  await run({ id: '/db', instances: 2 });
  const [web = ''] = mesos.running('web');
  const [db = ''] = mesos.running('db');
  const gone = web.replace(/instance-\w+/, 'instance-00000000');
  const killed = await call('POST', '/v2/tasks/delete', { ids: [web, gone] });
  expect(killed.body.tasks.map(({ id }) => id)).toEqual([web]);
  await poll(() => mesos.running('web')).toHaveLength(3);

  const [again = ''] = mesos.running('web');
  const scaled = await call('POST', '/v2/tasks/delete?scale=true', { ids: [again, db, gone] });
  expect(scaled.body).toEqual({ version: anyText, deploymentId: anyText });
  await settled();
  expect(await instances(setting)).toBe(2);
  expect([mesos.running('web').length, mesos.running('db').length]).toEqual([2, 1]);
  expect((await call('POST', '/v2/tasks/delete?scale=true', { ids: [gone] })).status).toBe(200);

  const bad = await call('POST', '/v2/tasks/delete', { ids: ['nonsense'] });
  expect([bad.status, bad.body]).toEqual([
    400,
    {
      message: "Invalid task id 'nonsense'. [taskId nonsense no valid identifier (of class java.lang.String)]",
    },
  ]);
  const uuid = await call('POST', '/v2/tasks/delete', { ids: ['web.1'] });
  expect([uuid.status, uuid.body]).toEqual([422, { message: 'Invalid UUID string: 1' }]);
  const none = await call('POST', '/v2/tasks/delete', {});
  expect([none.status, none.body.details]).toEqual([422, [{ path: '', errors: ["'ids' is undefined on object: {}"] }]]);
});

test('all tasks, by status; with service ports', async () => {
  const { call, run, mesos } = await start();
  await run({ id: '/web', instances: 1 });
  mesos.onLaunch = ({ taskId }) => mesos.say(taskId, 'TASK_STAGING');
  await call('POST', '/v2/apps', { id: '/db', cmd: 'store', cpus: 0.1, mem: 16 });
  const of = async (query: string) => {
    const { tasks } = (await call('GET', `/v2/tasks${query}`)).body;
    return tasks.map(({ appId }) => appId).sort();
  };
  await poll(() => of('')).toEqual(['/db', '/web']);
  expect(await of('?status=running')).toEqual(['/web']);
  await poll(() => of('?status=staging')).toEqual(['/db']);
  expect(await of('?status[]=running&status[]=staging')).toEqual(['/db', '/web']);
  expect(await of('?status=none')).toEqual(['/db', '/web']);
  const { tasks } = (await call('GET', '/v2/tasks?status=running')).body;
  expect(tasks[0]?.servicePorts).toEqual([10_000]);
});

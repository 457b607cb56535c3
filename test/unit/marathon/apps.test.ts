import { expect, test } from 'vitest';
import { anyNumber, anyText, textLike, start } from './support.ts';

const WEB = { id: '/shop/web', cmd: 'serve', cpus: 0.5, mem: 64 };

test('a posted app comes back with its defaults and deployment, before ports and versionInfo are known', async () => {
  const { call, settled } = await start();
  const { status, body, headers } = await call('POST', '/v2/apps', WEB);
  expect(status).toBe(201);
  expect(headers.get('location')).toMatch(/\/shop\/web$/);
  expect(headers.get('marathon-deployment-id')).toBe(body.deployments[0]?.id);
  const { version, deployments, ...rest } = body;
  expect(new Date(version).toISOString()).toBe(version);
  expect(deployments).toHaveLength(1);
  expect(rest).toEqual({
    ...WEB,
    backoffFactor: 1.15,
    backoffSeconds: 1,
    disk: 0,
    executor: '',
    gpus: 0,
    instances: 1,
    killSelection: 'YOUNGEST_FIRST',
    labels: {},
    maxLaunchDelaySeconds: 300,
    networks: [{ mode: 'host' }],
    portDefinitions: [{ name: 'default', port: 0, protocol: 'tcp' }],
    requirePorts: false,
    role: '*',
    unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    upgradeStrategy: { maximumOverCapacity: 1, minimumHealthCapacity: 1 },
    tasksStaged: 0,
    tasksRunning: 0,
    tasksHealthy: 0,
    tasksUnhealthy: 0,
  });

  await settled();
  const { app } = (await call('GET', '/v2/apps/shop/web')).body;
  expect(app).toMatchObject({
    version,
    versionInfo: { lastScalingAt: version, lastConfigChangeAt: version },
    portDefinitions: [{ name: 'default', port: 10_000, protocol: 'tcp' }],
    tasksRunning: 1,
    deployments: [],
  });
});

test('an app that runs shows its task: where it is, its ports, and since when', async () => {
  const { call, run, mesos } = await start();
  const [agent] = mesos.agents.values();
  Object.assign(agent ?? {}, { region: 'north', zone: 'az-2' });
  await run(WEB);
  const { tasks } = (await call('GET', '/v2/apps/shop/web/tasks')).body;
  expect(tasks).toEqual([
    {
      appId: '/shop/web',
      healthCheckResults: [],
      host: 'host-1',
      id: textLike(/^shop_web\.instance-[0-9a-f-]{36}\._app\.1$/),
      ipAddresses: [],
      ports: [anyNumber],
      servicePorts: [],
      slaveId: 'agent-host-1',
      state: 'TASK_RUNNING',
      stagedAt: anyText,
      startedAt: anyText,
      version: anyText,
      localVolumes: [],
      region: 'north',
      zone: 'az-2',
      role: '*',
    },
  ]);
  const [launched] = mesos.tasks.values();
  expect(launched).toMatchObject({
    name: 'web.shop',
    command: 'serve',
    network: 'host',
    killGraceSeconds: 3,
    environment: { MARATHON_APP_ID: '/shop/web', PORT: String(tasks[0]?.ports[0]), HOST: 'host-1' },
  });
});

test('a list is chosen from by id, command and labels', async () => {
  const { call, run } = await start();
  await run({ ...WEB, labels: { team: 'red', tier: 'front' } });
  await run({ id: '/shop/db', cmd: 'store', labels: { team: 'blue' } });
  const ids = async (query: string) => {
    const { body } = await call('GET', `/v2/apps?${query}`);
    return body.apps.map(({ id }) => id).sort();
  };
  expect(await ids('')).toEqual(['/shop/db', '/shop/web']);
  expect(await ids('id=WEB')).toEqual(['/shop/web']);
  expect(await ids('cmd=STO')).toEqual(['/shop/db']);
  const label = (selector: string) => ids(`label=${encodeURIComponent(selector)}`);
  expect(await label('tier')).toEqual(['/shop/web']);
  expect(await label('team==blue')).toEqual(['/shop/db']);
  expect(await label('team!=blue')).toEqual(['/shop/web']);
  expect(await label('team in (red, blue)')).toEqual(['/shop/db', '/shop/web']);
  expect(await label('team notin (red)')).toEqual(['/shop/db']);
  expect(await label('team==red, tier==front')).toEqual(['/shop/web']);
  expect(await label('none!=x')).toEqual([]);
  const bad = await call('GET', '/v2/apps?label=team==');
  expect(bad.status).toBe(422);
  expect(bad.body.message).toMatch(/^Can not parse label selector team==\. Reason: /);
});

test('what is embedded: counts and deployments always, the rest when asked for, by any prefix', async () => {
  const { call, run } = await start();
  await run(WEB);
  const of = async (query: string) => (await call('GET', `/v2/apps${query}`)).body.apps[0];
  expect(await of('')).toMatchObject({ tasksRunning: 1, tasksStaged: 0, deployments: [] });
  expect(await of('')).not.toHaveProperty('tasks');
  expect(await of('?embed=apps.count')).not.toHaveProperty('tasks');
  expect(await of('?embed=apps.tasks&embed=apps.readiness')).toMatchObject({
    tasks: [{ appId: '/shop/web' }],
    readinessCheckResults: [],
  });
  expect(await of('?embed=app.taskStats')).toMatchObject({
    tasksStats: { totalSummary: { stats: { counts: { running: 1, staged: 0, healthy: 0, unhealthy: 0 } } } },
  });
});

test('id/* lists a group, with tasks', async () => {
  const { call, run } = await start();
  await run(WEB);
  await run({ id: '/shop/db', cmd: 'store' });
  await run({ id: '/other', cmd: 'other' });
  const { body } = await call('GET', '/v2/apps/shop/*');
  expect(body['*'].map(({ id }) => id).sort()).toEqual(['/shop/db', '/shop/web']);
  expect((await call('GET', '/v2/apps/*')).body['*']).toHaveLength(3);
  expect((await call('GET', '/v2/apps/shop/*/tasks')).body.tasks).toHaveLength(2);
  const none = await call('GET', '/v2/apps/none/*');
  expect([none.status, none.body]).toEqual([404, { message: "Group '/none' does not exist", details: [] }]);
});

test('PUT changes in part by default, replaces when told to, and creates', async () => {
  const { call, run, settled } = await start();
  await run({ ...WEB, labels: { a: '1', b: '2' } });
  expect((await call('PUT', '/v2/apps/shop/web', { labels: { a: '3' } })).status).toBe(200);
  await settled();
  const changed = (await call('GET', '/v2/apps/shop/web')).body.app;
  expect(changed).toMatchObject({ cmd: 'serve', cpus: 0.5, labels: { a: '3' } });
  expect(changed.labels).not.toHaveProperty('b');

  expect((await call('PUT', '/v2/apps/shop/web?partialUpdate=false', { cmd: 'serve' })).status).toBe(200);
  await settled();
  expect((await call('GET', '/v2/apps/shop/web')).body.app).toMatchObject({ cpus: 1, mem: 128, labels: {} });

  const created = await call('PUT', '/v2/apps/shop/new', { cmd: 'new', cpus: 0.1 });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({ version: anyText, deploymentId: anyText });
  expect(created.headers.get('marathon-deployment-id')).toBe(created.body.deploymentId);
});

test('PATCH scales; only the number changes, and the version, not the configuration', async () => {
  const { call, run, settled, mesos } = await start();
  await run(WEB);
  const before = (await call('GET', '/v2/apps/shop/web')).body.app;
  const [task] = mesos.tasks.keys();
  const scaled = await call('PATCH', '/v2/apps/shop/web', { instances: 3 });
  expect(scaled.status).toBe(200);
  await settled();
  const { app } = (await call('GET', '/v2/apps/shop/web')).body;
  expect(app).toMatchObject({ instances: 3, tasksRunning: 3, version: scaled.body.version });
  expect(app.versionInfo).toEqual({
    lastScalingAt: scaled.body.version,
    lastConfigChangeAt: before.versionInfo.lastConfigChangeAt,
  });
  expect(mesos.tasks.has(task ?? '')).toBe(true);
});

test('PATCH of an app that does not exist is 404 for a whole app, 422 for what is none', async () => {
  const { call } = await start();
  const whole = await call('PATCH', '/v2/apps/none', { cmd: 'x y' });
  expect([whole.status, whole.body]).toEqual([404, { message: "App '/none' does not exist" }]);
  const part = await call('PATCH', '/v2/apps/none', { instances: 2 });
  expect(part.status).toBe(422);
});

test('several apps change in one deployment', async () => {
  const { call, settled, run } = await start();
  await run(WEB);
  const both = [
    { id: '/shop/web', instances: 2 },
    { id: '/shop/db', cmd: 'store', cpus: 0.1 },
  ];
  const put = await call('PUT', '/v2/apps', both);
  expect(put.status).toBe(200);
  await settled();
  const { apps } = (await call('GET', '/v2/apps')).body;
  expect(apps).toHaveLength(2);
  const patch = await call('PATCH', '/v2/apps', [{ id: '/shop/none', cmd: 'x y' }]);
  expect([patch.status, patch.body.message]).toEqual([404, "App '/shop/none' does not exist"]);
});

test('versions are kept, can be read, and gone back to', async () => {
  const { call, run, settled } = await start();
  await run(WEB);
  const first = (await call('GET', '/v2/apps/shop/web')).body.app.version;
  const second = (await call('PUT', '/v2/apps/shop/web', { cmd: 'serve more' })).body.version;
  await settled();
  expect((await call('GET', '/v2/apps/shop/web/versions')).body).toEqual({ versions: [second, first] });
  expect((await call('GET', `/v2/apps/shop/web/versions/${first}`)).body).toMatchObject({
    cmd: 'serve',
    version: first,
  });
  const unknown = await call('GET', '/v2/apps/shop/web/versions/2001-01-01T00:00:00.000Z');
  expect([unknown.status, unknown.body]).toEqual([
    404,
    { message: "App '/shop/web' does not exist in version 2001-01-01T00:00:00.000Z", details: [] },
  ]);

  expect((await call('PUT', '/v2/apps/shop/web', { version: first })).status).toBe(200);
  await settled();
  expect((await call('GET', '/v2/apps/shop/web')).body.app.cmd).toBe('serve');
  const mixed = await call('PUT', '/v2/apps/shop/web', { version: first, cmd: 'other' });
  expect([mixed.status, mixed.body]).toEqual([
    422,
    {
      message: 'Object is not valid',
      details: [{ path: '/', errors: ["The 'version' field may only be combined with the 'id' field."] }],
    },
  ]);
});

test('a deleted app is gone with its tasks; its group stays', async () => {
  const { call, run, settled, mesos } = await start();
  await run(WEB);
  const deleted = await call('DELETE', '/v2/apps/shop/web');
  expect(deleted.status).toBe(200);
  await settled();
  expect(mesos.tasks.size).toBe(0);
  const gone = await call('GET', '/v2/apps/shop/web');
  expect([gone.status, gone.body]).toEqual([404, { message: "App '/shop/web' does not exist", details: [] }]);
  const again = await call('DELETE', '/v2/apps/shop/web');
  expect([again.status, again.body]).toEqual([404, { message: "App '/shop/web' does not exist" }]);
  expect((await call('GET', '/v2/groups/shop')).body).toMatchObject({ id: '/shop', apps: [] });
});

test('restart replaces every task', async () => {
  const { call, run, settled, mesos } = await start();
  await run({ ...WEB, instances: 2 });
  const before = [...mesos.tasks.keys()];
  expect((await call('POST', '/v2/apps/shop/web/restart')).status).toBe(200);
  await settled();
  expect(mesos.tasks.size).toBe(2);
  expect([...mesos.tasks.keys()].filter((id) => before.includes(id))).toEqual([]);
  expect((await call('POST', '/v2/apps/none/restart')).status).toBe(404);
});

test('groups show what is in them, and go with all of it', async () => {
  const { call, run, settled, mesos } = await start();
  await run(WEB);
  await run({ id: '/shop/back/db', cmd: 'store' });
  const root = (await call('GET', '/v2/groups')).body;
  expect(root).toMatchObject({
    id: '/',
    apps: [],
    groups: [
      {
        id: '/shop',
        apps: [{ id: '/shop/web' }],
        groups: [{ id: '/shop/back', apps: [{ id: '/shop/back/db' }], groups: [] }],
      },
    ],
  });
  expect((await call('GET', '/v2/groups/shop/apps')).body).toHaveLength(2);
  expect((await call('GET', '/v2/groups/shop/versions')).body).toHaveLength(2);
  expect((await call('GET', '/v2/groups?embed=group.groups')).body.groups[0]).toMatchObject({ id: '/shop', apps: [] });
  expect((await call('DELETE', '/v2/groups/shop')).status).toBe(200);
  await settled();
  expect(mesos.tasks.size).toBe(0);
  const gone = await call('GET', '/v2/groups/shop');
  expect([gone.status, gone.body]).toEqual([404, { message: "Group '/shop' does not exist", details: [] }]);
  const again = await call('DELETE', '/v2/groups/shop');
  expect([again.status, again.body]).toEqual([404, { message: "Group '/shop' does not exist" }]);
  expect((await call('PUT', '/v2/groups', { id: '/' })).status).toBe(501);
});

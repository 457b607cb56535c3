import { request as httpRequest } from 'node:http';
import { expect, test } from 'vitest';
import { textLike, poll, request, start, type Setting } from './support.ts';

const WEB = { id: '/web', cmd: 'serve', cpus: 0.1, mem: 16 };
const NOBODY = /<title>Error 502 Could not determine the current leader<\/title>/;

const at = ({ marathon }: Setting, index: number) => marathon.urls[index] ?? '';

test('a follower asks the leader; the answer names both', async () => {
  const setting = await start({ ports: [0, 0] });
  const created = await request(at(setting, 1), 'POST', '/v2/apps', WEB);
  expect(created.status).toBe(201);
  expect(created.headers.get('x-marathon-leader')).toBe(at(setting, 0));
  expect(created.headers.get('x-marathon-via')).toBe(`1.1 ${at(setting, 1).replace('http://', '')}`);
  await setting.settled();
  const direct = await setting.call('GET', '/v2/apps/web');
  expect(direct.headers.get('x-marathon-leader')).toBe(at(setting, 0));
  expect(direct.headers.get('x-marathon-via')).toBeNull();
  const through = await request(at(setting, 1), 'GET', '/v2/apps/web');
  expect(through.body).toEqual(direct.body);
  expect((await request(at(setting, 1), 'GET', '/v2/nothing')).status).toBe(500);
});

test('event streams are not proxied but sent on', async () => {
  const setting = await start({ ports: [0, 0] });
  const reply = await request(at(setting, 1), 'GET', '/v2/events?event_type=x', undefined, {
    accept: 'text/event-stream',
  });
  expect([reply.status, reply.headers.get('location')]).toEqual([302, `${at(setting, 0)}/v2/events?event_type=x`]);
});

test('a request that comes back to where it was is refused; one with a body of unknown length arrives without it', async () => {
  const setting = await start({ ports: [0, 0] });
  const via = { 'X-Marathon-Via': `1.1 ${at(setting, 1).replace('http://', '')}` };
  const loop = await request(at(setting, 1), 'GET', '/v2/apps', undefined, via);
  expect(loop.status).toBe(502);
  expect(loop.text).toContain('Detected proxying loop.');

  const status = await new Promise((resolve, reject) => {
    const chunked = httpRequest(`${at(setting, 1)}/v2/apps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    chunked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    chunked.on('error', reject);
    chunked.write(JSON.stringify(WEB));
    chunked.end();
  });
  expect(status).toBe(400);
});

test('a new leader has the apps, tasks and deployments of the last, and speaks for the same framework', async () => {
  const setting = await start({ ports: [0, 0] });
  const { marathon, mesos, run, settled } = setting;
  await run(WEB);
  await run({ ...WEB, id: '/old' });
  mesos.onKill = () => undefined;
  const [old = ''] = mesos.running('old');
  const { deploymentId } = (await setting.call('DELETE', '/v2/apps/old')).body;
  await poll(() => mesos.calls).toContain(`kill ${old}`);
  marathon.elect(1);
  expect([marathon.leader(), mesos.registered]).toEqual([1, [null, 'framework-1']]);
  expect(mesos.calls).toContain('close');
  const after = await request(at(setting, 0), 'GET', '/v2/deployments');
  expect(after.headers.get('x-marathon-leader')).toBe(at(setting, 1));
  expect(after.body).toMatchObject([{ id: deploymentId, affectedApps: ['/old'] }]);
  // It goes on killing what the last leader began to kill.
  await poll(() => mesos.calls.filter((call) => call === `kill ${old}`)).toHaveLength(2);
  mesos.say(old, 'TASK_KILLED');
  await settled();
  expect((await setting.call('GET', '/v2/apps')).body).toMatchObject({ apps: [{ id: '/web', tasksRunning: 1 }] });
});

test('a deployment that a new leader takes up counts what is under way as done: it may end before its tasks run', async () => {
  const setting = await start({ ports: [0, 0] });
  const { marathon, mesos, run, settled } = setting;
  await run(WEB);
  mesos.onLaunch = () => undefined;
  await setting.call('PATCH', '/v2/apps/web', { instances: 2 });
  await poll(() => mesos.running('web')).toHaveLength(2);
  marathon.elect(1);
  await settled();
  expect((await setting.call('GET', '/v2/apps/web')).body.app).toMatchObject({ instances: 2, tasksRunning: 1 });
  mesos.say(mesos.running('web')[1] ?? '', 'TASK_RUNNING');
  await poll(async () => (await setting.call('GET', '/v2/apps/web')).body.app.tasksRunning).toBe(2);
  expect(mesos.running('web')).toHaveLength(2);
});

test('a deposed leader’s event streams end', async () => {
  const setting = await start({ ports: [0, 0] });
  const response = await fetch(`${at(setting, 0)}/v2/events`, { headers: { accept: 'text/event-stream' } });
  setting.marathon.elect(1);
  await expect(response.text()).rejects.toThrow(/terminated/);
});

test('without a leader every process refuses, after a while', async () => {
  const setting = await start({ ports: [0, 0] });
  setting.marathon.elect(null);
  expect(setting.marathon.leader()).toBeNull();
  for (const index of [0, 1]) {
    const reply = await request(at(setting, index), 'GET', '/v2/apps');
    expect([reply.status, reply.text]).toEqual([502, textLike(NOBODY)]);
  }
  // Who is elected meanwhile answers what was held back.
  const held = request(at(setting, 0), 'GET', '/ping');
  setting.marathon.elect(1);
  expect((await held).text).toBe('pong');
  expect(() => setting.marathon.elect(2)).toThrow(RangeError);
});

test('the leader tells who it is, and goes when asked to', async () => {
  const setting = await start({ ports: [0, 0] });
  const { call, marathon } = setting;
  expect((await call('GET', '/v2/leader')).body).toEqual({ leader: at(setting, 0).replace('http://', '') });
  const info = (await call('GET', '/v2/info')).body;
  expect(info).toMatchObject({
    name: 'marathon',
    frameworkId: 'framework-1',
    elected: true,
    leader: at(setting, 0).replace('http://', ''),
    marathon_config: {
      mesos_leader_ui_url: 'http://leader.mesos:5050/',
      reconciliation_interval: 600_000,
      features: [],
    },
  });
  const gone = await call('DELETE', '/v2/leader');
  expect([gone.status, gone.body]).toEqual([200, { message: 'Leadership abdicated', details: [] }]);
  await poll(() => marathon.leader()).toBe(1);
});

test('a leader that loses its Mesos master gives up, and the next takes over', async () => {
  const { marathon, mesos, call, settled } = await start({ ports: [0, 0] });
  await call('GET', '/ping');
  mesos.connected(false);
  await poll(() => marathon.leader()).toBe(1);
  await call('POST', '/v2/apps', WEB);
  await settled();
  expect(mesos.running('web')).toHaveLength(1);
});

test('a request on its way when the leader goes is 503', async () => {
  let arrived: () => void = () => undefined;
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const setting = await start({
    ports: [0, 0],
    around: async (incoming, response, handle) => {
      const done = handle(incoming, response);
      arrived();
      await done;
    },
  });
  const outgoing = httpRequest(`${at(setting, 0)}/v2/apps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': 2 },
  });
  const answered = new Promise<number | undefined>((resolve) => {
    outgoing.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  outgoing.write('{');
  await arrival;
  setting.marathon.elect(1);
  outgoing.end('}');
  expect(await answered).toBe(503);
});

test('with credentials, every URL asks for them, in the words of the servlet container', async () => {
  const { call } = await start({ credentials: { user: 'ops', password: 'se:cret' } });
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  for (const headers of [{}, basic('ops:wrong'), { authorization: 'Bearer x' }]) {
    const refused = await call('GET', '/ping', undefined, headers);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'basic realm="Mesosphere"']);
    expect(refused.text).toContain('HTTP ERROR 401');
  }
  expect((await call('GET', '/v2/apps', undefined, basic('ops:se:cret'))).body).toEqual({ apps: [] });
});

test('what stands in front sees every request first, and may answer in its stead', async () => {
  const seen: string[] = [];
  const { call } = await start({
    around: async (incoming, response, handle) => {
      seen.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
      if (seen.length === 2) response.writeHead(503).end();
      else await handle(incoming, response);
    },
  });
  const statuses = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await call('GET', '/ping')).status);
  expect(statuses).toEqual([200, 503, 200]);
  expect(seen).toEqual(['GET /ping', 'GET /ping', 'GET /ping']);
});

test('ping is text, unless JSON is all that is accepted', async () => {
  const { call } = await start();
  expect((await call('GET', '/ping')).text).toBe('pong');
  expect((await call('GET', '/ping', undefined, { accept: 'application/json' })).text).toBe('"pong"');
  expect((await call('GET', '/')).headers.get('location')).toBe('/ui/');
});

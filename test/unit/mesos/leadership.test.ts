import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { MesosWorld } from '../../support/mesos-world.ts';

let world: MesosWorld;
afterEach(async () => {
  await world.close();
});

const admin = async (body: object) =>
  request(`${world.mesos.admin}/leader`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('leadership', () => {
  test('who follows sends callers on to the leader, without a scheme', async () => {
    world = await MesosWorld.start({}, 0);
    const leader = `//127.0.0.1:${world.mesos.cluster.masters[0]?.port ?? 0}`;
    const call = await world.call({ type: 'GET_AGENTS' }, { master: 1 });
    expect(call).toMatchObject({ status: 307, headers: { location: `${leader}/api/v1` } });
    for (const [path, location] of [
      ['/master/state', `${leader}/master/state`],
      ['/tasks?task_id=x', `${leader}/tasks?task_id=x`],
      ['/redirect', leader],
      ['/master/redirect', leader],
    ] as const) {
      expect(await world.http('GET', path, null, { master: 1 })).toMatchObject({ status: 307, headers: { location } });
    }
    // Before the method and the body are looked at.
    expect(await world.http('GET', '/api/v1', null, { master: 1 })).toMatchObject({ status: 307 });
    expect(await world.http('POST', '/machine/down', 'x', { master: 1 })).toMatchObject({ status: 307 });
    expect(await world.http('GET', '/redirect')).toMatchObject({ status: 307, headers: { location: leader } });
    expect(await world.http('GET', '/redirect/x', null, { master: 1 })).toMatchObject({ status: 404 });
    expect(await world.http('GET', '/health', null, { master: 1 })).toMatchObject({ status: 200, text: '' });
    expect(await world.http('GET', '/no/such/thing')).toMatchObject({ status: 404, text: '404 Not Found.' });
  });

  test('nobody leads: 503; a leader that recovers: 503 of its own; then it answers', async () => {
    world = await MesosWorld.start();
    expect((await admin({ master: null })).statusCode).toBe(204);
    expect(await world.call({ type: 'GET_AGENTS' })).toMatchObject({ status: 503, text: 'No leader elected' });
    expect(await world.http('GET', '/redirect')).toMatchObject({ status: 503, text: 'No leader elected' });
    expect((await admin({ master: 1, recoverySeconds: 3600 })).statusCode).toBe(204);
    const recovering = { status: 503, text: 'Master has not finished recovery' };
    expect(await world.call({ type: 'GET_AGENTS' }, { master: 1 })).toMatchObject(recovering);
    // The older endpoints say nothing of it: they show a cluster without agents.
    const state = await world.http('GET', '/master/state', null, { master: 1 });
    expect(state.json()).toMatchObject({ slaves: [], frameworks: [], activated_slaves: 0 });
    const { body } = await request(`${world.mesos.admin}/masters`);
    expect(await body.json()).toMatchObject([{ state: 'following' }, { state: 'recovering' }]);
    await admin({ master: 1 });
    expect(await world.call({ type: 'GET_HEALTH' }, { master: 1 })).toMatchObject({ status: 200 });
    expect((await admin({ master: 7 })).statusCode).toBe(404);
    expect((await admin({ master: 'x' })).statusCode).toBe(400);
  });
});

describe('Basic authentication', () => {
  const basic = (text: string) => ({
    'content-type': 'application/json',
    authorization: `Basic ${Buffer.from(text).toString('base64')}`,
  });

  test('who is not known is asked to say who they are, also by a follower', async () => {
    world = await MesosWorld.start({ credentials: [{ user: 'admin', password: 'secret' }] }, 0);
    const refused = {
      status: 401,
      text: '401 Unauthorized.',
      headers: { 'www-authenticate': 'Basic realm="mesos-master-readwrite"' },
    };
    for (const master of [0, 1]) {
      expect(await world.call({ type: 'GET_HEALTH' }, { master })).toMatchObject(refused);
      const wrong = { master, headers: basic('admin:wrong') };
      expect(await world.call({ type: 'GET_HEALTH' }, wrong)).toMatchObject(refused);
    }
    expect(await world.http('GET', '/state')).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="mesos-master-readonly"' },
    });
    expect(await world.call({ type: 'GET_HEALTH' }, { headers: basic('admin:secret') })).toMatchObject({ status: 200 });
    expect(await world.http('GET', '/health')).toMatchObject({ status: 200 });
    expect(await world.http('GET', '/redirect', null, { master: 1 })).toMatchObject({ status: 307 });
  });

  test('who may only read is told 403 where they want to change something', async () => {
    world = await MesosWorld.start({ credentials: [{ user: 'guest', password: 'x', readOnly: true }] }, 0);
    const headers = basic('guest:x');
    expect(await world.call({ type: 'GET_AGENTS' }, { headers })).toMatchObject({ status: 200 });
    const deactivate = { type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id: { value: 'x' } } };
    expect(await world.call(deactivate, { headers })).toMatchObject({ status: 403, text: '403 Forbidden.' });
    expect(await world.http('POST', '/machine/down', '[]', { headers })).toMatchObject({ status: 403 });
    expect(await world.http('GET', '/maintenance/schedule', null, { headers })).toMatchObject({ status: 200 });
  });
});

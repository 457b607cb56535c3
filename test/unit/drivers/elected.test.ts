// Calls to processes of which one leads, against servers that answer as such processes do.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { authorizationOf } from '../../../src/drivers/elected/authorization.ts';
import { ElectedCalls, type ElectedOptions } from '../../../src/drivers/elected/calls.ts';
import { codeOf } from '../../contract/world.ts';
import { startSmallServer, type Asked, type Reply, type SmallServer } from '../../support/small-server.ts';

const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.stop()));
});

const process = async (answer: (asked: Asked) => Reply | Promise<Reply>): Promise<SmallServer> => {
  const server = await startSmallServer(answer);
  opened.push(server);
  return server;
};
const calls = (urls: string[], options: Partial<ElectedOptions> = {}): ElectedCalls => {
  const made = new ElectedCalls({ name: 'test', urls, deadlineMs: 5_000, ...options });
  opened.push({ stop: () => made.close() });
  return made;
};
/** Where nobody listens. */
const nowhere = async (): Promise<string> => {
  const server = await startSmallServer(() => [200]);
  await server.stop();
  return server.url;
};
const CHANGE = { method: 'POST', path: '/x?force=false', body: { a: 1 } } as const;
const READ = { method: 'GET', path: '/x' } as const;

describe('the leader is found', () => {
  test.each([302, 307])('a %i is followed with the same method and body, also without a scheme', async (status) => {
    const leader = await process(({ method, url, body }) => [200, { method, url, body }]);
    const follower = await process(({ url }) => [status, '', { location: `${leader.url.replace('http:', '')}${url}` }]);
    const { text } = await calls([follower.url]).send(CHANGE);
    expect(JSON.parse(text)).toEqual({ method: 'POST', url: '/x?force=false', body: '{"a":1}' });
  });

  test('a circle of redirects ends', async () => {
    const one: SmallServer = await process(({ url }) => [307, '', { location: url }]);
    expect(await codeOf(calls([one.url]).send(READ))).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect(one.asked.length).toBe(4);
  });

  test.each([502, 503])('%i: the next one is asked, and it is asked first from then on', async (status) => {
    const follower = await process(() => [status, 'No leader elected']);
    const leader = await process(() => [200, {}]);
    const both = calls([follower.url, leader.url]);
    for (let n = 0; n < 3; n++) expect((await both.send(CHANGE)).status).toBe(200);
    expect([follower.asked.length, leader.asked.length]).toEqual([1, 3]);
  });

  test('nobody listens there: the next one is asked, for a change, too', async () => {
    const leader = await process(() => [200, {}]);
    expect((await calls([await nowhere(), leader.url]).send(CHANGE)).status).toBe(200);
  });

  test('an answer that names the leader: that one is asked first, if it is one of ours', async () => {
    const leader: SmallServer = await process(() => [200, {}, { 'x-marathon-leader': leader.url }]);
    const follower = await process(() => [200, {}, { 'x-marathon-leader': leader.url }]);
    const stranger = await process(() => [200, {}, { 'x-marathon-leader': 'http://elsewhere.example.com:8080' }]);
    const both = calls([follower.url, leader.url], { leaderHeader: 'x-marathon-leader' });
    for (let n = 0; n < 3; n++) await both.send(READ);
    expect([follower.asked.length, leader.asked.length]).toEqual([1, 2]);
    const one = calls([stranger.url], { leaderHeader: 'x-marathon-leader' });
    for (let n = 0; n < 2; n++) await one.send(READ);
    expect(stranger.asked.length).toBe(2);
  });

  test('an election while it is asked: asked again until somebody leads', async () => {
    let asked = 0;
    const one = await process(() => (asked++ < 2 ? [503, 'No leader elected'] : [200, {}]));
    expect((await calls([one.url], { deadlineMs: 5_000 }).send(CHANGE)).status).toBe(200);
    expect(asked).toBe(3);
  });

  test('nobody leads for long: said so, with what was answered', async () => {
    const one = await process(() => [503, 'Master has not finished recovery']);
    const { code, message } = await codeOf(calls([one.url], { deadlineMs: 300 }).send(CHANGE));
    expect(code).toBe('CLUSTER_UNREACHABLE');
    expect(message).toContain('503 Master has not finished recovery');
    expect(message).toContain('POST /x?force=false to test');
  });

  test('any other status is an answer', async () => {
    const one = await process(() => [409, 'no']);
    expect(await calls([one.url]).send(CHANGE)).toMatchObject({ status: 409, text: 'no' });
    const timeout = await process(() => [504, 'Connection to leader timed out.']);
    expect(await calls([timeout.url]).send(CHANGE)).toMatchObject({ status: 504 });
  });
});

describe('what may have been done is not done again', () => {
  test('a change whose answer is lost is sent once', async () => {
    const [one, two] = [await process(() => 'drop'), await process(() => [200, {}])];
    expect(await codeOf(calls([one.url, two.url]).send(CHANGE))).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect([one.asked.length, two.asked.length]).toEqual([1, 0]);
  });

  test('a change that is not answered in time is sent once', async () => {
    const [one, two] = [await process(() => 'silence'), await process(() => [200, {}])];
    const { code } = await codeOf(calls([one.url, two.url], { attemptMs: 100 }).send(CHANGE));
    expect(code).toBe('CLUSTER_UNREACHABLE');
    expect([one.asked.length, two.asked.length]).toEqual([1, 0]);
  });

  test('a read is asked again elsewhere: lost, late, or not answered by the leader in time', async () => {
    const well = await process(() => [200, {}]);
    for (const reply of ['drop', 'silence', [504, '']] as Reply[]) {
      const one = await process(() => reply);
      expect((await calls([one.url, well.url], { attemptMs: 300 }).send(READ)).status).toBe(200);
    }
    const posted = await process(() => 'drop');
    expect((await calls([posted.url, well.url]).send({ ...CHANGE, isRead: true })).status).toBe(200);
  });

  test('the guard is asked before every attempt, and stops it', async () => {
    const [one, two] = [await process(() => [503, '']), await process(() => [200, {}])];
    let asked = 0;
    const refusal = new Error('a later operation owns the group');
    const before = (): Promise<void> => (asked++ < 1 ? Promise.resolve() : Promise.reject(refusal));
    await expect(calls([one.url, two.url]).send({ ...CHANGE, before })).rejects.toBe(refusal);
    expect([one.asked.length, two.asked.length]).toEqual([1, 0]);
  });
});

test('a read is left when it is cancelled, at once', async () => {
  const one = await process(() => 'silence');
  const controller = new AbortController();
  const reading = calls([one.url]).send(READ, controller.signal);
  await delay(50);
  const cancelled = new Error('cancelled');
  controller.abort(cancelled);
  await expect(reading).rejects.toBe(cancelled);
});

test('one process gets at most eight requests at the same time', async () => {
  let [now, most] = [0, 0];
  const one = await process(async () => {
    most = Math.max(most, ++now);
    await delay(30);
    now--;
    return [200, {}];
  });
  const many = calls([one.url], { deadlineMs: 10_000 });
  await Promise.all(Array.from({ length: 30 }, () => many.send(READ)));
  expect(most).toBe(8);
});

test('who we are: by name and password, by a header of any scheme, or not said', async () => {
  const one = await process(() => [200, {}]);
  for (const credential of [{ user: 'me', password: 'pö' }, { header: 'token=abc' }, undefined]) {
    await calls([one.url], { authorization: authorizationOf(credential) }).send(READ);
  }
  const basic = `Basic ${Buffer.from('me:pö').toString('base64')}`;
  expect(one.asked.map(({ headers }) => headers.authorization)).toEqual([basic, 'token=abc', undefined]);
});

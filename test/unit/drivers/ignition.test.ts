import { once } from 'node:events';
import { createServer, request, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { TransshipError } from '../../../src/domain/errors.ts';
import { probeIgnition } from '../../../src/drivers/ignition/probe.ts';
import { waitIgnited } from '../../../src/drivers/ignition/wait.ts';
import type { HealthCheck } from '../../../src/domain/types.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener, port = 0): Promise<number> {
  const server = createServer(listener).listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const health = (port: number, timeoutSeconds = 30): HealthCheck => ({
  path: '/health',
  port,
  timeoutSeconds,
  codes: { ignited: [200], waiting: [526, 528], failed: [527], markedDown: [530] },
});
const waiting = { signal: new AbortController().signal, heartbeat: () => undefined };

test.each([
  [200, 'ignited'],
  [526, 'waiting'],
  [528, 'waiting'],
  [527, 'failed'],
  [530, 'marked-down'],
  [503, { errored: 'status 503' }],
])('status %i means %o', async (status, meaning) => {
  const port = await serve((incoming, reply) => reply.writeHead(incoming.url === '/health' ? status : 404).end('body'));
  expect(await probeIgnition('127.0.0.1', health(port), { signal: waiting.signal })).toEqual(meaning);
});

test('nobody there', async () => {
  const port = await serve(() => undefined);
  servers.pop()?.close();
  expect(await probeIgnition('127.0.0.1', health(port), { signal: waiting.signal })).toMatchObject({
    errored: expect.stringContaining('ECONNREFUSED') as string,
  });
});

test('through a forward proxy, in absolute form', async () => {
  const port = await serve((_incoming, reply) => reply.writeHead(200).end());
  const asked: (string | undefined)[] = [];
  const proxy = await serve((incoming, reply) => {
    asked.push(incoming.url);
    request({ host: '127.0.0.1', port, path: '/health' }, (answer) => {
      reply.writeHead(answer.statusCode ?? 500);
      answer.pipe(reply);
    }).end();
  });
  const options = { proxy: `http://127.0.0.1:${String(proxy)}`, signal: waiting.signal };
  expect(await probeIgnition('10.200.1.1', health(8080), options)).toBe('ignited');
  expect(asked).toEqual(['http://10.200.1.1:8080/health']);
});

test('waits until it says so, counting refusals as "not yet", and tells what it waits for', async () => {
  const port = await serve(() => undefined);
  servers.pop()?.close();
  const beats: string[] = [];
  const ignited = waitIgnited('127.0.0.1', health(port), new Date(), {
    ...waiting,
    heartbeat: (what) => void beats.push(what),
  });
  await new Promise((resolve) => setTimeout(resolve, 250));
  let answers = 0;
  await serve((_incoming, reply) => reply.writeHead(++answers < 3 ? 526 : 200).end(), port);
  await ignited;
  expect(answers).toBe(3);
  expect(beats.some((what) => what.includes('ECONNREFUSED'))).toBe(true);
  expect(beats.at(-1)).toContain('says "wait"');
});

test.each([
  [527, 'IGNITION_FAILED'],
  [530, 'INSTANCE_MARKED_DOWN'],
])('status %i ends the wait at once as %s', async (status, code) => {
  const port = await serve((_incoming, reply) => reply.writeHead(status).end());
  await expect(waitIgnited('127.0.0.1', health(port), new Date(), waiting)).rejects.toMatchObject({ code });
});

test('too late, counted from the start of the container; a late comer still looks once', async () => {
  const slow = await serve((_incoming, reply) => reply.writeHead(526).end());
  const began = Date.now();
  const since = new Date(Date.now() - 1_500);
  await expect(waitIgnited('127.0.0.1', health(slow, 2), since, waiting)).rejects.toMatchObject({
    code: 'IGNITION_TIMEOUT',
  });
  expect(Date.now() - began).toBeLessThan(1_500);
  const warm = await serve((_incoming, reply) => reply.writeHead(200).end());
  await waitIgnited('127.0.0.1', health(warm, 2), new Date(0), waiting);
});

test('an instance that accepts and says nothing does not hold the wait up beyond its cancellation', async () => {
  const port = await serve(() => undefined);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('cancelled')), 200);
  const wait = waitIgnited('127.0.0.1', health(port), new Date(), { ...waiting, signal: controller.signal });
  await expect(wait).rejects.toThrow('cancelled');
});

describe('an instance that was replaced meanwhile is no verdict on the version', () => {
  const gone = (): Promise<void> => Promise.reject(new TransshipError('INSTANCE_REPLACED', 'another pod'));

  test('where nothing answers it is found out long before the time is over', async () => {
    const port = await serve(() => undefined);
    servers.pop()?.close();
    const began = Date.now();
    const wait = waitIgnited('127.0.0.1', health(port), new Date(), waiting, { stands: gone });
    await expect(wait).rejects.toMatchObject({ code: 'INSTANCE_REPLACED' });
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  test.each([526, 527, 530])('where another one answers %i at its address', async (status) => {
    const port = await serve((_incoming, reply) => reply.writeHead(status).end());
    const wait = waitIgnited('127.0.0.1', health(port, 1), new Date(), waiting, { stands: gone });
    await expect(wait).rejects.toMatchObject({ code: 'INSTANCE_REPLACED' });
  });

  test('one that is still there and answers "wait" is not asked about before the end', async () => {
    const port = await serve((_incoming, reply) => reply.writeHead(526).end());
    let asked = 0;
    const stands = (): Promise<void> => {
      asked += 1;
      return Promise.resolve();
    };
    const wait = waitIgnited('127.0.0.1', health(port, 3), new Date(), waiting, { stands });
    await expect(wait).rejects.toMatchObject({ code: 'IGNITION_TIMEOUT' });
    expect(asked).toBe(1);
  });
});

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import Fastify from 'fastify';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Mishaps, mishapRoutes, type ArmedMishap } from '../../../devfleet/mesos/mishaps.ts';
import { soon } from '../../support/mesos-world.ts';

let server: Server;
let url: string;
let mishaps: Mishaps;
let handled: string[];

beforeEach(async () => {
  mishaps = new Mishaps();
  handled = [];
  server = createServer(
    mishaps.around((incoming, response) => {
      void text(incoming).then((body) => {
        handled.push(`${incoming.method ?? ''} ${incoming.url ?? ''} ${body}`);
        if (incoming.url === '/stream') {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          let n = 0;
          const timer = setInterval(() => response.write(`event ${++n}\n`), 5);
          response.on('close', () => clearInterval(timer));
        } else {
          response.writeHead(201, { 'x-number': handled.length });
          response.end(`answer ${handled.length}`);
        }
      });
    }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const call = async (path: string, body = '', method: 'POST' | 'DELETE' = 'POST') => {
  const response = await request(`${url}${path}`, { method, body });
  return `${response.statusCode} ${await response.body.text()}`;
};
const arm = (mishap: ArmedMishap['mishap'], more: Partial<ArmedMishap> = {}) =>
  mishaps.arm({ path: '^/a', mishap, ...more });

describe('mishaps', () => {
  test('a lost answer: it was done, and the connection breaks', async () => {
    arm({ kind: 'lose-answer' });
    await expect(call('/a', 'x')).rejects.toThrow();
    expect(handled).toEqual(['POST /a x']);
    expect(await call('/a')).toBe('201 answer 2');
  });

  test('done twice: the second answer comes', async () => {
    arm({ kind: 'duplicate' });
    expect(await call('/a', 'x')).toBe('201 answer 2');
    expect(handled).toEqual(['POST /a x', 'POST /a x']);
  });

  test('a call that waits for its turn to be spoilt has all its headers', async () => {
    const seen: unknown[] = [];
    server.removeAllListeners('request');
    server.on(
      'request',
      mishaps.around(({ headers }, response) => {
        seen.push(headers.authorization);
        response.end();
      }),
    );
    arm({ kind: 'duplicate' }, { call: 2 });
    const send = async () => {
      const { body } = await request(`${url}/a`, { method: 'POST', headers: { authorization: 'Basic x' } });
      await body.dump();
    };
    await send();
    await send();
    expect(seen).toEqual(['Basic x', 'Basic x', 'Basic x']);
  });

  test('refused: it was not done; 503 without a body, or what was asked for', async () => {
    arm({ kind: 'refuse' });
    arm({ kind: 'refuse', status: 409, body: '{"message":"locked"}', contentType: 'application/json' });
    expect(await call('/a')).toBe('503 ');
    expect(await call('/a')).toBe('409 {"message":"locked"}');
    expect(handled).toEqual([]);
    expect(await call('/a')).toBe('201 answer 1');
  });

  test('delayed: it is done late', async () => {
    arm({ kind: 'delay', ms: 1000 });
    const began = Date.now();
    const answer = call('/a');
    expect(await call('/b')).toBe('201 answer 1');
    expect(await answer).toBe('201 answer 2');
    expect(Date.now() - began).toBeGreaterThanOrEqual(999);
  });

  test('answered late: it is done at once', async () => {
    arm({ kind: 'answer-late', ms: 150 });
    const began = Date.now();
    const answer = call('/a');
    await soon(() => expect(handled).toHaveLength(1));
    expect(await call('/b')).toBe('201 answer 2');
    expect(await answer).toBe('201 answer 1');
    expect(Date.now() - began).toBeGreaterThanOrEqual(149);
  });

  test('a stream breaks off after so many writes; an open one when it is told to', async () => {
    mishaps.arm({ path: '/stream', mishap: { kind: 'close-stream', writes: 2 } });
    let told = '';
    const read = async (): Promise<void> => {
      told = '';
      const { body } = await request(`${url}/stream`);
      for await (const chunk of body) told += String(chunk);
    };
    await expect(read()).rejects.toThrow();
    expect(told).toBe('event 1\nevent 2\n');
    const second = expect(read()).rejects.toThrow();
    await soon(() => expect(told).toContain('event 3'));
    expect(mishaps.break(/^\/stream/)).toBe(1);
    await second;
  });
});

describe('which call it is', () => {
  test('the Nth of those that match by method, path and body; once', async () => {
    arm({ kind: 'refuse' }, { call: 2, method: 'POST', body: '"KILL"' });
    expect(await call('/a', '"KILL"', 'DELETE')).toBe('201 answer 1');
    expect(await call('/a', '"LIST"')).toBe('201 answer 2');
    expect(await call('/b', '"KILL"')).toBe('201 answer 3');
    expect(await call('/a', '"KILL"')).toBe('201 answer 4');
    expect(mishaps.list()).toMatchObject([{ id: 1, call: 2, seen: 1, done: false }]);
    expect(await call('/a', '"KILL"')).toBe('503 ');
    expect(await call('/a', '"KILL"')).toBe('201 answer 5');
    expect(mishaps.list()).toMatchObject([{ seen: 2, done: true }]);
  });

  test('disarmed, nothing happens', async () => {
    arm({ kind: 'refuse' });
    mishaps.disarm();
    expect(await call('/a')).toBe('201 answer 1');
  });
});

test('the admin routes arm, list, disarm and break', async () => {
  const app = Fastify();
  await app.register(mishapRoutes(mishaps));
  const armed = await app.inject({
    method: 'POST',
    url: '/mishaps',
    body: { path: '^/a', mishap: { kind: 'refuse' } },
  });
  expect([armed.statusCode, armed.json()]).toEqual([201, { id: 1 }]);
  expect(await call('/a')).toBe('503 ');
  expect((await app.inject('/mishaps')).json()).toMatchObject([
    { id: 1, call: 1, path: '^/a', mishap: { kind: 'refuse', status: 503 }, seen: 1, done: true },
  ]);
  expect((await app.inject({ method: 'DELETE', url: '/mishaps' })).statusCode).toBe(204);
  const broken = await app.inject({ method: 'POST', url: '/break', body: { path: '^/stream' } });
  expect(broken.json()).toEqual({ broken: 0 });
  await app.close();
});

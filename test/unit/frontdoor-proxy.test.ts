import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { request } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Backends } from '../../devfleet/frontdoor/backends.ts';
import { createProxy } from '../../devfleet/frontdoor/proxy.ts';
import { RoutingTable } from '../../devfleet/frontdoor/table.ts';

let table: RoutingTable;
let backends: Backends;
let servers: Server[];
let url: string;

beforeEach(async () => {
  servers = [];
  table = new RoutingTable();
  backends = new Backends();
  url = `http://127.0.0.1:${await listen(createProxy(table, backends), '127.0.0.1')}`;
});

afterEach(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function listen(server: Server, host: string, port = 0): Promise<number> {
  servers.push(server);
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A real server at 127.88.0.`last`, routed to as 10.88.0.`last`. */
async function endpoint(last: number, handler: RequestListener) {
  const server = createServer(handler);
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const port = await listen(server, `127.88.0.${last}`);
  const place = { address: `10.88.0.${last}`, port, cluster: 'north', pod: null };
  return { server, sockets, place };
}

async function get(path = '/pro/web/') {
  const { statusCode, headers, body } = await request(`${url}${path}`);
  return { statusCode, endpoint: headers['x-endpoint'], text: await body.text() };
}

test('path, query, method, headers and body reach the endpoint; its answer reaches the client', async () => {
  const { place } = await endpoint(1, (asked, answer) => {
    answer.writeHead(201, { 'x-shop': 'yes' });
    answer.write(`${asked.method ?? ''} ${asked.url ?? ''} ${String(asked.headers['x-who'])} `);
    asked.pipe(answer);
  });
  table.set('pro/web', [place]);
  const { statusCode, headers, body } = await request(`${url}/pro/web/cart/1?a=b`, {
    method: 'POST',
    headers: { 'x-who': 'me' },
    body: 'hello',
  });
  expect({ statusCode, shop: headers['x-shop'], endpoint: headers['x-endpoint'], text: await body.text() }).toEqual({
    statusCode: 201,
    shop: 'yes',
    endpoint: '10.88.0.1',
    text: 'POST /cart/1?a=b me hello',
  });
  expect((await get('/pro/web?x=1')).text).toBe('GET /?x=1 undefined ');
});

test('no endpoint is 503, a refused connection is 502, no service in the path is 404', async () => {
  expect(await get()).toMatchObject({ statusCode: 503, text: 'pro/web has no endpoint\n' });
  const { place, server } = await endpoint(2, (_, answer) => answer.end());
  server.close();
  table.set('pro/web', [place]);
  expect(await get()).toMatchObject({ statusCode: 502, endpoint: '10.88.0.2' });
  expect((await get()).text).toContain('ECONNREFUSED');
  expect(await get('/pro')).toMatchObject({ statusCode: 404 });
});

test('connections to an endpoint are kept; when it leaves, idle ones close and the request in flight ends', async () => {
  let finish: () => void = () => undefined;
  const { place, sockets } = await endpoint(3, (asked, answer) => {
    if (asked.url === '/slow') finish = () => answer.end('slow');
    else answer.end('fast');
  });
  table.set('pro/web', [place]);
  await get();
  await get();
  expect(sockets).toHaveLength(1);

  const slow = get('/pro/web/slow');
  await expect.poll(() => finish.name).toBe('finish');
  await get();
  expect(sockets).toHaveLength(2);
  table.set('pro/web', []);
  backends.retain((address, port) => table.routes(address, port));
  await expect.poll(() => sockets.map((socket) => socket.destroyed)).toEqual([false, true]);
  finish();
  expect(await slow).toMatchObject({ statusCode: 200, text: 'slow' });
  await expect.poll(() => sockets.map((socket) => socket.destroyed)).toEqual([true, true]);
});

test('a kept connection that the endpoint closes under a GET: one more try, at the same endpoint', async () => {
  let asked = 0;
  const { place, sockets } = await endpoint(4, (_, answer) => {
    asked++;
    // As an endpoint that stops: the connection was idle for it, the request arrives and finds it closed.
    if (asked === 2) sockets[0]?.resetAndDestroy();
    else answer.end('ok');
  });
  table.set('pro/web', [place]);
  await get();
  expect(await get()).toMatchObject({ statusCode: 200, text: 'ok' });
  expect({ asked, connections: sockets.length }).toEqual({ asked: 3, connections: 2 });
});

test('a new connection that is reset is a failure of the endpoint: 502, no second try', async () => {
  let asked = 0;
  const { place, sockets } = await endpoint(5, () => {
    asked++;
    sockets.at(-1)?.resetAndDestroy();
  });
  table.set('pro/web', [place]);
  expect(await get()).toMatchObject({ statusCode: 502 });
  expect(asked).toBe(1);
});

test('a POST on a kept connection that is closed is not sent twice', async () => {
  let posts = 0;
  const { place, sockets } = await endpoint(6, (asked, answer) => {
    if (asked.method === 'POST') {
      posts++;
      sockets[0]?.resetAndDestroy();
    } else answer.end();
  });
  table.set('pro/web', [place]);
  await get();
  const { statusCode, body } = await request(`${url}/pro/web/`, { method: 'POST' });
  await body.dump();
  expect({ statusCode, posts }).toEqual({ statusCode: 502, posts: 1 });
});

test('an answer that breaks off half way breaks the connection of the client', async () => {
  const { place, sockets } = await endpoint(7, (_, answer) => {
    answer.writeHead(200, { 'content-length': '10' });
    answer.write('half', () => sockets[0]?.resetAndDestroy());
  });
  table.set('pro/web', [place]);
  await expect(get()).rejects.toThrow();
});

test('a client that goes away ends its request at the endpoint', async () => {
  const { place, sockets } = await endpoint(8, () => undefined);
  table.set('pro/web', [place]);
  const left = new AbortController();
  const asked = request(`${url}/pro/web/`, { signal: left.signal });
  await expect.poll(() => sockets.length).toBe(1);
  left.abort();
  await expect(asked).rejects.toThrow();
  await expect.poll(() => sockets[0]?.destroyed).toBe(true);
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import getPort from 'get-port';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Away } from '../../../src/registry/away.ts';
import { RegistryClient } from '../../../src/registry/client.ts';
import { RegistryError } from '../../../src/registry/errors.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const fails = (cause?: object, status?: number): RegistryError =>
  new RegistryError('REGISTRY_UNREACHABLE', 'no', { cause, ...(status === undefined ? {} : { status }) });
const REFUSED = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

test('a registry that could not be connected to is left alone for a second, and then one tries for all', async () => {
  const away = new Away();
  const ask = vi.fn(async (): Promise<string> => Promise.reject(fails(REFUSED)));
  await expect(away.unless(ask)).rejects.toThrow('no');
  await expect(away.unless(ask)).rejects.toThrow('no');
  expect(ask).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1_001);
  const answer = Promise.withResolvers<string>();
  const trying = away.unless(async () => answer.promise);
  await expect(away.unless(ask)).rejects.toThrow('no');
  expect(ask).toHaveBeenCalledTimes(1);
  answer.resolve('here');
  expect(await trying).toBe('here');
  await expect(away.unless(ask)).rejects.toThrow('no');
  expect(ask).toHaveBeenCalledTimes(2);
});

test('what is sent once, and may take long, does not try for all', async () => {
  const away = new Away();
  await expect(away.unless(async () => Promise.reject(fails(REFUSED)))).rejects.toThrow('no');
  const upload = async (): Promise<string> => new Promise(() => undefined);
  await expect(away.unless(upload, true)).rejects.toThrow('no');
  vi.advanceTimersByTime(1_001);
  void away.unless(upload, true);
  expect(await away.unless(async () => Promise.resolve('here'))).toBe('here');
});

test('one that answers with an error, or breaks off a connection that was tried once, is not away', async () => {
  const away = new Away();
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  for (const [error, isOnce] of [[fails(undefined, 503), false] as const, [fails(reset), true] as const]) {
    const ask = vi.fn(async (): Promise<string> => Promise.reject(error));
    await expect(away.unless(ask, isOnce)).rejects.toThrow('no');
    await expect(away.unless(ask, isOnce)).rejects.toThrow('no');
    expect(ask).toHaveBeenCalledTimes(2);
  }
});

test('a client whose registry takes connections and answers nothing does not ask it once more just now', async () => {
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new RegistryClient({ url: `http://127.0.0.1:${port}` }, { attempts: 3, baseMs: 10 });
  const call = { method: 'HEAD', target: '/v2/', scopes: [], accept: [200] } as const;
  await expect(client.tell(call)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  expect(connections).toBe(3);
  await expect(client.tell(call)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  expect(connections).toBe(3);
  await client.close();
  server.close();
});

test('a client whose registry is away does not wait once more for what somebody else has just waited for', async () => {
  const port = await getPort();
  const client = new RegistryClient({ url: `http://127.0.0.1:${port}` }, { attempts: 3, baseMs: 200 });
  const call = { method: 'GET', target: '/v2/', scopes: [], accept: [200] } as const;
  await expect(client.tell(call)).rejects.toThrow('ECONNREFUSED');
  const began = performance.now();
  await expect(Promise.all(Array.from({ length: 50 }, async () => client.tell(call)))).rejects.toThrow('ECONNREFUSED');
  expect(performance.now() - began).toBeLessThan(100);
  const server = createServer((_request, response) => void response.end()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  vi.advanceTimersByTime(1_001);
  expect((await client.tell(call)).status).toBe(200);
  await client.close();
  server.closeAllConnections();
  server.close();
});

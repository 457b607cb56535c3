import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import tls from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { noise } from '../../../devfleet/images/layer.ts';
import { intoSlabs, keep, release, SLAB_BYTES } from '../../../src/registry/slabs.ts';

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A connection that is read into slabs, to somebody who sends these bytes. */
async function connectionTo(bytes: Buffer): Promise<Socket> {
  const server = createServer((socket) => socket.end(bytes));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => server.close());
  return connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ...intoSlabs() });
}

/** Reads all, and says which pieces of memory it came in. */
async function readAll(socket: Socket, done: (chunk: Buffer) => void): Promise<{ bytes: Buffer; memory: unknown[] }> {
  const [copies, memory] = [[] as Buffer[], [] as unknown[]];
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    copies.push(Buffer.from(chunk));
    memory.push(chunk.buffer);
    done(chunk);
  }
  return { bytes: Buffer.concat(copies), memory };
}

const MANY = noise('slabs', 40 * SLAB_BYTES + 1_234);

test('memory is used again once it is released', async () => {
  const { bytes, memory } = await readAll(await connectionTo(MANY), release);
  expect(bytes.equals(MANY)).toBe(true);
  expect(new Set(memory).size).toBeLessThan(8);
});

test('what is not released is never used again', async () => {
  const held: Buffer[] = [];
  const { bytes } = await readAll(await connectionTo(MANY), (chunk) => held.push(chunk));
  expect(Buffer.concat(held).equals(bytes)).toBe(true);
  // Others read meanwhile, and release what is theirs.
  for (let round = 0; round < 3; round++) await readAll(await connectionTo(noise(`other ${round}`, 5e6)), release);
  expect(Buffer.concat(held).equals(MANY)).toBe(true);
});

test('a part that is still held keeps all that was read with it', async () => {
  const held: Buffer[] = [];
  await readAll(await connectionTo(MANY), (chunk) => {
    const middle = chunk.length >> 1;
    held.push(chunk.subarray(middle));
    release(chunk.subarray(0, middle));
  });
  const before = Buffer.concat(held);
  await readAll(await connectionTo(noise('other', 20e6)), release);
  expect(Buffer.concat(held).equals(before)).toBe(true);
});

test('what is kept is not used again, though the rest of its slab is released', async () => {
  const kept: Buffer[] = [];
  await readAll(await connectionTo(MANY), (chunk) => {
    kept.push(chunk);
    keep(chunk);
    release(chunk);
  });
  await readAll(await connectionTo(noise('other', 20e6)), release);
  expect(Buffer.concat(kept).equals(MANY)).toBe(true);
});

test('connections that are read side by side have memory of their own', async () => {
  const sent = Array.from({ length: 6 }, (_, at) => noise(`side by side ${at}`, 3e6));
  const read = await Promise.all(sent.map(async (bytes) => readAll(await connectionTo(bytes), release)));
  for (const [at, { bytes }] of read.entries()) expect(bytes.equals(sent[at] ?? Buffer.alloc(0))).toBe(true);
});

test('a short answer holds no slab', async () => {
  const memory = new Set<unknown>();
  const server = createServer((socket) => socket.on('data', () => socket.write('an answer')));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => server.close());
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ...intoSlabs() });
  ends.push(() => socket.destroy());
  for (let at = 0; at < 5; at++) {
    socket.write('a question');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toBe('an answer');
    memory.add(answer.buffer.byteLength);
  }
  expect(memory).not.toContain(SLAB_BYTES);
});

test('TLS is read into slabs as well', async () => {
  // A key that both know instead of a certificate.
  const psk = Buffer.from('slabs and slabs!');
  const both = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
  const server = tls.createServer({ ...both, pskCallback: () => psk }, (socket) => socket.end(MANY));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => server.close());
  const socket = tls.connect({
    ...both,
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    pskCallback: () => ({ psk, identity: 'test' }),
    checkServerIdentity: () => undefined,
    ...intoSlabs(),
  });
  const { bytes, memory } = await readAll(socket, release);
  expect(bytes.equals(MANY)).toBe(true);
  expect(new Set(memory).size).toBeLessThan(8);
});

test('a reader that is slow is waited for', async () => {
  let most = 0;
  const socket = await connectionTo(MANY);
  const { bytes } = await (async () => {
    const copies: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      copies.push(Buffer.from(chunk));
      most = Math.max(most, socket.readableLength);
      await pause(1);
      release(chunk);
    }
    return { bytes: Buffer.concat(copies) };
  })();
  expect(bytes.equals(MANY)).toBe(true);
  expect(most).toBeLessThanOrEqual(2 * SLAB_BYTES);
});

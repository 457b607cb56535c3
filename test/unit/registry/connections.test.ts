import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { sha256 } from '../../../devfleet/images/layer.ts';
import { RegistryClient } from '../../../src/registry/client.ts';
import { headManifest, readBytes, type Place } from '../../../src/registry/manifest.ts';

const BYTES = Buffer.from('{"schemaVersion":2}');
const DIGEST = sha256(BYTES);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A registry that has one manifest, answers in HTTP to the letter, and tells how many connections were made to it. */
async function bareRegistry(
  answer: (method: string, socket: Socket) => void,
): Promise<{ server: Server; made: number }> {
  const seen = { server: createServer(), made: 0 };
  seen.server.on('connection', (socket) => {
    seen.made++;
    ends.push(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (request) => answer(request.toString().split(' ')[0] ?? '', socket));
  });
  seen.server.listen(0, '127.0.0.1');
  await once(seen.server, 'listening');
  ends.push(() => seen.server.close());
  return seen;
}

function placeAt(server: Server): Place {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new RegistryClient({ url }, { reads: 2, baseMs: 5 });
  ends.push(() => client.close());
  return { client, repository: 'shop/web' };
}

const HEADERS = [
  'HTTP/1.1 200 OK',
  `docker-content-digest: ${DIGEST}`,
  'content-type: application/vnd.oci.image.manifest.v1+json',
  `content-length: ${BYTES.length}`,
].join('\r\n');

test('what a tag names is asked over the connections that there are', async () => {
  const registry = await bareRegistry((method, socket) => {
    socket.write(`${HEADERS}\r\n\r\n`);
    if (method === 'GET') socket.write(BYTES);
  });
  const place = placeAt(registry.server);
  for (let round = 0; round < 5; round++) {
    const asked = Array.from({ length: 4 }, () => headManifest(place, 'v1'));
    expect(await Promise.all(asked)).toEqual([DIGEST, DIGEST, DIGEST, DIGEST]);
    expect((await readBytes(place, 'v1'))?.digest).toBe(DIGEST);
  }
  expect(registry.made).toBeLessThanOrEqual(2);
});

test.each([
  ['at once', 0],
  ['later', 5],
])('a registry that sends a body after a HEAD, %s: it is never taken for the next answer', async (_when, ms) => {
  const registry = await bareRegistry((method, socket) => {
    socket.write(`${HEADERS}\r\n\r\n`);
    if (method === 'GET' || ms === 0) socket.write(BYTES);
    else void pause(ms).then(() => socket.write(BYTES));
  });
  const place = placeAt(registry.server);
  for (let round = 0; round < 5; round++) {
    expect(await headManifest(place, 'v1')).toBe(DIGEST);
    expect((await readBytes(place, 'v1'))?.bytes.equals(BYTES)).toBe(true);
  }
});

test('a body goes on when all before is on its way: its memory may be used again, however slowly it is taken', async () => {
  const [piece, count] = [Buffer.alloc(1_000), 12_000];
  const registry = createHttpServer((request, response) => {
    const read = async (): Promise<void> => {
      await pause(100);
      const came: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) came.push(chunk);
      const bytes = Buffer.concat(came);
      const isRight = Array.from({ length: count }, (_, at) => bytes.readUInt32BE(at * 1_000) === at).every(Boolean);
      response.writeHead(isRight ? 201 : 400).end();
    };
    void read();
  });
  await once(registry.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => registry.close());
  async function* body(): AsyncGenerator<Buffer> {
    for (let at = 0; at < count; at++) {
      piece.writeUInt32BE(at);
      yield piece;
    }
  }
  const call = { method: 'PUT', target: '/v2/shop/web/blobs/uploads/1', scopes: [], accept: [201, 400] } as const;
  const { status } = await placeAt(registry).client.tell({ ...call, body: body() });
  expect(status).toBe(201);
});
